import { describe, expect, test } from "vitest";
import { reply, send, talkTo } from "./support/requirement.ts";

const MINUTE = "Cache-Control: max-age=60";
const ETAG = 'ETag: "1"';

describe("An origin's answer that makes no sense", () => {
  const odd = [
    "bytes",
    "bytes 0-/2",
    "bytes 5-0/10",
    "bytes 0-9/5",
    "bytes */10",
    "lines 0-1/2",
    `bytes 0-${"9".repeat(400)}/*`,
  ];
  test.each(odd)("a 206 with Content-Range: %s is passed on and not kept", async (value) => {
    const talk = talkTo("rfc");
    talk.says(reply(206, "01", MINUTE, ETAG, `Content-Range: ${value}`));
    for (const _ of [1, 2])
      expect(await send(talk, ["Range: bytes=0-1"])).toMatchObject({ status: 206, body: "01" });
    expect(talk.seen).toHaveLength(2);
  });

  test.each(["-1", "1e1", "0x2", "9".repeat(400), "2, 2", "two"])(
    "Content-Length: %s does not harm the body",
    async (length) => {
      const talk = talkTo("safe");
      talk.says(reply(200, "01", MINUTE, `Content-Length: ${length}`));
      expect((await send(talk)).body).toBe("01");
    },
  );

  test("a 304 that nobody asked for is passed on and not kept", async () => {
    const talk = talkTo("rfc");
    talk.says(reply(304, "", MINUTE, ETAG), reply(200, "one", MINUTE));
    expect((await send(talk)).status).toBe(304);
    expect((await send(talk)).body).toBe("one");
  });

  test("a 304 to every question ends in what the origin last said, not in a loop", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, "one", "Cache-Control: max-age=1", ETAG), reply(304, "", 'ETag: "2"'));
    await send(talk);
    talk.pass(2);
    expect((await send(talk)).status).toBe(304);
    expect(talk.seen).toHaveLength(3);
  });
});
