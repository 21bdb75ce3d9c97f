import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { memoryLedger, type Ledger } from "../../src/index.ts";
import { tiersFrom, valueCache, type TierEnv, type ValueCacheEnv } from "../../worker/index.ts";

const bindings = env as TierEnv; // As wrangler.toml and the test's server bind it.

/** One isolate's app over memory and Redis, as `TIERS` says. */
function isolate(ledger: Ledger, name: string) {
  const app = new Hono<ValueCacheEnv>();
  app.use(valueCache({ ledger, tiers: tiersFrom({ ...bindings, TIERS: "memory,redis" }) }));
  app.get("/made/:key", async (c) => c.text(await c.var.cache.getOrSet(c.req.param("key"), () => name)));
  app.get("/count/:key", async (c) => c.text(String(await c.var.cache.increment(c.req.param("key")))));
  app.get("/lock/:key", async (c) => {
    const lock = await c.var.cache.lock(c.req.param("key"), { wait: 0 });
    return c.text(lock === undefined ? "taken" : "mine");
  });
  app.delete("/made/:key", async (c) => c.text(String(await c.var.cache.delete(c.req.param("key")))));
  return async (path: string, method = "GET"): Promise<string> => {
    const context = createExecutionContext();
    const response = await app.fetch(new Request(`https://shop.example${path}`, { method }), {}, context);
    await waitOnExecutionContext(context); // Redis is written behind the answer.
    return response.text();
  };
}

describe("TIERS = memory,redis: c.var.cache of two isolates", () => {
  test("shares what one has made, counts in one step, and has one lock", async () => {
    const ledger = memoryLedger();
    const [one, other] = [isolate(ledger, "one"), isolate(ledger, "other")];
    const key = crypto.randomUUID();
    expect(await one(`/made/${key}`)).toBe("one");
    expect(await other(`/made/${key}`)).toBe("one");
    await other(`/made/${key}`, "DELETE");
    expect(await other(`/made/${key}`)).toBe("other");
    expect([await one(`/count/n${key}`), await other(`/count/n${key}`)]).toEqual(["1", "2"]);
    expect([await one(`/lock/l${key}`), await other(`/lock/l${key}`)]).toEqual(["mine", "taken"]);
  });
});
