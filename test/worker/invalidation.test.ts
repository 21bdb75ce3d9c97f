import { describe, expect, test } from "vitest";
import { formatToken, type Ledger } from "../../src/index.ts";
import { answer, conversation, told } from "./support/conversation.ts";

const HOUR = { "cache-control": "max-age=3600" };

describe("a change in traffic", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE", "MKCOL"])(
    "by %s makes the stored response go",
    async (method) => {
      const talk = conversation();
      talk.says(answer("old", HOUR), answer("done"), answer("new", HOUR));
      await (await talk.send("/a")).text();
      await talk.settle();
      const change = await talk.send("/a", { method });
      expect(change.headers.get("tidemark-token")).toMatch(/\.1$/);
      expect((await told(change)).status).toBe("fwd=method");
      expect((await told(await talk.send("/a"))).body).toBe("new");
    },
  );

  test("that the origin refuses changes nothing", async () => {
    const talk = conversation();
    talk.says(answer("old", HOUR), answer("no", {}, 403));
    await (await talk.send("/a")).text();
    await talk.settle();
    await talk.send("/a", { method: "POST" });
    expect((await told(await talk.send("/a"))).body).toBe("old");
  });

  test("reaches what Location and Content-Location name on the same origin, and nothing elsewhere", async () => {
    const talk = conversation();
    const [read, fill] = [
      async (path: string) => (await told(await talk.send(path))).status,
      async (path: string) => {
        await (await talk.send(path)).text();
        await talk.settle();
      },
    ];
    talk.says(answer("old", HOUR));
    for (const path of ["/near", "/also", "/elsewhere"]) await fill(path);
    talk.says(answer("", { location: "/near", "content-location": "/also" }, 201));
    await talk.send("/list", { method: "POST" });
    talk.says(answer("", { location: "https://example.org/elsewhere" }, 201));
    await talk.send("/list", { method: "POST" });
    talk.says(answer("new", HOUR));
    expect(await read("/elsewhere")).toMatch(/^hit/);
    expect(await read("/near")).toMatch(/^fwd=uri-miss/);
    expect(await read("/also")).toMatch(/^fwd=uri-miss/);
  });
});

describe("the answer to a POST that says it is what a GET would get", () => {
  const SAYS = { ...HOUR, "content-location": "/a" };
  const post = { method: "POST", body: "new" };

  test("answers later GETs, by the letter (RFC 9110, 9.3.3)", async () => {
    const talk = conversation({ rules: { profile: "rfc" } });
    talk.says(answer("old", HOUR), answer("made", SAYS));
    await (await talk.send("/a")).text();
    await talk.settle();
    await (await talk.send("/a", post)).text();
    await talk.settle();
    expect(await told(await talk.send("/a"))).toMatchObject({
      body: "made",
      status: "hit;ttl=3600;detail=hot",
    });
  });

  test.each([
    ["the profile is safe", {}, SAYS],
    ["it names another place", { rules: { profile: "rfc" } } as const, { ...SAYS, "content-location": "/b" }],
    [
      "it does not say how long it is fresh",
      { rules: { profile: "rfc" } } as const,
      { "content-location": "/a" },
    ],
  ])("is not kept where %s", async (_, options, fields) => {
    const talk = conversation(options);
    talk.says(answer("made", fields), answer("read", HOUR));
    await (await talk.send("/a", post)).text();
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("read");
  });

  test("is kept although purges of other things came between", async () => {
    const talk = conversation({ rules: { profile: "rfc" } });
    talk.says(async () => {
      await talk.purge({ tag: "something" });
      return answer("made", SAYS);
    });
    await (await talk.send("/a", post)).text();
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("made");
  });

  test("is not kept when a purge of it came between: it may be older than what that purge was for", async () => {
    const talk = conversation({ rules: { profile: "rfc" } });
    talk.says(
      async () => {
        await talk.purge({ path: "/a" });
        return answer("made", SAYS);
      },
      answer("read", HOUR),
    );
    await (await talk.send("/a", post)).text();
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("read");
  });
});

