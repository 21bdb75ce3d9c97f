import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

describe("a query whose noise is told", () => {
  test("is keyed and forwarded without it", async () => {
    const talk = conversation({ query: { dropTracking: true, sort: true } });
    talk.says(answer("one", { "cache-control": "max-age=60" }));
    await (await talk.send("/a?utm_source=x&b=2&a=1")).text();
    await talk.settle();
    expect(talk.seen[0]?.url).toBe("https://example.com/a?a=1&b=2");
    expect((await told(await talk.send("/a?a=1&b=2&gclid=7"))).status).toMatch(/^hit/);
  });

  test("counts to the byte where nothing is told", async () => {
    const talk = conversation();
    talk.says(answer("one", { "cache-control": "max-age=60" }));
    await (await talk.send("/a?b=2&a=1")).text();
    await talk.settle();
    expect((await told(await talk.send("/a?a=1&b=2"))).status).toMatch(/^fwd/);
    expect(talk.seen[0]?.url).toBe("https://example.com/a?b=2&a=1");
  });
});
