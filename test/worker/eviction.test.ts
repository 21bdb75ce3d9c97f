import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keySpace, type Entry } from "../../src/index.ts";
import { memoryLedger } from "../../src/index.ts";
import {
  createEdgeCache,
  durableEvictions,
  edgeRoutes,
  EvictionObject,
  kvStore,
  type EvictionItem,
  type Evictions,
} from "../../worker/index.ts";
import { evictionQueue } from "../../worker/eviction-queue.ts";
import { kvSink, zoneSink } from "../../worker/eviction-sinks.ts";

interface Bindings {
  readonly EVICTION: DurableObjectNamespace<EvictionObject>;
  readonly CACHE_KV: KVNamespace;
}

const { EVICTION, CACHE_KV } = env as unknown as Bindings; // What wrangler.toml binds.
const NOW = Date.parse("2026-11-01T00:00:00Z");
const spaced = keySpace({ prefix: "edge", version: "1" });

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const item = (kind: EvictionItem["kind"], value: string, position = 5): EvictionItem => ({
  kind,
  value,
  purge: { epoch: "e", position },
});

function entry(position: number, epoch = "e"): Entry {
  const mark = { epoch, position, labels: [] };
  return { mark, expiresAt: NOW + 3_600_000, facts: {}, body: new Uint8Array([1]) };
}

/** Keys in KV after a sink has done all it does for an item. */
async function left(evicted: EvictionItem): Promise<string[]> {
  const sink = kvSink(CACHE_KV, { prefix: "edge", version: "1" });
  let cursor: string | null = null;
  for (;;) {
    const progress = await sink.evict([evicted], cursor);
    if (progress.done) break;
    ({ cursor } = progress);
  }
  const { keys } = await CACHE_KV.list();
  return keys.map(({ name }) => name.slice("edge:1:".length)).toSorted();
}

async function fill(keys: Readonly<Record<string, Entry>>): Promise<void> {
  for (const { name } of (await CACHE_KV.list()).keys) await CACHE_KV.delete(name);
  const store = kvStore(CACHE_KV);
  for (const [key, kept] of Object.entries(keys)) await store.set(spaced(key), kept, 3_600);
}

describe("what a purge names, in Workers KV", () => {
  const variant = '["https://shop.example/a?q=1","accept","x"]';
  const all = {
    "https://shop.example/a": entry(1),
    "https://shop.example/a?q=1": entry(1),
    [variant]: entry(1),
    "https://shop.example/a/b": entry(1),
    "https://shop.example/ab": entry(1),
    "http://shop.example/a": entry(1),
    "https://shop.example.org/a": entry(1),
  };
  const without = (...names: string[]): string[] =>
    Object.keys(all)
      .filter((name) => !names.includes(name))
      .toSorted();

  const table: [of: EvictionItem, gone: readonly string[]][] = [
    [item("url", "https://shop.example/a"), ["https://shop.example/a", "http://shop.example/a"]],
    [item("url", "http://shop.example/a?q=1"), ["https://shop.example/a?q=1", variant]],
    [
      item("prefix", "shop.example/a"),
      [
        "https://shop.example/a",
        "http://shop.example/a",
        "https://shop.example/a?q=1",
        variant,
        "https://shop.example/a/b",
      ],
    ],
    [item("host", "shop.example"), Object.keys(all).filter((name) => !name.includes(".org"))],
    [item("everything", ""), Object.keys(all)],
  ];
  test.each(table)("%j is deleted with its variants, and nothing else", async (evicted, gone) => {
    await fill(all);
    expect(await left(evicted)).toEqual(without(...gone));
  });

  test("stays where it was filled after the purge", async () => {
    await fill({ "https://h/a": entry(5), "https://h/b": entry(4), "https://h/c": entry(9, "other-epoch") });
    expect(await left(item("prefix", "h"))).toEqual(["https://h/a"]);
  });

  test("is deleted page by page, however much there is", async () => {
    await fill(
      Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`https://h/${index}`, entry(1)])),
    );
    expect(await left(item("host", "h"))).toEqual([]);
  });
});

