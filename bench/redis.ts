import KeyvRedis from "@keyv/redis";
import { BentoCache, bentostore } from "bentocache";
import { redisDriver } from "bentocache/drivers/redis";
import { Cacheable } from "cacheable";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { createCache, memoryLedger, redisStore } from "../src/index.ts";
import { loadSheet, type Loaded } from "./ledger-load.ts";
import { runRedis } from "./ledger-redis.ts";
import { contestant, type Effort, type Subject } from "./measure.ts";

const VALUE = "x".repeat(100);
const KEYS: readonly string[] = Array.from({ length: 1_000 }, (_, index) => `user:${index}`);
const IN_FLIGHT = 64;
const AT_ONCE = 100;
/** A machine that is busy must not make a miss of a hit. */
const PATIENCE = "30s";

/** Reads one key, another one each time. */
function reads(name: string, get: (key: string) => Promise<unknown>): Loaded {
  let at = 0;
  return {
    name,
    async once() {
      at = (at + 7) % KEYS.length;
      const value = await get(KEYS[at] ?? "");
      if (value === undefined || value === null) throw new Error(`Cannot measure: ${name} has no hit`);
    },
  };
}

/** So many keys in a row, from another place each time. */
function rows(): () => readonly string[] {
  let at = 0;
  return () => {
    at = (at + AT_ONCE) % KEYS.length;
    return KEYS.slice(at, at + AT_ONCE);
  };
}

async function openAll(port: number) {
  const plain = new Redis(port, "127.0.0.1");
  const piped = new Redis(port, "127.0.0.1", { enableAutoPipelining: true });
  const node = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  const store = redisStore({ client: plain, timeout: PATIENCE });
  const overNode = redisStore({ client: node, prefix: "node", timeout: PATIENCE });
  const cache = createCache({
    prefix: "shop",
    ttl: "1h",
    storeTimeout: PATIENCE,
    tiers: [redisStore({ client: plain, prefix: "cache", timeout: PATIENCE })],
    ledger: memoryLedger(),
  });
  const connection = { host: "127.0.0.1", port };
  const bento = new BentoCache({
    default: "cache",
    stores: { cache: bentostore().useL2Layer(redisDriver({ connection })) },
  });
  const keyv = new KeyvRedis<string>(`redis://127.0.0.1:${port}`);
  const cacheable = new Cacheable({ primary: keyv });
  const mark = { epoch: "e", position: 0, labels: ["tag:users"] };
  for (const key of KEYS) {
    const facts = { kind: "value", ttl: 3_600_000 };
    const body = Buffer.from(VALUE);
    const entry = { mark, expiresAt: Date.now() + 3_600_000, facts, body };
    await Promise.all([
      plain.set(`raw:${key}`, VALUE),
      store.set(key, entry, 3_600),
      overNode.set(key, entry, 3_600),
      cache.set(key, VALUE, { tags: ["users", key] }),
      bento.set({ key, value: VALUE, ttl: "1h" }),
      cacheable.set(key, VALUE, "1h"),
    ]);
  }
  return {
    ...{ plain, piped, node, store, overNode, cache, bento, cacheable },
    async close() {
      plain.disconnect();
      piped.disconnect();
      node.destroy();
      await Promise.all([bento.disconnectAll(), cacheable.disconnect()]);
    },
  };
}

async function run(
  hold: Parameters<Subject["run"]>[0],
  show: Parameters<Subject["run"]>[1],
  effort: Effort,
): Promise<void> {
  const redis = await runRedis();
  const all = await openAll(redis.client.options.port ?? 0);
  try {
    const contenders = [
      reads("tidemark, `redisStore` over ioredis", (key) => all.store.get(key)),
      reads("tidemark, `redisStore` over redis", (key) => all.overNode.get(key)),
      reads("tidemark, `createCache` over it, with tags", (key) => all.cache.get(key)),
      reads("ioredis, `enableAutoPipelining`", (key) => all.piped.get(`raw:${key}`)),
      reads("ioredis", (key) => all.plain.get(`raw:${key}`)),
      reads("redis", (key) => all.node.get(`raw:${key}`)),
      reads("bentocache", (key) => all.bento.get({ key })),
      reads("cacheable with @keyv/redis", (key) => all.cacheable.get(key)),
    ];
    for (const [title, callers] of [
      [`${IN_FLIGHT} reads in flight`, IN_FLIGHT],
      ["one read at a time", 1],
    ] as const)
      show(await loadSheet(title, contenders, callers, effort));
    const [first, second, third, fourth] = Array.from({ length: 4 }, rows);
    if (!first || !second || !third || !fourth) return;
    await hold({
      title: `${AT_ONCE} keys at once`,
      contestants: [
        contestant("tidemark, `redisStore.getMany`", () => all.store.getMany(first())),
        contestant("tidemark, `cache.getMany`, with tags", () => all.cache.getMany(second())),
        contestant("ioredis `mget`", () => all.plain.mget(third().map((key) => `raw:${key}`))),
        contestant("cacheable `getMany`", () => all.cacheable.getMany([...fourth()])),
      ],
    });
  } finally {
    await all.close();
    await redis.stop();
  }
}

export const redisSubject: Subject = {
  title: "Redis",
  about:
    "1,000 keys with values of 100 characters in a redis-server of its own on the loopback interface; nothing is kept in " +
    "memory. Ours reads whole entries: the store checks each one's key, checksum and end, the cache also reads the value and " +
    "checks its tags against the ledger. The clients read bare texts.",
  run,
};
