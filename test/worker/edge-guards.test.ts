import { describe, expect, test } from "vitest";
import { Hono } from "hono";
import { memoryLedger } from "../../src/index.ts";
import { createEdgeCache, kvLedger, edgeRoutes, readConfig } from "../../worker/index.ts";
import { routeFinder } from "../../worker/routes.ts";
import { env } from "cloudflare:workers";
import { answer, conversation, told } from "./support/conversation.ts";

const FRESH = { "cache-control": "max-age=600" };
const { CACHE_KV } = env as unknown as { CACHE_KV: KVNamespace };

describe("an edge in front of others", () => {
  test("a guard in front of the cache is not passed by a spelling of its path", async () => {
    const edge = createEdgeCache({ ledger: memoryLedger() });
    const app = new Hono();
    app.use("/admin/*", async (c) => c.text("forbidden", 403));
    app.all("*", ({ req, executionCtx }) =>
      edge.handle(req.raw, {
        origin: async (r) => answer(new URL(r.url).pathname, FRESH),
        waitUntil: (w) => executionCtx.waitUntil(w),
      }),
    );
    const ctx = { waitUntil() {}, passThroughOnException() {}, props: {} } as unknown as ExecutionContext;
    const plain = await app.fetch(new Request("https://e.example/admin/x"), {}, ctx);
    expect(plain.status).toBe(403);
    const r = await app.fetch(new Request("https://e.example/x/%%32e%%32e/admin/x"), {}, ctx);
    expect(await r.text()).not.toBe("/admin/x");
  });
  test("a linearizable route on a ledger that lags is refused, or finds nothing", async () => {
    const talk = conversation({
      ledger: kvLedger(CACHE_KV, { prefix: "r1:" }),
      routes: [{ path: "/now", consistency: "linearizable" }],
    });
    talk.says(answer("one", FRESH));
    await told(await talk.send("/now"));
    await talk.settle();
    const second = await told(await talk.send("/now"));
    expect(second.status).not.toMatch(/^hit/);
  });
  test("the log of a credential limited to one host shows nothing of others", async () => {
    const talk = conversation();
    const purge = (host: string) =>
      edgeRoutes({ edge: talk.edge, purgeTokens: ["a".repeat(20)] }).fetch(
        new Request(`https://${host}/purge`, {
          method: "POST",
          headers: { authorization: `Bearer ${"a".repeat(20)}` },
          body: JSON.stringify({ prefixes: ["/internal"], reason: "secret project" }),
        }),
      );
    await purge("other.example");
    const limited = { name: "shop", token: "s".repeat(20), may: ["log"], hosts: ["example.com"] } as const;
    const r = await edgeRoutes({ edge: talk.edge, purgeCredentials: [limited] }).fetch(
      new Request("https://example.com/log", { headers: { authorization: `Bearer ${limited.token}` } }),
    );
    expect(await r.text()).not.toContain("other.example");
  });
  test("a list of cookies that has no token's form is refused by the name of ROUTES", () => {
    expect(() =>
      routeFinder(
        readConfig({
          ORIGIN_URL: "https://o.example",
          ROUTES: JSON.stringify([{ path: "/a", cookies: ["a b"] }]),
        }).routes,
        {},
      ),
    ).toThrow(/ROUTES/);
  });
  test("a POST's purge by variant of a device route reaches all", async () => {
    const talk = conversation({ device: true, country: true });
    talk.says(({ headers }) => answer(`old ${headers.get("tidemark-device")}`, FRESH));
    await told(await talk.send("/a", { headers: { "user-agent": "iPhone" } }));
    await talk.settle();
    talk.says(answer("ok"));
    await told(await talk.send("/a", { method: "POST" }));
    await talk.settle();
    talk.says(answer("new", FRESH));
    expect((await told(await talk.send("/a", { headers: { "user-agent": "iPhone" } }))).body).toBe("new");
  });
});