describe("a zone's cache", () => {
  function zone(answer: () => Response) {
    const calls: { url: string; authorization: string | null; body: unknown }[] = [];
    const sink = zoneSink({
      zoneId: "z",
      apiToken: "secret",
      async fetch(input, init) {
        const request = new Request(input, init);
        calls.push({
          url: request.url,
          authorization: request.headers.get("authorization"),
          body: await request.json(),
        });
        return answer();
      },
    });
    return { sink, calls };
  }

  test.each([
    [item("url", "https://h/a"), { files: ["https://h/a"] }],
    [item("tag", "t"), { tags: ["t"] }],
    [item("host", "h"), { hosts: ["h"] }],
    [item("prefix", "h/a"), { prefixes: ["h/a"] }],
    [item("everything", ""), { purge_everything: true }],
  ])("is asked to drop %j by the platform's API", async (evicted, body) => {
    const { sink, calls } = zone(() => Response.json({ success: true }));
    expect(await sink.evict([evicted], null)).toEqual({ done: true });
    expect(calls).toEqual([
      {
        url: "https://api.cloudflare.com/client/v4/zones/z/purge_cache",
        authorization: "Bearer secret",
        body,
      },
    ]);
  });

  test.each([
    ["a refusal", () => Response.json({ success: false }, { status: 429 })],
    ["a 200 that says no", () => Response.json({ success: false })],
    ["what is no JSON", () => new Response("<html>")],
  ])("has not done it when it answers %s", async (_, answer) => {
    await expect(zone(answer).sink.evict([item("tag", "t")], null)).rejects.toThrow(/purge API answered/);
  });
});

describe("the queue of deletions", () => {
  const quota = { name: "zone", burst: 2, perMinute: 1, batch: 100 };
  const inQueue = (work: (queue: ReturnType<typeof evictionQueue>) => void): Promise<void> =>
    runInDurableObject(EVICTION.get(EVICTION.newUniqueId()), (_, { storage }) =>
      work(evictionQueue(storage.sql)),
    );
  const values = (items: readonly EvictionItem[]): string[] => items.map(({ value }) => value);

  test("gives a call items of one kind, at most as many as it takes, each once", () =>
    inQueue((queue) => {
      const tags = Array.from({ length: 150 }, (_, index) => item("tag", `t${index}`));
      queue.add("zone", [...tags, item("url", "https://h/"), item("tag", "t0")], NOW);
      const first = queue.take({ ...quota, burst: 9 }, NOW);
      expect(first).toHaveLength(100);
      queue.done(first);
      const rest = [queue.take({ ...quota, burst: 9 }, NOW)];
      queue.done(rest[0] ?? []);
      rest.push(queue.take({ ...quota, burst: 9 }, NOW));
      expect(rest.map((items) => items.length).toSorted()).toEqual([1, 50]);
    }));

  test("asks no more often than the quota allows, and says when it may again", () =>
    inQueue((queue) => {
      for (const value of ["a", "b", "c"]) queue.add("zone", [item("tag", value)], NOW);
      const one = { ...quota, batch: 1 };
      for (const _ of [1, 2]) queue.done(queue.take(one, NOW));
      expect(queue.take(one, NOW)).toEqual([]);
      expect(queue.nextAt([one], NOW)).toBe(NOW + 60_000);
      expect(queue.take(one, NOW - 3_600_000)).toEqual([]);
      expect(values(queue.take(one, NOW + 60_000))).toEqual(["c"]);
    }));

  test("tries again ever later, gives up in the end, and keeps what it gave up", () =>
    inQueue((queue) => {
      queue.add("zone", [item("tag", "a")], NOW);
      const free = { ...quota, burst: 1_000 };
      let now = NOW;
      const pauses: number[] = [];
      for (let tries = 1; ; tries += 1) {
        const taken = queue.take(free, now);
        queue.failed(taken, "no", now);
        const next = queue.nextAt([free], now);
        if (next === undefined) {
          expect(tries).toBe(12);
          break;
        }
        pauses.push((next - now) / 1_000);
        now = next;
      }
      expect(pauses.slice(0, 4)).toEqual([5, 10, 20, 40]);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(14_400);
      expect(queue.dead(10)).toMatchObject([{ value: "a", error: "no", attempts: 12 }]);
      expect(queue.count()).toEqual({});
      expect(queue.revive(now)).toBe(1);
      expect(values(queue.take(free, now))).toEqual(["a"]);
    }));

  test("an item that is purged again while it is deleted is deleted again", () =>
    inQueue((queue) => {
      queue.add("zone", [item("tag", "a", 1)], NOW);
      const taken = queue.take(quota, NOW);
      queue.add("zone", [item("tag", "a", 2)], NOW);
      queue.done(taken);
      expect(queue.take(quota, NOW)).toMatchObject([{ value: "a", purge: { position: 2 } }]);
    }));

  test("everything takes the place of all that waits", () =>
    inQueue((queue) => {
      queue.add("zone", [item("tag", "a"), item("url", "https://h/")], NOW);
      queue.add("zone", [item("everything", "", 7)], NOW);
      expect(queue.take(quota, NOW)).toMatchObject([{ kind: "everything", purge: { position: 7 } }]);
      expect(queue.count()).toEqual({ zone: 1 });
    }));
});

