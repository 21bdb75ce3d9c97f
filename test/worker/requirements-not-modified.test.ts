import { describe, expect, test } from "vitest";
import { reply, send, talkTo } from "./support/requirement.ts";

const MINUTE = "Cache-Control: max-age=60";
const DATE = "Date: Sun, 01 Nov 2026 12:00:00 GMT";

describe("304 for a client that has it (RFC 9111, 4.3.2; RFC 9110, 15.4.5)", () => {
  const MODIFIED = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";
  const stored = [
    MINUTE,
    DATE,
    'ETag: "1"',
    MODIFIED,
    "Vary: Accept",
    "Content-Location: /c",
    "Expires: 0",
    "Content-Type: text/plain",
  ];
  const rows: [sentence: string, asked: string[], status: number][] = [
    ["an equal tag", ['If-None-Match: "1"'], 304],
    ["a weak one", ['If-None-Match: W/"1"'], 304],
    ["one of several", ['If-None-Match: "0", "1"'], 304],
    ["any", ["If-None-Match: *"], 304],
    ["another", ['If-None-Match: "2"'], 200],
    [
      "another, although the date is later",
      ['If-None-Match: "2"', "If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT"],
      200,
    ],
    ["a later date", ["If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT"], 304],
    ["an earlier date", ["If-Modified-Since: Thu, 30 Apr 2026 00:00:00 GMT"], 200],
  ];
  test.each(rows)("%s: %j: %d, without asking the origin", async (_, asked, status) => {
    const talk = talkTo("safe");
    talk.says(reply(200, "one", ...stored));
    await send(talk);
    talk.pass(10);
    const answer = await send(talk, asked);
    expect([answer.status, answer.body, talk.seen.length]).toEqual([status, status === 304 ? "" : "one", 1]);
    const names = ["cache-control", "content-location", "date", "etag", "expires", "vary", "age"];
    expect(names.map((name) => answer.headers.get(name))).toEqual([
      "max-age=60",
      "/c",
      DATE.slice(6),
      '"1"',
      "0",
      "Accept",
      "10",
    ]);
    expect(answer.headers.has("content-type")).toBe(status === 200);
  });

  test.each([
    ["Sun, 01 Nov 2026 12:00:00 GMT", 304],
    ["Sun, 01 Nov 2026 11:59:59 GMT", 200],
  ])("without Last-Modified the stored Date is compared: since %s: %d", async (since, status) => {
    const talk = talkTo("rfc");
    talk.says(reply(200, "one", MINUTE, DATE));
    await send(talk);
    expect((await send(talk, [`If-Modified-Since: ${since}`])).status).toBe(status);
    expect(talk.seen).toHaveLength(1);
  });
});

describe("304 for a client that has it, although nothing may be stored", () => {
  // The condition does not go along with a fill, so nobody else could answer it.
  const own = ["Cache-Control: private", DATE, 'ETag: "1"', "Content-Type: text/plain"];

  test.each([
    ['If-None-Match: "1"', 304],
    ['If-None-Match: "2"', 200],
  ])("%s: %d", async (asked, status) => {
    const talk = talkTo("safe");
    talk.says(reply(200, "one", ...own));
    const answer = await send(talk, [asked]);
    expect([answer.status, answer.body]).toEqual([status, status === 304 ? "" : "one"]);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.headers.has("content-type")).toBe(status === 200);
    expect(answer.headers.get("cache-status")).toContain("detail=private");
  });

  test("not for what failed", async () => {
    const talk = talkTo("safe");
    talk.says(reply(404, "none", ...own));
    expect((await send(talk, ['If-None-Match: "1"'])).status).toBe(404);
  });
});
