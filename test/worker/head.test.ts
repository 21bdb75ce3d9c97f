import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

const SHORT = { "cache-control": "max-age=10", etag: '"1"' };

describe("a HEAD that goes to the origin", () => {
  async function after(head: Record<string, string>) {
    const talk = conversation();
    talk.says(answer("one", SHORT));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    talk.says(
      answer(null, { "cache-control": "max-age=60", ...head }),
      answer("two", { ...SHORT, etag: '"2"' }),
    );
    expect((await talk.send("/a", { method: "HEAD" })).headers.get("cache-status")).toMatch(/fwd=stale/);
    await talk.settle();
    return talk;
  }

  test("renews the stored answer to a GET when it has the same validator (RFC 9111, 4.3.5)", async () => {
    const talk = await after({ etag: '"1"', date: new Date(talkTime(11)).toUTCString() });
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "one", status: "hit;ttl=60;detail=hot" });
  });

  test("with another validator renews nothing", async () => {
    const talk = await after({ etag: '"2"' });
    expect((await told(await talk.send("/a"))).body).toBe("two");
  });

  test("with another length renews nothing", async () => {
    const talk = await after({ etag: '"1"', "content-length": "300" });
    expect((await told(await talk.send("/a"))).status).not.toMatch(/^hit;ttl=60/);
  });
});

/** The instant so many seconds into a conversation. */
function talkTime(seconds: number): number {
  return Date.parse("2026-11-01T12:00:00Z") + seconds * 1_000;
}
