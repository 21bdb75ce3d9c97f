import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { memoryLedger, memoryStore, type Store } from "../../src/index.ts";
import {
  createEdgeCache,
  tiersFrom,
  valueCache,
  type TierEnv,
  type ValueCacheEnv,
  type ValueCacheOptions,
} from "../../worker/index.ts";

const bindings = env as TierEnv; // As wrangler.toml binds it.

/** A store outside the isolate that takes until it is let. */
function slowStore() {
  const inner = memoryStore();
  const gate = Promise.withResolvers<void>();
  const written: string[] = [];
  const store: Store = {
    name: "slow",
    get: async (key) => inner.get(key),
    async set(key, entry, ttl) {
      await gate.promise;
      written.push(key);
      await inner.set(key, entry, ttl);
    },
    delete: async (keys) => inner.delete(keys),
  };
  return { store, open: gate.resolve, written };
}

/** An app that numbers what it makes. */
function shop(options: ValueCacheOptions | ((env: object) => ValueCacheOptions)) {
  let made = 0;
  const app = new Hono<ValueCacheEnv<string>>();
  app.use(valueCache<object, string>(options));
  app.get("/item/:id", async (c) => {
    const id = c.req.param("id");
    const tags = [`item:${id}`];
    return c.text(await c.var.cache.getOrSet(["item", id], () => `${id} ${++made}`, { tags }));
  });
  app.get("/users/:id", async (c) => {
    const users = c.var.cache.namespace("users");
    return c.text(await users.getOrSet(c.req.param("id"), () => `user ${++made}`));
  });
  app.get("/set/:id", async (c) => {
    await c.var.cache.set(c.req.param("id"), "set");
    return c.text("done");
  });
  app.post("/item/:id", async (c) => {
    await c.var.cache.purge({ tags: [`item:${c.req.param("id")}`] });
    return c.text("saved");
  });
  app.onError((error, c) => c.text(error.message, 500));
  return app;
}

async function text(app: { fetch: Hono["fetch"] }, path: string, init?: RequestInit): Promise<string> {
  const context = createExecutionContext();
  const response = await app.fetch(new Request(`https://shop.example${path}`, init), {}, context);
  await waitOnExecutionContext(context);
  return response.text();
}

describe("valueCache() puts on c.var.cache", () => {
  test("one cache for all requests of an isolate, whose function of the environment is called once", async () => {
    let calls = 0;
    const app = shop(() => ({ prefix: `shop${(calls += 1)}` }));
    expect([await text(app, "/item/a"), await text(app, "/item/a")]).toEqual(["a 1", "a 1"]);
    expect([await text(app, "/users/a"), await text(app, "/users/a")]).toEqual(["user 2", "user 2"]);
    expect(calls).toBe(1);
  });

  test("values that a purge by a handler drops", async () => {
    const app = shop({});
    await text(app, "/item/a");
    await text(app, "/item/b");
    await text(app, "/item/a", { method: "POST" });
    expect(await text(app, "/item/a")).toBe("a 3");
    expect(await text(app, "/item/b")).toBe("b 2");
  });

  test("values that share the ledger and the view of the edge cache", async () => {
    const edge = createEdgeCache({ ledger: memoryLedger() });
    const app = shop({ edge });
    await text(app, "/item/a");
    const receipt = await edge.ledger.purge({ selectors: ["tag:item:a"], mode: "hard" });
    await edge.view.read({ atLeast: receipt });
    expect(await text(app, "/item/a")).toBe("a 2");
  });

  test.each(["/item/a", "/users/a", "/set/a"])(
    "writes of %s that the request's own waitUntil keeps going, behind its answer",
    async (path) => {
      const { store, open, written } = slowStore();
      const app = shop({ ledger: memoryLedger(), tiers: [memoryStore(), { store, timeout: "30s" }] });
      const context = createExecutionContext();
      const response = await app.fetch(new Request(`https://shop.example${path}`), {}, context);
      expect(response.status).toBe(200);
      expect(written).toEqual([]);
      open();
      await waitOnExecutionContext(context);
      expect(written).toHaveLength(1);
    },
  );

  test("a cache for requests without an execution context too", async () => {
    const app = shop({});
    expect(await (await app.request("/item/a")).text()).toBe("a 1");
    expect(await (await app.request("/item/a")).text()).toBe("a 1");
  });

  test("nothing, but says why, where an option makes no sense", async () => {
    expect(await text(shop({ ttl: "soon" }), "/item/a")).toMatch(/^Cannot read ttl: /);
    expect(await text(shop({ tiers: [] }), "/item/a")).toMatch(/^Cannot make a cache: /);
  });
});

describe("tiersFrom()", () => {
  test("makes the row that TIERS names, by default memory, Cache API and KV", () => {
    const named = (variables: TierEnv) => tiersFrom({ ...bindings, ...variables }).map(({ name }) => name);
    expect(named({})).toEqual(["hot", "warm", "cold"]);
    expect(named({ TIERS: "memory" })).toEqual(["hot"]);
    expect(named({ TIERS: "cache, kv" })).toEqual(["warm", "cold"]);
    expect(named({ TIERS: "memory,redis", REDIS_URL: "redis://localhost" })).toEqual(["hot", "cold"]);
    const rest = { REDIS_REST_URL: "https://redis.example.com", REDIS_REST_TOKEN: "a token" };
    expect(tiersFrom({ TIERS: "redis-rest", ...rest })[0]?.store.name).toMatch(/rest/);
  });

  test("makes tiers that a cache of values can use: what one has written, another reads from KV", async () => {
    const tiers = () => tiersFrom({ ...bindings, TIERS: "memory,kv" }, { memory: "1mb" });
    const ledger = memoryLedger();
    expect(await text(shop({ tiers: tiers(), ledger, prefix: "kv" }), "/item/a")).toBe("a 1");
    const other = shop({ tiers: tiers(), ledger, prefix: "kv" });
    await text(other, "/item/b");
    expect(await text(other, "/item/a")).toBe("a 1");
  });

  test.each<[sentence: string, make: () => unknown]>([
    ["Cannot start: TIERS names kv, but CACHE_KV is not bound", () => tiersFrom({ TIERS: "kv" })],
    [
      "Cannot start: TIERS names redis, but REDIS is not bound",
      () => tiersFrom({ TIERS: "redis", REDIS_URL: "redis://localhost" }),
    ],
    [
      "Cannot start: TIERS names redis-rest, but REDIS_REST_TOKEN is not set",
      () => tiersFrom({ TIERS: "redis-rest", REDIS_REST_URL: "https://redis.example.com" }),
    ],
    [
      "Cannot start: TIERS cannot be used, it must list some of memory, cache, kv, redis-rest and redis",
      () => tiersFrom({ TIERS: "disk" }),
    ],
    ["Cannot read memory: it must be", () => tiersFrom({ TIERS: "memory" }, { memory: "much" })],
  ])("says: %s", (sentence, make) => {
    expect(make).toThrow(sentence);
  });
});
