import { describe, expect, test } from "vitest";
import { edgeRoutes } from "../../worker/index.ts";
import { answer, conversation, told } from "./support/conversation.ts";

describe("groups (RFC 9875)", () => {
  const HOUR = { "cache-control": "max-age=3600" };

  test("go together when the answer to a change names them, on their own origin alone", async () => {
    const talk = conversation();
    talk.says(answer("old", { ...HOUR, "cache-groups": '"list", "more"' }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.says(answer("done", { "cache-group-invalidation": '"another"' }));
    await talk.send("/b", { method: "POST" });
    expect((await told(await talk.send("/a"))).status).toMatch(/^hit/);
    talk.says(answer("done", { "cache-group-invalidation": '"list"' }));
    await talk.send("/b", { method: "POST" });
    talk.says(answer("new", HOUR));
    expect((await told(await talk.send("/a"))).body).toBe("new");
  });

  test("stay when a safe request's answer, or one that failed, names them", async () => {
    const talk = conversation();
    talk.says(answer("old", { ...HOUR, "cache-groups": '"list"' }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.says(answer("read", { "cache-group-invalidation": '"list"' }));
    await (await talk.send("/b")).text();
    talk.says(answer("no", { "cache-group-invalidation": '"list"' }, 403));
    await talk.send("/b", { method: "POST" });
    expect((await told(await talk.send("/a"))).status).toMatch(/^hit/);
  });
});

describe("what operators name by group or pattern", () => {
  const HOUR = { "cache-control": "max-age=3600", "cache-groups": '"list"' };

  test.each<[body: object, isGone: boolean]>([
    [{ groups: ["list"] }, true],
    [{ groups: ["List"] }, false],
    [{ groups: ["http://example.com|list"] }, false],
    [{ patterns: ["/shop/*/x*"] }, true],
    [{ patterns: ["/shop/*"] }, false],
    [{ patterns: ["/shop/**"] }, true],
  ])("%j: gone: %s", async (body, isGone) => {
    const talk = conversation();
    talk.says(answer("old", HOUR));
    await (await talk.send("/shop/7/x?q=1")).text();
    await talk.settle();
    const { fetch } = edgeRoutes({ edge: talk.edge, purgeTokens: ["token"] });
    const headers = { authorization: "Bearer token" };
    const purge = new Request("https://example.com/purge", {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect((await fetch(purge)).status).toBe(200);
    talk.says(answer("new", HOUR));
    expect((await told(await talk.send("/shop/7/x?q=1"))).body).toBe(isGone ? "new" : "old");
  });
});

describe("groups where they do not count", () => {
  test("purge nothing, and a response in more groups than can be kept is stored all the same", async () => {
    const talk = conversation({ groups: false });
    const many = Array.from({ length: 2_000 }, (_, index) => `"g${index}"`).join(", ");
    talk.says(answer("one", { "cache-control": "max-age=60", "cache-groups": many }));
    await told(await talk.send("/a"));
    await talk.settle();
    talk.says(answer("done", { "cache-group-invalidation": '"g1"' }));
    await told(await talk.send("/b", { method: "POST" }));
    talk.pass(3);
    expect((await told(await talk.send("/a"))).status).toMatch(/^hit/);
  });
});
