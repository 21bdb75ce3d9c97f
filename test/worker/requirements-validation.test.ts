import { describe, expect, test } from "vitest";
import { current, reply, send, talkTo, type Profile } from "./support/requirement.ts";

const PROFILES: readonly Profile[] = ["safe", "rfc"];
const TEN = "Cache-Control: max-age=10";
const MODIFIED = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";

/** A stored response whose time is over. */
async function stale(profile: Profile, ...lines: string[]) {
  const talk = talkTo(profile);
  talk.says(reply(200, "old", TEN, ...lines));
  await send(talk);
  talk.pass(11);
  return talk;
}

describe("Asking whether a stored response still holds (RFC 9111, 4.3.1)", () => {
  const rows: [sentence: string, lines: string[], tag: string | null, since: string | null][] = [
    ["by its tag and its date", ['ETag: "1"', MODIFIED], '"1"', MODIFIED.slice(15)],
    ["by a weak tag (RFC 9110, 8.8.1)", ['ETag: W/"1"'], 'W/"1"', null],
    ["by its date alone", [MODIFIED], null, MODIFIED.slice(15)],
    ["not by its Date: then the whole is asked for", ["Date: Sun, 01 Nov 2026 12:00:00 GMT"], null, null],
  ];
  test.each(rows)("%s: %j", async (_, lines, tag, since) => {
    for (const profile of PROFILES) {
      const talk = await stale(profile, ...lines);
      talk.says(reply(200, "new", TEN));
      await send(talk, ['If-None-Match: "client"', "If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT"]);
      const asked = talk.seen[1]?.headers;
      expect([asked?.get("if-none-match"), asked?.get("if-modified-since")]).toEqual([tag, since]);
    }
  });

  test("a no-cache response is stored, and every use of it is asked about (5.2.2.4)", async () => {
    const talk = talkTo("safe");
    talk.says(
      reply(200, "one", "Cache-Control: no-cache", 'ETag: "1"'),
      current('"1"', "Cache-Control: no-cache"),
    );
    for (const _ of [1, 2, 3]) expect((await send(talk)).body).toBe("one");
    expect(talk.seen.map(({ headers }) => headers.get("if-none-match"))).toEqual([null, '"1"', '"1"']);
  });
});

describe("What a 304 does (RFC 9111, 4.3.3 and 4.3.4)", () => {
  test("it updates the stored fields, of whatever name, but not Content-Length (3.2); and it is fresh again", async () => {
    for (const profile of PROFILES) {
      const talk = await stale(
        profile,
        'ETag: "1"',
        "Content-Length: 3",
        "Content-Type: a/a",
        "X-A: 1",
        "X-A: 2",
        "X-B: 1",
      );
      talk.says(
        reply(
          304,
          "",
          'ETag: "1"',
          "Cache-Control: max-age=60",
          "Content-Length: 0",
          "Content-Type: b/b",
          "X-A: 3",
          "Content-Foo: 1",
          "Expires: 0",
        ),
      );
      for (const seconds of [0, 59]) {
        talk.pass(seconds);
        const { headers, body } = await send(talk);
        const names = [
          "content-length",
          "content-type",
          "x-a",
          "x-b",
          "content-foo",
          "cache-control",
          "expires",
        ];
        expect(names.map((name) => headers.get(name))).toEqual([
          "3",
          "b/b",
          "3",
          "1",
          "1",
          "max-age=60",
          "0",
        ]);
        expect(body).toBe("old");
      }
      expect(talk.seen).toHaveLength(2);
    }
  });

  test("a client whose own tag does not match gets the whole, 200", async () => {
    const talk = await stale("safe", 'ETag: "1"');
    talk.says(current('"1"', TEN));
    expect(await send(talk, ['If-None-Match: "0"'])).toMatchObject({ status: 200, body: "old" });
  });

  test("a client that has it gets 304 with the updated fields", async () => {
    const talk = await stale("safe", 'ETag: "1"');
    talk.says(current('"1"', "Cache-Control: max-age=60"));
    const { status, headers, body } = await send(talk, ['If-None-Match: "1"']);
    expect([status, body, headers.get("etag"), headers.get("cache-control")]).toEqual([
      304,
      "",
      '"1"',
      "max-age=60",
    ]);
  });

  test("about another strong tag it updates nothing: the whole is asked for", async () => {
    const talk = await stale("safe", 'ETag: W/"1"');
    talk.says(reply(304, "", 'ETag: "1"', TEN), reply(200, "new", 'ETag: "2"', TEN));
    expect((await send(talk)).body).toBe("new");
  });

  test("its Vary and its tags count from then on", async () => {
    const talk = await stale("safe", 'ETag: "1"', "Cache-Tag: old");
    talk.says(
      reply(304, "", "Cache-Control: max-age=60", "Vary: X", "Cache-Tag: new"),
      reply(200, "other", TEN, "Vary: X"),
    );
    expect((await send(talk, ["X: 1"])).body).toBe("old");
    expect((await send(talk, ["X: 2"])).body).toBe("other");
    expect((await send(talk, ["X: 1"])).headers.get("cache-tag")).toBe("new");
  });

  test.each(["Cache-Control: no-store", "Cache-Control: private", "Vary: *"])(
    "%s in it lets the response be used this once",
    async (line) => {
      const talk = await stale("rfc", 'ETag: "1"');
      talk.says(reply(304, "", 'ETag: "1"', line), reply(200, "new", TEN));
      expect((await send(talk)).body).toBe("old");
      expect((await send(talk)).body).toBe("new");
      expect(talk.seen[2]?.headers.has("if-none-match")).toBe(false);
    },
  );
});

