import { describe, expect, test } from "vitest";
import { memoryLedger, resourceOf, type Ledger } from "../../src/index.ts";
import { edgeRoutes } from "../../worker/index.ts";
import { answer, conversation, told } from "./support/conversation.ts";

const FRESH = { "cache-control": "max-age=600" };

async function get(
  talk: ReturnType<typeof conversation>,
  path: string,
  headers: Record<string, string> = {},
) {
  const got = await told(await talk.send(path, { headers }));
  await talk.settle();
  return got;
}

describe("a route fits the spelling that is keyed", () => {
  test("one user's page does not reach another by an escaped spelling of a route's path", async () => {
    const talk = conversation({ routes: [{ path: "/shop/*", cookies: ["currency"] }] });
    talk.says(({ headers }) => answer(`page of ${headers.get("cookie") ?? "nobody"}`, FRESH));
    await get(talk, "/%73hop/a", { cookie: "session=victim" });
    expect((await get(talk, "/shop/a")).body).toBe("page of nobody");
  });
  test("one tenant's page does not reach another", async () => {
    const talk = conversation({ routes: [{ path: "/shop/*", headers: ["x-tenant"] }] });
    talk.says(({ headers }) => answer(`tenant ${headers.get("x-tenant")}`, FRESH));
    await get(talk, "/%73hop/a", { "x-tenant": "evil" });
    expect((await get(talk, "/shop/a", { "x-tenant": "good" })).body).toBe("tenant good");
  });
  test("a change by an escaped spelling purges what is stored", async () => {
    const talk = conversation({ routes: [{ path: "/shop/*", query: { dropTracking: true } }] });
    talk.says(answer("old", FRESH));
    await get(talk, "/shop/a");
    talk.says(answer("new", FRESH));
    await talk.send("/%73hop/a?utm_source=x", { method: "POST" });
    await talk.settle();
    expect((await get(talk, "/shop/a")).body).toBe("new");
  });
  test("a route of a path with letters beyond ASCII fits, or is refused", async () => {
    const talk = conversation({ routes: [{ path: "/café/*", cookies: [] }] });
    talk.says(({ headers }) => answer(`${headers.get("cookie")}`, FRESH));
    expect((await get(talk, "/café/a", { cookie: "session=1" })).body).toBe("null");
  });
  test.each(["/shop*", "/shop?x=1", "/a#b"])("a route that no path can fit (%s) is refused", (path) => {
    expect(() => conversation({ routes: [{ path, cookies: [] }] })).toThrow();
  });
});

describe("what is keyed is what is forwarded", () => {
  test("an escaped escape does not become a dot segment", async () => {
    const talk = conversation();
    talk.says(({ url }) => answer(url, FRESH));
    const { body } = await get(talk, "/public/%%32e%%32e/admin");
    expect(body).toBe(resourceOf("https://example.com/public/%%32e%%32e/admin"));
  });
  test("normalising twice is normalising once", () => {
    const once = resourceOf("https://example.com/%%361");
    expect(resourceOf(once)).toBe(once);
  });
  test("a header that selects reaches the origin as it was keyed", async () => {
    const talk = conversation({ routes: [{ path: "/*", headers: ["x-tenant"] }] });
    talk.says(({ headers }) => answer(headers.get("x-tenant") === "good" ? "good" : "unknown tenant", FRESH));
    await get(talk, "/a", { "x-tenant": "good," });
    expect((await get(talk, "/a", { "x-tenant": "good" })).body).toBe("good");
  });
  test("Vary of a custom header: as it was keyed", async () => {
    const talk = conversation();
    talk.says(({ headers }) =>
      answer(headers.get("x-tenant") === "good" ? "good" : "unknown tenant", { ...FRESH, vary: "x-tenant" }),
    );
    await get(talk, "/a", { "x-tenant": ",good" });
    expect((await get(talk, "/a", { "x-tenant": "good" })).body).toBe("good");
  });
  test("the answer to a POST is not for others where the origin got more than is keyed (profile rfc)", async () => {
    const talk = conversation({
      rules: { profile: "rfc" },
      routes: [{ path: "/shop/*", cookies: ["currency"] }],
    });
    talk.says(({ headers }) =>
      answer(`page of ${headers.get("cookie")} at ${headers.get("x-forwarded-host")}`, {
        ...FRESH,
        "content-location": "/shop/a",
      }),
    );
    await told(
      await talk.send("/shop/a", {
        method: "POST",
        headers: { cookie: "session=victim", "x-forwarded-host": "evil.example" },
      }),
    );
    await talk.settle();
    expect((await get(talk, "/shop/a")).body).not.toMatch(/victim|evil/);
  });
  test("a WebSocket's request cannot make up the country", async () => {
    const talk = conversation({ country: true });
    talk.says(({ headers }) => answer(`${headers.get("tidemark-country")}`));
    const { body } = await told(
      await talk.send("/a", { headers: { upgrade: "websocket", "tidemark-country": "US" } }),
    );
    expect(body).not.toBe("US");
  });
});

describe("levels of consistency by route", () => {
  test("linearizable reads find nothing while the ledger is out of reach", async () => {
    const inner = memoryLedger();
    let isUp = true;
    const ledger: Ledger = {
      purge: inner.purge,
      since: async (point) => {
        if (!isUp) throw new Error("out of reach");
        return inner.since(point);
      },
    };
    const talk = conversation({ ledger, routes: [{ path: "/now", consistency: "linearizable" }] });
    talk.says(answer("one", { ...FRESH, "cache-tag": "t" }));
    await get(talk, "/now");
    isUp = false;
    await talk.purge({ tag: "t" });
    talk.says(answer("two", FRESH));
    expect((await get(talk, "/now")).body).toBe("two");
    expect((await get(talk, "/now")).body, "the second read of the outage").toBe("two");
  });
  test("effectiveBy promises nothing that a route does not keep", async () => {
    const talk = conversation({ routes: [{ path: "/old/*", consistency: "ttl" }] });
    const routes = edgeRoutes({ edge: talk.edge, purgeTokens: ["t".repeat(20)] });
    const response = await routes.fetch(
      new Request("https://example.com/purge", {
        method: "POST",
        headers: { authorization: `Bearer ${"t".repeat(20)}` },
        body: JSON.stringify({ files: ["/old/a"] }),
      }),
    );
    const { result } = await response.json<{ result: { effectiveBy: string | null } }>();
    expect(result.effectiveBy).toBeNull();
  });
});
