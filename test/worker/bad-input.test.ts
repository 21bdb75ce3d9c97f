import { describe, expect, test } from "vitest";
import { reply, send, talkTo } from "./support/requirement.ts";

const KB_64 = 65_536;
const MINUTE = "Cache-Control: max-age=60";
const ETAG = 'ETag: "1"';
const many = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(", ");

/** What the platform lets into a header at all: no NUL and no ends of lines. */
const UNITS = [
  "a",
  "1",
  ",",
  '"',
  "\\",
  " a",
  "\ta",
  "=",
  ";",
  "(",
  "%",
  "\u0001",
  "\u007f",
  "a,",
  '"a",',
  "max-age=1,",
  'private="a",',
  "0-1,",
  'W/"a",',
];
const ANSWERED = [
  "Cache-Control",
  "CDN-Cache-Control",
  "Surrogate-Control",
  "Expires",
  "Date",
  "Age",
  "Vary",
  "ETag",
  "Last-Modified",
  "Content-Range",
  "Content-Type",
  "Content-Language",
  "Content-Location",
  "Cache-Status",
  "Cache-Tag",
  "Cache-Groups",
  "Connection",
  "Link",
  "Tidemark-Mark",
];
const ASKED = [
  "Cache-Control",
  "Pragma",
  "Cookie",
  "If-None-Match",
  "If-Modified-Since",
  "If-Range",
  "Range",
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Connection",
  "X",
  "Tidemark-Token",
];

describe("64 KB of anything in one field never cost a client its answer", () => {
  test.each(ANSWERED)("of the origin's answer: %s", async (name) => {
    for (const unit of UNITS) {
      const lines = [
        `${name}: ${unit.repeat(KB_64 / unit.length)}`,
        ...(name === "Cache-Control" ? [] : [MINUTE]),
      ];
      const talk = talkTo("rfc");
      talk.says(reply(200, "one", ...lines));
      for (const _ of [1, 2]) {
        const answer = await send(talk);
        expect([unit, answer.status, answer.body]).toEqual([unit, 200, "one"]);
      }
    }
  });

  test.each(ASKED)("of the request: %s", async (name) => {
    for (const unit of UNITS) {
      const talk = talkTo("rfc");
      talk.says(reply(200, "one", MINUTE, ETAG, "Vary: Accept, Accept-Encoding, Accept-Language, Cookie, X"));
      for (const lines of [
        [],
        [`${name}: ${unit.repeat(KB_64 / unit.length)}`],
        [`${name}: ${unit.repeat(KB_64 / unit.length)}`],
      ]) {
        const answer = await send(talk, lines);
        expect([unit, answer.status, answer.body]).toEqual([unit, 200, "one"]);
      }
    }
  });
});

// The platform hands on bytes beyond ASCII as they are, and warns of them: hence few of them here.
test.each([
  ["Cache-Control", "max-age=60, \u00c3\u00a9", "no-store"],
  ["Vary", "\u00ff", "vary"],
  ["Cache-Tag", "\u00c3\u00a9", "tags"],
])("bytes beyond ASCII in %s: passed on, not stored", async (name, value, detail) => {
  const talk = talkTo("rfc");
  talk.says(reply(200, "one", `${name}: ${value}`, ...(name === "Cache-Control" ? [] : [MINUTE])));
  expect((await send(talk)).headers.get("cache-status")).toBe(`tidemark-edge;fwd=uri-miss;detail=${detail}`);
});

