import { describe, expect, test } from "vitest";
import { reply, send, talkTo, type Profile } from "./support/requirement.ts";

const PROFILES: readonly Profile[] = ["safe", "rfc"];
const HOUR = "Cache-Control: max-age=3600";
const TAG = 'ETag: "1"';
const WHOLE = "0123456789";

/** The bytes from `first` to `last` of the ten. */
function part(first: number, last: number, ...lines: string[]): Response {
  return reply(206, WHOLE.slice(first, last + 1), HOUR, `Content-Range: bytes ${first}-${last}/10`, ...lines);
}

describe("Storing and using parts (RFC 9111, 3.3; RFC 9110, 14)", () => {
  const rows: [sentence: string, held: [first: number, last: number], range: string, contentRange: string][] =
    [
      ["the same range", [0, 4], "bytes=0-4", "bytes 0-4/10"],
      ["a smaller one", [0, 4], "bytes=1-3", "bytes 1-3/10"],
      ["one byte", [3, 5], "bytes=4-4", "bytes 4-4/10"],
      ["a suffix of the whole that is held", [5, 9], "bytes=-2", "bytes 8-9/10"],
      ["to the end of the whole, which is held", [5, 9], "bytes=7-", "bytes 7-9/10"],
      ["not a greater one", [0, 4], "bytes=0-5", "asked"],
      ["not another one", [0, 4], "bytes=6-7", "asked"],
      ["not a suffix of the part", [0, 4], "bytes=-2", "asked"],
      ["not to the end, which is not held", [0, 4], "bytes=2-", "asked"],
    ];
  test.each(rows)("%s: of %j %s: %s", async (_, [first, last], range, contentRange) => {
    for (const profile of PROFILES) {
      const talk = talkTo(profile);
      talk.says(part(first, last, TAG), part(0, 9, TAG));
      await send(talk, [`Range: bytes=${first}-${last}`]);
      const answer = await send(talk, [`Range: ${range}`]);
      expect(answer.status).toBe(206);
      expect(talk.seen.length === 1 ? answer.headers.get("content-range") : "asked").toBe(contentRange);
    }
  });

  test("a part is never sent for the whole: what is missing is asked for, if the tag is strong (3.4)", async () => {
    for (const profile of PROFILES) {
      const talk = talkTo(profile);
      talk.says(part(0, 4, TAG), part(5, 9, TAG, "X: new"));
      await send(talk, ["Range: bytes=0-4"]);
      for (const _ of ["completed", "from the store"]) {
        const { status, body, headers } = await send(talk);
        expect([status, body, headers.get("content-range"), headers.get("x")]).toEqual([
          200,
          WHOLE,
          null,
          "new",
        ]);
      }
      expect([talk.seen[1]?.headers.get("range"), talk.seen[1]?.headers.get("if-range")]).toEqual([
        "bytes=5-",
        '"1"',
      ]);
      expect(talk.seen).toHaveLength(2);
    }
  });

  test("parts of two states of a representation are never joined (3.4)", async () => {
    for (const profile of PROFILES) {
      for (const [had, has] of [
        ['"1"', '"2"'],
        ['W/"1"', 'W/"1"'],
        ['"1"', 'W/"1"'],
      ]) {
        const talk = talkTo(profile);
        talk.says(part(0, 4, `ETag: ${had}`), ({ headers }) =>
          headers.has("range") ? part(5, 9, `ETag: ${has}`) : reply(200, "abcdefghij", HOUR),
        );
        await send(talk, ["Range: bytes=0-4"]);
        expect((await send(talk)).body).toBe("abcdefghij");
      }
    }
  });

  test("whoever may not compare a weak tag asks for the whole without a condition on it (RFC 9110, 13.1.5)", async () => {
    const talk = talkTo("rfc");
    talk.says(part(0, 4, 'ETag: W/"1"'), reply(200, "abcdefghij", HOUR));
    await send(talk, ["Range: bytes=0-4"]);
    await send(talk);
    expect(talk.seen[1]?.headers.has("if-range")).toBe(false);
  });

  test("an answer of several parts is passed on, not stored (RFC 9110, 15.3.7.2)", async () => {
    const talk = talkTo("rfc");
    const several = reply(206, "--b\r\n...", HOUR, "Content-Type: multipart/byteranges; boundary=b");
    talk.says(several, several);
    for (const _ of [1, 2]) expect((await send(talk, ["Range: bytes=0-1,3-4"])).status).toBe(206);
    expect(talk.seen).toHaveLength(2);
  });

  test("a range past the end of a stored whole is 416 with its length (RFC 9110, 15.5.17)", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, WHOLE, HOUR, TAG));
    await send(talk);
    const { status, headers } = await send(talk, ["Range: bytes=10-"]);
    expect([status, headers.get("content-range"), talk.seen.length]).toEqual([416, "bytes */10", 1]);
  });

  const ifRange: [value: string, status: number][] = [
    ['"1"', 206],
    ['W/"1"', 200],
    ['"2"', 200],
    ["Fri, 01 May 2026 00:00:00 GMT", 206],
    ["Sat, 02 May 2026 00:00:00 GMT", 200],
  ];
  test.each(ifRange)("If-Range: %s of a stored whole: %d (RFC 9110, 13.1.5)", async (value, status) => {
    const talk = talkTo("safe");
    const dated = ["Last-Modified: Fri, 01 May 2026 00:00:00 GMT", "Date: Sun, 01 Nov 2026 12:00:00 GMT"];
    talk.says(reply(200, WHOLE, HOUR, TAG, ...dated));
    await send(talk);
    const answer = await send(talk, ["Range: bytes=0-1", `If-Range: ${value}`]);
    expect([answer.status, answer.body, talk.seen.length]).toEqual([
      status,
      status === 206 ? "01" : WHOLE,
      1,
    ]);
  });

  test("a weak tag in If-Range never matches, though it is the stored one (RFC 9110, 13.1.5)", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, WHOLE, HOUR, 'ETag: W/"1"'));
    await send(talk);
    expect((await send(talk, ["Range: bytes=0-1", 'If-Range: W/"1"'])).status).toBe(200);
  });
});

