import type { Redis } from "ioredis";
import {
  createCache,
  memoryStore,
  redisBus,
  redisLedger,
  redisStore,
  type CacheOptions,
} from "../../src/index.ts";
import { ioredis } from "./connection.ts";
import { TTL, type ValueCache, type ValueContender } from "./contender.ts";

export const tidemark: ValueContender = {
  name: "Tidemark",
  hasTiers: true,
  boundMs: 2_100,
  inMemory: async () => overTidemark({}),
  async onRedis(port) {
    const [client, subscriber] = [ioredis(port), ioredis(port)];
    return overTidemark(
      {
        tiers: [memoryStore(), redisStore({ client })],
        ledger: redisLedger({ client }),
        bus: redisBus({ publisher: client, subscriber }),
        lock: true,
      },
      [client, subscriber],
    );
  },
};

function overTidemark(options: CacheOptions, clients: readonly Redis[] = []): ValueCache {
  const cache = createCache(options);
  return {
    read: (key, producer, ttl = TTL) => cache.getOrSet(key, producer, { ttl }),
    drop: async (key) => void (await cache.delete(key)),
    async close() {
      await cache.close();
      for (const client of clients) client.disconnect();
    },
  };
}