describe("Thousands of members", () => {
  test("of Connection: all that it lists is left out", async () => {
    const talk = talkTo("safe");
    talk.says(
      reply(
        200,
        "one",
        MINUTE,
        `Connection: ${many(10_000, (index) => `x-${index}`)}`,
        "X-0: 1",
        "X-9999: 1",
        "X-10000: 1",
      ),
    );
    for (const _ of [1, 2]) {
      const { headers } = await send(talk);
      expect(["x-0", "x-9999", "x-10000", "connection"].map((name) => headers.get(name))).toEqual([
        null,
        null,
        "1",
        null,
      ]);
    }
    expect(talk.seen).toHaveLength(1);
  });

  test("of Range: the whole answers, and what is asked of the origin is the whole", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, "0123456789", MINUTE));
    const range = `Range: bytes=${many(10_000, (index) => `${2 * index}-${2 * index}`)}`;
    for (const _ of [1, 2])
      expect(await send(talk, [range])).toMatchObject({ status: 200, body: "0123456789" });
    expect([talk.seen.length, talk.seen[0]?.headers.get("range")]).toEqual([1, null]);
  });

  test("of If-None-Match: each counts, and none reaches the origin with a fill", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, "one", MINUTE, 'ETag: "t9999"'));
    const tags = (count: number): string => `If-None-Match: ${many(count, (index) => `"t${index}"`)}`;
    const statuses = [];
    for (const count of [9_999, 10_000, 9_999]) statuses.push((await send(talk, [tags(count)])).status);
    expect(statuses).toEqual([200, 304, 200]);
    expect(talk.seen[0]?.headers.has("if-none-match")).toBe(false);
  });

  test("of Vary: passed on, not stored", async () => {
    const talk = talkTo("rfc");
    talk.says(reply(200, "one", MINUTE, `Vary: ${many(10_000, (index) => `x-${index}`)}`));
    for (const _ of [1, 2])
      expect((await send(talk)).headers.get("cache-status")).toBe("tidemark-edge;fwd=uri-miss;detail=vary");
  });

  test("of groups: a thousand are kept, and each finds the response", async () => {
    const groups = many(1_000, (index) => `"g${index}"`);
    const talk = talkTo("safe", { bound: 0 });
    talk.says(reply(200, "old", MINUTE, `Cache-Groups: ${groups}`));
    await send(talk);
    talk.says(reply(200, "done", 'Cache-Group-Invalidation: "g999"'));
    await send(talk, [], { path: "/b", method: "POST" });
    talk.says(reply(200, "new", MINUTE));
    expect((await send(talk)).body).toBe("new");
  });

  test("of groups to invalidate: more than can be kept reach the whole host", async () => {
    const talk = talkTo("safe", { bound: 0 });
    talk.says(reply(200, "old", MINUTE));
    await send(talk);
    talk.says(reply(200, "done", `Cache-Group-Invalidation: ${many(1_001, (index) => `"g${index}"`)}`));
    await send(talk, [], { path: "/b", method: "POST" });
    talk.says(reply(200, "new", MINUTE));
    expect((await send(talk)).body).toBe("new");
  });
});

describe("200 variants of one URL", () => {
  test("are bounded: the last 64 answer, the others went, the oldest first, each with one event", async () => {
    const talk = talkTo("safe");
    talk.says(({ headers }) => reply(200, `for ${headers.get("x")}`, MINUTE, "Vary: X"));
    const names = Array.from({ length: 200 }, (_, index) => `${index}`);
    for (const name of names) expect((await send(talk, [`X: ${name}`])).body).toBe(`for ${name}`);
    expect(talk.events).toEqual(
      Array.from({ length: 136 }, () => ({
        type: "variants-dropped",
        key: "https://example.com/a",
        count: 1,
      })),
    );
    talk.goesDown();
    const statuses = [];
    for (const name of names) statuses.push((await send(talk, [`X: ${name}`])).status);
    expect(statuses).toEqual(names.map((_, index) => (index < 136 ? 502 : 200)));
  });
});

describe("A URL of 64 KB", () => {
  test("is a URL like any other", async () => {
    const talk = talkTo("safe", { query: { sort: true, dropTracking: true } });
    talk.says(reply(200, "one", MINUTE));
    const path = `/a?${Array.from({ length: 8_192 }, (_, index) => `p${index % 100}=%`).join("&")}`;
    for (const _ of [1, 2]) expect((await send(talk, [], { path })).body).toBe("one");
    expect(talk.seen).toHaveLength(1);
  });
});
