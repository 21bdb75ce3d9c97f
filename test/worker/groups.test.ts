import { describe, expect, test } from "vitest";
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
