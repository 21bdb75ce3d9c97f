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
    const talk = await after({
      etag: '"1"',
      date: new Date(Date.parse("2026-11-01T12:00:11Z")).toUTCString(),
    });
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

  test("is asked for as the stored answer was, so that nothing a client adds can get into it", async () => {
    const talk = await after({ etag: '"1"' });
    talk.says(answer(null, SHORT));
    talk.pass(120);
    await talk.send("/a", {
      method: "HEAD",
      headers: { "x-forwarded-host": "evil", "accept-language": "FR ,en" },
    });
    const asked = talk.seen.at(-1);
    expect(asked?.method).toBe("HEAD");
    expect(asked?.headers.get("x-forwarded-host")).toBeNull();
    expect(asked?.headers.get("accept-language")).toBe("fr, en");
  });

  test("renews nothing that has no validator: the body may be another", async () => {
    const talk = conversation();
    talk.says(answer("one", { "cache-control": "max-age=10, stale-if-error=600" }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    talk.says(
      answer(null, { "cache-control": "max-age=60" }),
      answer("two", { "cache-control": "max-age=60" }),
    );
    await talk.send("/a", { method: "HEAD" });
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("two");
  });
});
