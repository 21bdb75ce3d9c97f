// The caches of values that are compared, each set up as its documentation has it.
import KeyvRedis, { createKeyv as createKeyvRedis } from "@keyv/redis";
import { cachified, totalTtl, type Cache as CachifiedCache, type CacheEntry } from "@epic-web/cachified";
import { createCache as createDedupe } from "async-cache-dedupe";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisBusDriver, redisDriver } from "bentocache/drivers/redis";
import { createCache as createCacheManager } from "cache-manager";
import { Cacheable, createKeyv } from "cacheable";
import { redisCacheAdapter } from "cachified-redis-adapter";
import { LRUCache } from "lru-cache";
import { composeStorage, createBlobStorage, createMemoryStorage, defineCachedFunction } from "ocache";
import { createClient } from "redis";
import { HOST, ioredis } from "./connection.ts";
import { TTL, type ValueCache, type ValueContender } from "./contender.ts";
import { tidemark } from "./tidemark.ts";

const bentocache: ValueContender = {
  name: "bentocache",
  hasTiers: true,
  boundMs: 0,
  inMemory: async () => overBento(bentostore().useL1Layer(memoryDriver({ maxItems: 1_000 }))),
  async onRedis(port) {
    const connection = { host: HOST, port };
    return overBento(
      bentostore()
        .useL1Layer(memoryDriver({ maxItems: 1_000 }))
        .useL2Layer(redisDriver({ connection }))
        .useBus(redisBusDriver({ connection })),
    );
  },
};

function overBento(store: ReturnType<typeof bentostore>): ValueCache {
  const cache = new BentoCache({ default: "cache", stores: { cache: store } });
  return {
    read: (key, factory, ttl = TTL) => cache.getOrSet({ key, factory, ttl: ttl * 1_000 }),
    drop: async (key) => void (await cache.delete({ key })),
    close: () => cache.disconnectAll(),
  };
}

const epicWebCachified: ValueContender = {
  name: "@epic-web/cachified",
  hasTiers: false,
  boundMs: 0,
  async inMemory() {
    const lru = new LRUCache<string, CacheEntry>({ max: 1_000 });
    return overCachified({
      get: (key) => lru.get(key),
      set(key, value) {
        const ttl = totalTtl(value.metadata);
        const start = value.metadata.createdTime;
        return lru.set(key, value, ttl === Infinity ? { start } : { ttl, start });
      },
      delete: (key) => lru.delete(key),
    });
  },
  async onRedis(port) {
    const client = createClient({ socket: { host: HOST, port } });
    client.on("error", () => undefined);
    await client.connect();
    return overCachified(redisCacheAdapter(client), () => client.destroy());
  },
};

function overCachified(cache: CachifiedCache, close: () => void = () => undefined): ValueCache {
  return {
    read: (key, getFreshValue, ttl = TTL) => cachified({ key, cache, getFreshValue, ttl: ttl * 1_000 }),
    drop: async (key) => void (await cache.delete(key)),
    close: async () => close(),
  };
}

const cacheable: ValueContender = {
  name: "cacheable",
  hasTiers: true,
  boundMs: 0,
  inMemory: async () => overCacheable(new Cacheable()),
  onRedis: async (port) =>
    overCacheable(new Cacheable({ secondary: new KeyvRedis(`redis://${HOST}:${port}`) })),
};

function overCacheable(cache: Cacheable): ValueCache {
  cache.on("error", () => undefined);
  return {
    read: (key, producer, ttl = TTL) => cache.getOrSet(key, producer, { ttl: ttl * 1_000 }),
    drop: async (key) => void (await cache.delete(key)),
    close: () => cache.disconnect(),
  };
}

const cacheManager: ValueContender = {
  name: "cache-manager",
  hasTiers: true,
  boundMs: 0,
  inMemory: async () => overCacheManager(createCacheManager({ stores: [createKeyv()] })),
  onRedis: async (port) =>
    overCacheManager(
      createCacheManager({ stores: [createKeyv(), createKeyvRedis(`redis://${HOST}:${port}`)] }),
    ),
};

