import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

const HOUR = { "cache-control": "max-age=3600", "content-type": "text/plain" };
const STRONG = { ...HOUR, etag: '"1"' };
const range = (value: string, more: Record<string, string> = {}): RequestInit => ({
  headers: { range: value, ...more },
});

/** A part as an origin sends it. */
const part = (
  body: string,
  first: number,
  total: number,
  fields: Record<string, string> = STRONG,
): Response =>
  answer(body, { ...fields, "content-range": `bytes ${first}-${first + body.length - 1}/${total}` }, 206);

describe("a range of a stored whole", () => {
  async function stored() {
    const talk = conversation();
    talk.says(answer("0123456789", STRONG));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.says();
    return talk;
  }

  test.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=5-99", "56789", "bytes 5-9/10"],
  ])("%s is %s", async (asked, body, contentRange) => {
    const response = await (await stored()).send("/a", range(asked));
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(response.headers.get("etag")).toBe('"1"');
    expect((await told(response)).body).toBe(body);
  });

  test("several come as parts of one body", async () => {
    const response = await (await stored()).send("/a", range("bytes=0-1, 8-9"));
    expect(response.status).toBe(206);
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(
      response.headers.get("content-type") ?? "",
    )?.[1];
    expect((await response.text()).split(`--${boundary}`).map((piece) => piece.trim())).toEqual([
      "",
      "Content-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01",
      "Content-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89",
      "--",
    ]);
  });

  test("past the end is 416, with the length", async () => {
    const response = await (await stored()).send("/a", range("bytes=10-"));
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */10");
  });

  test.each([
    ["that still holds", '"1"', 206],
    ["that does not", '"2"', 200],
    ["that is weak", 'W/"1"', 200],
  ])("with an If-Range %s", async (_, ifRange, status) => {
    const response = await (await stored()).send("/a", range("bytes=0-3", { "if-range": ifRange }));
    expect(response.status).toBe(status);
    await response.text();
  });

  test("comes after the client's own condition: 304 wins", async () => {
    const response = await (await stored()).send("/a", range("bytes=0-3", { "if-none-match": '"1"' }));
    expect(response.status).toBe(304);
  });

  test.each(["bytes=3-1", "pages=1-2", "bytes=0-5,3-8"])("%s binds nobody: the whole", async (asked) => {
    const response = await (await stored()).send("/a", range(asked));
    expect(response.status).toBe(200);
    expect((await told(response)).body).toBe("0123456789");
  });
});