describe("the object that deletes", () => {
  test("gathers purges for a moment, then deletes, in its alarm", async () => {
    await fill({ "https://h/a": entry(1), "https://h/b": entry(1) });
    const object = EVICTION.get(EVICTION.newUniqueId());
    await object.enqueue([item("url", "https://h/a"), item("tag", "kv-knows-no-tags")]);
    expect(await object.report()).toEqual({ waiting: { kv: 1 }, dead: [] });
    for (const seconds of [2, 4, 6, 8]) {
      vi.setSystemTime(NOW + seconds * 1_000);
      await runDurableObjectAlarm(object);
    }
    expect(await object.report()).toEqual({ waiting: {}, dead: [] });
    expect((await CACHE_KV.list()).keys.map(({ name }) => name)).toEqual(["edge:1:https://h/b"]);
  });

  test("deletes from the key space that it is told of, and from no other", async () => {
    await fill({ "https://h/a": entry(1) });
    const other = keySpace({ prefix: "shop", version: "7" });
    await kvStore(CACHE_KV).set(other("https://h/a"), entry(1), 3_600);
    await runInDurableObject(EVICTION.get(EVICTION.newUniqueId()), async (_, state) => {
      const object = new EvictionObject(state, { CACHE_KV, CACHE_PREFIX: "shop", CACHE_VERSION: "7" });
      await object.enqueue([item("url", "https://h/a")]);
      vi.setSystemTime(NOW + 2_000);
      await object.alarm();
    });
    expect((await CACHE_KV.list()).keys.map(({ name }) => name)).toEqual(["edge:1:https://h/a"]);
  });
});

describe("a purge through the edge", () => {
  const TOKEN = "a-token-of-sixteen";

  function routes(evictions: Evictions | undefined) {
    const edge = createEdgeCache({ ledger: memoryLedger(), evictions });
    const app = edgeRoutes({ edge, purgeTokens: [TOKEN] });
    return {
      edge,
      send: async (path: string, body?: object): Promise<{ status: number; answer: unknown }> => {
        const response = await app.request(`https://shop.example${path}`, {
          method: body === undefined ? "GET" : "POST",
          headers: { authorization: `Bearer ${TOKEN}` },
          ...(body && { body: JSON.stringify(body) }),
        });
        return { status: response.status, answer: await response.json() };
      },
    };
  }

  /** Notes what it is given, and is told by the test what waits. */
  function noting() {
    const items: EvictionItem[] = [];
    const evictions: Evictions = {
      enqueue: async (more) => void items.push(...more),
      report: async () => ({ waiting: { kv: items.length }, dead: [] }),
      retry: async () => 0,
    };
    return { items, evictions };
  }

  test("has what it names deleted, as far as any place can know it", async () => {
    const { items, evictions } = noting();
    const { send } = routes(evictions);
    const { status } = await send("/purge", {
      files: ["/a?q=1"],
      tags: ["t"],
      prefixes: ["/p"],
      hosts: ["shop.example"],
      groups: ["g"],
      patterns: ["/x/*/y"],
    });
    expect(status).toBe(200);
    const [{ purge } = { purge: undefined }] = items;
    expect(items.map(({ kind, value }) => [kind, value])).toEqual([
      ["url", "https://shop.example/a?q=1"],
      ["tag", "t"],
      ["prefix", "shop.example/p"],
      ["host", "shop.example"],
    ]);
    expect(purge?.position).toBe(1);
  });

  test("deletes nothing if it is soft, or only rehearsed", async () => {
    const { items, evictions } = noting();
    const { send } = routes(evictions);
    await send("/invalidate", { tags: ["t"] });
    await send("/purge", { tags: ["t"], dry_run: true });
    expect(items).toEqual([]);
  });

  test("is acknowledged also where nothing can be noted", async () => {
    const { evictions } = noting();
    const broken: Evictions = { ...evictions, enqueue: () => Promise.reject(new Error("no object")) };
    expect((await routes(broken).send("/purge", { tags: ["t"] })).status).toBe(200);
  });

  test("a change in traffic has its own URL deleted", async () => {
    const { items, evictions } = noting();
    const waiting: Promise<unknown>[] = [];
    const { edge } = routes(evictions);
    await edge.handle(new Request("https://shop.example/cart", { method: "POST" }), {
      origin: async () => new Response("ok"),
      waitUntil: (work) => void waiting.push(work),
    });
    await Promise.all(waiting);
    expect(items).toMatchObject([{ kind: "url", value: "https://shop.example/cart" }]);
  });

  test("who may read the log sees what waits, in a real object too; others do not", async () => {
    const { send } = routes(durableEvictions(EVICTION));
    expect(await send("/evictions")).toMatchObject({ status: 200, answer: { result: { dead: [] } } });
    expect(await send("/evictions/retry", {})).toEqual({
      status: 200,
      answer: { success: true, result: { retried: 0 } },
    });
    expect((await routes(undefined).send("/evictions")).status).toBe(501);
    const { edge } = routes(undefined);
    const open = edgeRoutes({ edge, purgeTokens: [TOKEN] });
    expect((await open.request("https://shop.example/evictions")).status).toBe(401);
  });
});
