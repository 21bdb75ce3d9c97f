import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

const FIELDS = {
  "cache-control": "no-store",
  "cdn-cache-control": "max-age=60",
  "surrogate-control": "max-age=1",
  "tidemark-cdn-cache-control": "max-age=600",
};

describe("fields that speak to this cache alone (RFC 9213)", () => {
  const sent = (response: Response): string[] =>
    Object.keys(FIELDS).filter((name) => response.headers.has(name));

  test("go no further, whether the answer is new, stored, or renewed by a 304", async () => {
    const talk = conversation();
    talk.says(answer("one", { ...FIELDS, etag: '"1"' }), answer(null, { ...FIELDS, etag: '"1"' }, 304));
    for (const [seconds, status] of [
      [0, /^fwd=uri-miss/],
      [0, /^hit;ttl=600/],
      [700, /^fwd=stale;fwd-status=304;stored/],
    ] as const) {
      talk.pass(seconds);
      const response = await talk.send("/a");
      expect(sent(response)).toEqual(["cache-control"]);
      expect((await told(response)).status).toMatch(status);
      await talk.settle();
    }
  });

  test("are withheld from an answer that is only passed on, too", async () => {
    const talk = conversation();
    talk.says(answer("one", FIELDS));
    expect(sent(await talk.send("/a", { method: "POST" }))).toEqual(["cache-control"]);
  });

  test("reach the caches in front of this one where they are meant for them too", async () => {
    const talk = conversation({ forwardTargets: ["CDN-Cache-Control"] });
    talk.says(answer("one", FIELDS));
    expect(sent(await talk.send("/a"))).toEqual(["cache-control", "cdn-cache-control"]);
  });

  test("reach them in profile rfc, as CDNs forward that field", async () => {
    const talk = conversation({ rules: { profile: "rfc" } });
    talk.says(answer("one", FIELDS));
    expect(sent(await talk.send("/a"))).toEqual(["cache-control", "cdn-cache-control"]);
  });

  test("of other caches are nobody's business here", async () => {
    const talk = conversation({ targets: ["Tidemark-CDN-Cache-Control"] });
    talk.says(answer("one", FIELDS));
    expect(sent(await talk.send("/a"))).toEqual(["cache-control", "cdn-cache-control", "surrogate-control"]);
  });
});
