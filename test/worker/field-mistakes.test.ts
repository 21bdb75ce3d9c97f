import { describe, expect, test } from "vitest";
import { headersOf, reply, send, talkTo } from "./support/requirement.ts";

// The mistakes of caches in the field that show only in a whole exchange; those of single decisions are in
// test/core/http/field-mistakes.test.ts.

const HOUR = "Cache-Control: max-age=3600";

describe("keying a normalised field and forwarding the raw one", () => {
  test.each([
    ["Accept-Language", "EN-gb ,  de;q=0.50", "en-GB, de;q=0.5"],
    ["Accept-Encoding", "BR, gzip;q=0.0, x-gzip;q=0", "br, gzip;q=0"],
    ["Accept", "TEXT/html;q=0.2, text/css", "text/css, text/html;q=0.2"],
  ])(
    "is not done: the origin sees the %s that is keyed, so no client's spelling can poison another's page",
    async (name, sent, seen) => {
      const talk = talkTo("safe");
      talk.says(({ headers }) => reply(200, `for ${headers.get(name)}`, HOUR, `Vary: ${name}`));
      expect((await send(talk, [`${name}: ${sent}`])).body).toBe(`for ${seen}`);
      expect((await send(talk, [`${name}: ${seen}`])).body).toBe(`for ${seen}`);
      expect(talk.seen).toHaveLength(1);
    },
  );

  test("is not done with a query: the URL that is keyed is the one that is asked for", async () => {
    const talk = talkTo("safe", { query: { sort: true, dropTracking: true } });
    talk.says(({ url }) => reply(200, url, HOUR));
    for (const path of ["/a?utm_source=<x>&b=2&a=1", "/a?a=1&b=2", "/a?b=2&fbclid=z&a=1"])
      expect((await send(talk, [], { path })).body).toBe("https://example.com/a?a=1&b=2");
    expect(talk.seen).toHaveLength(1);
  });
});

describe("forgetting some kinds of answer in a purge", () => {
  const kinds: [kind: string, status: number, lines: string[], asked: string[]][] = [
    ["a page", 200, [], []],
    ["a redirect", 301, ["Location: /b"], []],
    ["an error", 404, [], []],
    ["an answer without content", 204, [], []],
    ["a variant", 200, ["Vary: X"], ["X: 1"]],
    ["a part", 206, ["Content-Range: bytes 0-2/9"], ["Range: bytes=0-2"]],
  ];
  test.each(kinds)("is not done: %s goes, for GET and HEAD", async (_, status, lines, asked) => {
    for (const by of [{ path: "/a" }, { tag: "t" }]) {
      for (const method of ["GET", "HEAD"]) {
        const talk = talkTo("safe", { bound: 0 });
        talk.says(reply(status, "old", HOUR, "Cache-Tag: t", ...lines));
        await send(talk, asked);
        await send(talk, asked);
        expect(talk.seen).toHaveLength(1);
        await talk.purge(by);
        talk.says(reply(410, "gone", "Cache-Control: no-store"));
        expect((await send(talk, asked, { method })).status).toBe(410);
      }
    }
  });
});

describe("refreshing in the background with the headers of whoever came by", () => {
  test("is not done: the refresh carries what the stored response varied by, and nothing else of anyone", async () => {
    const talk = talkTo("safe");
    talk.says(({ headers }) =>
      reply(
        200,
        headers.get("x") ?? "none",
        "Cache-Control: max-age=10, stale-while-revalidate=60",
        "Vary: X",
      ),
    );
    await send(talk, ["X: 1"]);
    talk.pass(11);
    await send(talk, [
      "X: 1",
      "Cookie: id=7",
      "Authorization: Bearer y",
      "Range: bytes=0-1",
      'If-None-Match: "z"',
      "Cache-Control: no-cache",
    ]);
    expect(Object.fromEntries(talk.seen[1]?.headers ?? [])).toEqual({ x: "1", "user-agent": "tidemark" });
    expect((await send(talk, ["X: 1"])).body).toBe("1");
  });
});

describe("letting those who wait for an equal request have what is not theirs", () => {
  const answers: [kind: string, lines: string[], asked: string[]][] = [
    ["a cookie", ["Set-Cookie: id=1"], []],
    ["a private answer", ["Cache-Control: private, max-age=60"], []],
    ["what must not be stored", ["Cache-Control: no-store"], []],
    ["the answer to a credential", [HOUR], ["Authorization: Bearer x"]],
    ["what varies by everything", [HOUR, "Vary: *"], []],
  ];
  test.each(answers)("is not done with %s: each gets its own", async (_, lines, asked) => {
    for (const profile of ["safe", "rfc"] as const) {
      const talk = talkTo(profile);
      let count = 0;
      talk.says(async () => {
        count += 1;
        const own = `number ${count}`;
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        return reply(200, own, ...lines);
      });
      const sent = Array.from({ length: 5 }, () => talk.send("/a", { headers: headersOf(asked) }));
      const bodies = await Promise.all(sent.map(async (response) => (await response).text()));
      await talk.settle();
      expect(new Set(bodies).size).toBe(5);
    }
  });
});

describe("dropping the tags that are too many, and with them the purges that name them", () => {
  test.each([
    ["a tag too long", `Cache-Tag: ${"x".repeat(1_025)}`],
    ["too many tags", `Cache-Tag: ${Array.from({ length: 5_000 }, (_, index) => `t${index}`).join(",")}`],
    ["a group too long", `Cache-Groups: "${"x".repeat(1_025)}"`],
    [
      "too many groups",
      `Cache-Groups: ${Array.from({ length: 1_001 }, (_, index) => `"g${index}"`).join(",")}`,
    ],
  ])("is not done: with %s the response is not stored, and says so", async (_, line) => {
    const talk = talkTo("rfc");
    talk.says(reply(200, "one", HOUR, line));
    for (const __ of [1, 2])
      expect((await send(talk)).headers.get("cache-status")).toBe("tidemark-edge;fwd=uri-miss;detail=tags");
    expect(talk.seen).toHaveLength(2);
  });
});

describe("ignoring the tags of a 304", () => {
  test("is not done: a purge by the new tag finds the response, one by the old tag does not", async () => {
    for (const [tag, body] of [
      ["new", "other"],
      ["old", "one"],
    ] as const) {
      const talk = talkTo("safe", { bound: 0 });
      talk.says(
        reply(200, "one", "Cache-Control: max-age=10", 'ETag: "1"', "Cache-Tag: old"),
        reply(304, "", HOUR, 'ETag: "1"', "Cache-Tag: new"),
        reply(200, "other", HOUR),
      );
      await send(talk);
      talk.pass(11);
      await send(talk);
      await talk.purge({ tag });
      expect((await send(talk)).body).toBe(body);
    }
  });
});