describe("a part", () => {
  test("is stored, and answers for the bytes that it holds, and for no others", async () => {
    const talk = conversation();
    talk.says(part("01234", 0, 10));
    expect(await told(await talk.send("/a", range("bytes=0-4")))).toMatchObject({
      body: "01234",
      status: "fwd=uri-miss;stored",
    });
    await talk.settle();
    const within = await talk.send("/a", range("bytes=1-3"));
    expect(within.headers.get("content-range")).toBe("bytes 1-3/10");
    expect(await told(within)).toMatchObject({ body: "123", status: "hit;ttl=3600;detail=hot" });
    talk.says(part("89", 8, 10));
    expect(await told(await talk.send("/a", range("bytes=-2")))).toMatchObject({
      body: "89",
      status: "fwd=partial;stored",
    });
  });

  test("is never served as a whole: the missing bytes are asked for, and both answer from then on", async () => {
    const talk = conversation();
    talk.says(part("01234", 0, 10), part("56789", 5, 10));
    await (await talk.send("/a", range("bytes=0-4"))).text();
    await talk.settle();
    const whole = await talk.send("/a");
    expect(whole.status).toBe(200);
    expect(await told(whole)).toMatchObject({
      body: "0123456789",
      status: "fwd=partial;fwd-status=206;stored",
    });
    expect(Object.fromEntries(talk.seen[1]?.headers ?? [])).toMatchObject({
      range: "bytes=5-",
      "if-range": '"1"',
    });
    await talk.settle();
    expect(await told(await talk.send("/a"))).toMatchObject({
      body: "0123456789",
      status: "hit;ttl=3600;detail=hot",
    });
  });

  test("is not joined to a part of another representation: the whole is asked for", async () => {
    const talk = conversation();
    talk.says(
      part("01234", 0, 10),
      part("vwxyz", 5, 10, { ...HOUR, etag: '"2"' }),
      answer("qrstuvwxyz", { ...HOUR, etag: '"2"' }),
    );
    await (await talk.send("/a", range("bytes=0-4"))).text();
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("qrstuvwxyz");
    expect(talk.seen[2]?.headers.get("range")).toBeNull();
  });

  test("grows by the parts beside it", async () => {
    const talk = conversation();
    talk.says(part("012", 0, 10), part("345", 3, 10));
    await (await talk.send("/a", range("bytes=0-2"))).text();
    await talk.settle();
    await (await talk.send("/a", range("bytes=3-5"))).text();
    await talk.settle();
    expect(await told(await talk.send("/a", range("bytes=1-4")))).toMatchObject({
      body: "1234",
      status: "hit;ttl=3600;detail=hot",
    });
  });

  test("that has not the bytes that it says is passed on and not kept", async () => {
    const talk = conversation();
    talk.says(answer("012", { ...STRONG, "content-range": "bytes 0-4/10" }, 206));
    for (const _ of [1, 2]) {
      await (await talk.send("/a", range("bytes=0-4"))).text();
      await talk.settle();
    }
    expect(talk.seen).toHaveLength(2);
    expect(talk.events).toContainEqual(
      expect.objectContaining({ type: "fill-dropped", reason: "length-mismatch" }),
    );
  });

  test("goes with a purge like any other response", async () => {
    const talk = conversation({ bound: 0 });
    talk.says(part("01234", 0, 10), part("abcde", 0, 10, { ...HOUR, etag: '"2"' }));
    await (await talk.send("/a", range("bytes=0-4"))).text();
    await talk.settle();
    await talk.purge({ path: "/a" });
    expect((await told(await talk.send("/a", range("bytes=0-4")))).body).toBe("abcde");
  });

  test.each([
    ["a 304", undefined],
    ["the answer to a HEAD", "HEAD"],
  ])("stays a part when %s renews it: nobody gets its bytes for the whole", async (_, method) => {
    const SHORT = { ...STRONG, "cache-control": "max-age=10" };
    const talk = conversation();
    talk.says(part("56789", 5, 20, SHORT));
    await (await talk.send("/a", range("bytes=5-9"))).text();
    await talk.settle();
    talk.pass(11);
    talk.says(method === "HEAD" ? answer(null, SHORT) : answer(null, SHORT, 304));
    const again = await talk.send("/a", method === "HEAD" ? { method } : range("bytes=5-9"));
    expect(again.status).toBe(method === "HEAD" ? 200 : 206);
    await again.text();
    await talk.settle();
    talk.says(answer("0123456789abcdefghij", SHORT));
    expect((await told(await talk.send("/a"))).body).toBe("0123456789abcdefghij");
  });
});

describe("a Range that the origin does not like", () => {
  test.each([
    ["416", "bytes=900-999", 416],
    ["400", "bytes=0-5", 400],
    ["404", "bytes=0-5", 404],
  ])("leaves no %s behind for others", async (_, asked, status) => {
    const talk = conversation();
    talk.says(answer("no", { ...HOUR, "content-range": "bytes */10" }, status), answer("0123456789", STRONG));
    expect((await talk.send("/a", range(asked))).status).toBe(status);
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("0123456789");
  });

  test("does not reach the origin if it is none: the whole answers, and is stored", async () => {
    const talk = conversation();
    talk.says(answer("0123456789", STRONG));
    expect((await talk.send("/a", range("bytes=abc"))).status).toBe(200);
    expect(talk.seen[0]?.headers.get("range")).toBeNull();
  });
});

test("a 416 completes no part", async () => {
  const talk = conversation({ rules: { profile: "rfc" } });
  talk.says(
    part("01234", 0, 10),
    answer("no", { ...STRONG, "content-range": "bytes */5" }, 416),
    answer("0123456789", STRONG),
  );
  await (await talk.send("/a", range("bytes=0-4"))).text();
  await talk.settle();
  expect(await told(await talk.send("/a"))).toMatchObject({ body: "0123456789" });
});