describe("Incomplete responses (RFC 9111, 3.3)", () => {
  /** A body that the origin writes, chunk by chunk. */
  function writable(...lines: string[]) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
      {},
      { highWaterMark: 10 },
      { highWaterMark: 10 },
    );
    const writer = writable.getWriter();
    const headers = Object.fromEntries(lines.map((line) => line.split(": ") as [string, string]));
    return {
      response: new Response(readable, { headers }),
      write: (text: string) => writer.write(new TextEncoder().encode(text)),
      close: () => writer.close(),
      breakOff: () => writer.abort(new Error("connection lost")),
    };
  }

  test.each([
    ["that breaks off", [HOUR], "breakOff"],
    ["that breaks off before its announced end", [HOUR, "Content-Length: 10"], "breakOff"],
    ["that ends before its announced end", [HOUR, "Content-Length: 10"], "close"],
  ] as const)(
    "a body %s reaches the client as far as it came, as broken, and is never stored",
    async (_, lines, end) => {
      for (const profile of PROFILES) {
        const talk = talkTo(profile);
        const body = writable(...lines);
        talk.says(() => body.response, reply(200, WHOLE, HOUR));
        const response = await talk.send("/a");
        const text = response.text().catch(() => "broken");
        await body.write("01234");
        await body[end]();
        expect(await text).toBe("broken");
        await talk.settle();
        expect((await send(talk)).body).toBe(WHOLE);
        expect(talk.seen).toHaveLength(2);
        expect(talk.events.map((event) => event.type)).toEqual(["fill-dropped"]);
      }
    },
  );

  test.each(["before the first byte", "after some"])(
    "a client that leaves %s does not end the fill",
    async (when) => {
      const talk = talkTo("safe");
      const body = writable(HOUR);
      talk.says(() => body.response);
      const response = await talk.send("/a");
      if (when === "before the first byte") await response.body?.cancel();
      await body.write("01234");
      if (when === "after some") await response.body?.cancel();
      await body.write("56789");
      await body.close();
      await talk.settle();
      expect([(await send(talk)).body, talk.seen.length]).toEqual([WHOLE, 1]);
    },
  );

  test("a client whose request is aborted before the header came does not end the fill", async () => {
    const talk = talkTo("safe");
    const { promise, resolve } = Promise.withResolvers<Response>();
    talk.says(() => promise);
    const abort = new AbortController();
    const response = talk.send("/a", { signal: abort.signal });
    while (talk.seen.length === 0) await Promise.resolve();
    abort.abort();
    expect(talk.seen[0]?.signal.aborted).toBe(false);
    resolve(reply(200, WHOLE, HOUR));
    await (await response).text();
    await talk.settle();
    expect([(await send(talk)).body, talk.seen.length]).toEqual([WHOLE, 1]);
  });
});