describe("a purge", () => {
  test("by tag reaches the stored response within the bound, whatever tier has it", async () => {
    const talk = conversation({ bound: "2s" });
    talk.says(answer("old", { ...HOUR, "cache-tag": "a, b" }), answer("new", HOUR));
    await (await talk.send("/a")).text();
    await talk.settle();
    await talk.purge({ tag: "b" });
    talk.pass(2);
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "new", status: "fwd=uri-miss;stored" });
  });

  test("is seen at once by a client that holds its token", async () => {
    const talk = conversation({ bound: "30s" });
    talk.says(answer("old", HOUR), answer("new", HOUR));
    await (await talk.send("/a")).text();
    await talk.settle();
    const receipt = await talk.purge({ path: "/a" });
    expect((await told(await talk.send("/a"))).body).toBe("old");
    const headers = { "tidemark-token": formatToken(receipt) };
    expect((await told(await talk.send("/a", { headers }))).body).toBe("new");
    expect(talk.seen[1]?.headers.get("tidemark-token")).toBeNull();
  });

  test("during a fill is not undone by it: the old body goes to its client and is never served again", async () => {
    const talk = conversation({ bound: 0 });
    const slow = Promise.withResolvers<Response>();
    talk.says(() => slow.promise, answer("new", HOUR));
    const filling = talk.send("/a");
    while (talk.seen.length === 0) await Promise.resolve();
    await talk.purge({ path: "/a" });
    slow.resolve(answer("old", HOUR));
    expect((await told(await filling)).body).toBe("old");
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("new");
  });

  test("during a fill is not undone by the requests that would wait for it: they ask anew", async () => {
    const talk = conversation({ bound: 0 });
    const slow = Promise.withResolvers<Response>();
    talk.says(() => slow.promise, answer("new", HOUR));
    const filling = talk.send("/a");
    while (talk.seen.length === 0) await Promise.resolve();
    await talk.purge({ path: "/a" });
    expect((await told(await talk.send("/a"))).body).toBe("new");
    slow.resolve(answer("old", HOUR));
    await (await filling).text();
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("new");
  });

  test("that is soft makes a response stale, to be served while it is refreshed", async () => {
    const talk = conversation({ bound: 0 });
    talk.says(
      answer("old", { "cache-control": "max-age=60, stale-while-revalidate=60", etag: '"1"' }),
      answer("new", HOUR),
    );
    await (await talk.send("/a")).text();
    await talk.settle();
    await talk.purge({ path: "/a" }, "soft");
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "old", status: "hit;ttl=0;detail=hot" });
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("new");
  });
});

describe("the mark that an answer tells to readers farther out", () => {
  const WINDOWS = { "cache-control": "max-age=60, stale-if-error=600", etag: '"1"' };
  const positionOf = (response: Response) => Number(response.headers.get("tidemark-mark")?.split(".")[1]);

  test("is the position known before the origin was asked, for the fill, for hits, and anew for what a 304 renews", async () => {
    const talk = conversation({ bound: 0 });
    talk.says(answer("one", WINDOWS), answer(null, WINDOWS, 304));
    expect(positionOf(await talk.send("/a"))).toBe(0);
    await talk.settle();
    await talk.purge({ tag: "another" });
    expect(positionOf(await talk.send("/a"))).toBe(0);
    talk.pass(60);
    expect(positionOf(await talk.send("/a"))).toBe(1);
  });

  test("is not raised for a stale response that stands in: a soft purge above it must stay above it", async () => {
    const talk = conversation({ bound: 0 });
    talk.says(answer("one", WINDOWS));
    await (await talk.send("/a")).text();
    await talk.settle();
    await talk.purge({ path: "/a" }, "soft");
    talk.says(answer("down", {}, 503));
    const response = await talk.send("/a");
    expect(positionOf(response)).toBe(0);
    expect((await told(response)).status).toBe("fwd=stale;fwd-status=503;detail=stale-if-error");
  });
});

describe("a ledger out of reach", () => {
  const lost: Ledger = {
    since: () => Promise.reject(new Error("no ledger")),
    purge: () => Promise.reject(new Error("no ledger")),
  };

  test("from the start: every request goes to the origin, nothing is stored, the owner hears of it", async () => {
    const talk = conversation({ ledger: lost });
    talk.says(answer("one", HOUR));
    for (const _ of [1, 2]) {
      const response = await talk.send("/a");
      expect(response.headers.get("tidemark-mark")).toBeNull();
      expect(await told(response)).toMatchObject({ body: "one", status: "fwd=bypass" });
      await talk.settle();
    }
    expect(talk.seen).toHaveLength(2);
    expect(talk.events.map(({ type }) => type)).toContain("ledger-error");
  });

  test("for a change: the client gets its answer, and what this isolate has stored goes", async () => {
    const talk = conversation();
    talk.says(answer("old", HOUR), answer("done"), answer("new", HOUR));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.ledger.purge = lost.purge;
    const change = await talk.send("/a", { method: "POST" });
    expect(change.headers.get("tidemark-token")).toBeNull();
    expect((await told(await talk.send("/a"))).body).toBe("new");
    expect(talk.events).toContainEqual(expect.objectContaining({ type: "ledger-error" }));
  });
});