function overCacheManager(cache: ReturnType<typeof createCacheManager>): ValueCache {
  return {
    read: (key, producer, ttl = TTL) => cache.wrap(key, producer, ttl * 1_000),
    drop: async (key) => void (await cache.del(key)),
    close: async () => void (await cache.disconnect()),
  };
}

const asyncCacheDedupe: ValueContender = {
  name: "async-cache-dedupe",
  hasTiers: false,
  boundMs: 0,
  inMemory: async () => overDedupe(createDedupe({ ttl: TTL, storage: { type: "memory" } })),
  async onRedis(port) {
    const client = ioredis(port);
    const cache = createDedupe({ ttl: TTL, storage: { type: "redis", options: { client } } });
    return overDedupe(cache, () => client.disconnect());
  },
};

/** Its functions are defined beforehand, so this one finds the producer of the call by the key. */
function overDedupe(cache: ReturnType<typeof createDedupe>, close: () => void = () => undefined): ValueCache {
  const producers = new Map<string, () => Promise<unknown>>();
  const defined = new Map<number, (key: string) => Promise<unknown>>();
  const functionOf = (ttl: number): ((key: string) => Promise<unknown>) => {
    const known = defined.get(ttl);
    if (known !== undefined) return known;
    const name = `read${ttl}`;
    cache.define(name, { ttl }, (key: string) => producers.get(key)?.());
    const made = (key: string): Promise<unknown> => {
      const read = Reflect.get(cache, name) as (key: string) => Promise<unknown>; // As `define` makes it.
      return read.call(cache, key);
    };
    defined.set(ttl, made);
    return made;
  };
  return {
    async read(key, producer, ttl = TTL) {
      producers.set(key, producer);
      return functionOf(ttl)(key);
    },
    async drop(key) {
      functionOf(TTL);
      await cache.clear(`read${TTL}`, key);
    },
    close: async () => close(),
  };
}

const ocache: ValueContender = {
  name: "ocache",
  hasTiers: true,
  boundMs: 0,
  inMemory: async () => overOcache(createMemoryStorage()),
  async onRedis(port) {
    const client = ioredis(port);
    const redis = createBlobStorage({
      get: (key) => client.getBuffer(key),
      async set(key, value, { ttl } = {}) {
        if (value === null) await client.del(key);
        else if (ttl === undefined) await client.set(key, Buffer.from(value));
        else await client.set(key, Buffer.from(value), "EX", Math.ceil(ttl));
      },
    });
    return overOcache(composeStorage([createMemoryStorage(), redis], { onError: () => undefined }), () =>
      client.disconnect(),
    );
  },
};

function overOcache(
  storage: ReturnType<typeof createMemoryStorage>,
  close: () => void = () => undefined,
): ValueCache {
  const producers = new Map<string, () => Promise<unknown>>();
  const make = (maxAge: number) =>
    defineCachedFunction(async (key: string) => producers.get(key)?.(), {
      ...{ name: "read", getKey: (key: string) => key, maxAge, swr: false, storage },
      onError: () => undefined,
    });
  const defined = new Map<number, ReturnType<typeof make>>();
  const functionOf = (ttl: number): ReturnType<typeof make> => {
    const known = defined.get(ttl) ?? make(ttl);
    defined.set(ttl, known);
    return known;
  };
  return {
    read(key, producer, ttl = TTL) {
      producers.set(key, producer);
      return functionOf(ttl)(key);
    },
    drop: (key) => functionOf(TTL).invalidate(key),
    close: async () => close(),
  };
}

export const CONTENDERS: readonly ValueContender[] = [
  tidemark,
  bentocache,
  epicWebCachified,
  cacheable,
  cacheManager,
  asyncCacheDedupe,
  ocache,
];