describe("Preconditions that are the origin's to judge (RFC 9110, 13.1.1 and 13.1.4; RFC 9111, 4.3.2)", () => {
  test.each(['If-Match: "1"', "If-Match: *", "If-Unmodified-Since: Sun, 01 Nov 2026 12:00:00 GMT"])(
    "%s is forwarded, whatever is stored, and changes nothing there",
    async (line) => {
      const talk = talkTo("safe");
      const [name, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)];
      talk.says(
        reply(200, "one", "Cache-Control: max-age=60", 'ETag: "1"'),
        reply(412, "changed", "Cache-Control: max-age=60"),
      );
      await send(talk);
      expect((await send(talk, [line])).status).toBe(412);
      expect(talk.seen[1]?.headers.get(name)).toBe(value);
      expect((await send(talk)).body).toBe("one");
      expect(talk.seen).toHaveLength(2);
    },
  );
});

describe("HEAD (RFC 9111, 4 and 4.3.5)", () => {
  const rows: [sentence: string, head: string[], then: "reused" | "asked"][] = [
    ["the same validator renews the stored GET", ['ETag: "1"'], "reused"],
    ["the same and an equal length too", ['ETag: "1"', "Content-Length: 3"], "reused"],
    ["another validator makes it stale", ['ETag: "2"'], "asked"],
    ["another length does", ['ETag: "1"', "Content-Length: 4"], "asked"],
  ];
  test.each(rows)("%s", async (_, head, then) => {
    const talk = await stale("safe", 'ETag: "1"', "Content-Length: 3", "X: old");
    talk.says(reply(200, "", "Cache-Control: max-age=60", "X: new", ...head), current('"1"', TEN));
    expect((await send(talk, [], { method: "HEAD" })).status).toBe(200);
    const { body, headers } = await send(talk);
    expect([body, headers.get("x")]).toEqual(["old", then === "reused" ? "new" : "old"]);
    expect(talk.seen).toHaveLength(then === "reused" ? 2 : 3);
  });

  test("is answered from a stored GET, with its length and without its body (RFC 9110, 9.3.2)", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, "12345", "Cache-Control: max-age=60", "X: 1"));
    await send(talk);
    const { status, headers, body } = await send(talk, [], { method: "HEAD" });
    expect([status, headers.get("content-length"), headers.get("x"), body]).toEqual([200, "5", "1", ""]);
    expect(talk.seen).toHaveLength(1);
  });

  test("its answer is no answer to a GET (RFC 9110, 9.3.2)", async () => {
    const talk = talkTo("rfc");
    talk.says(reply(200, "", "Cache-Control: max-age=60"), reply(200, "whole", "Cache-Control: max-age=60"));
    await send(talk, [], { method: "HEAD" });
    expect((await send(talk)).body).toBe("whole");
  });
});
