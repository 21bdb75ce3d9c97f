import { afterAll, beforeAll, describe, test } from "vitest";
import {
  compressed,
  createCache,
  gzipCodec,
  memoryStore,
  redisLedger,
  redisStore,
  type CacheOptions,
  type WideStore,
} from "../../src/index.ts";
import { redisPlace, type RedisPlace } from "../support/redis-places.ts";
import { expectMap, type OpenCache } from "../support/values-model.ts";

type Tiers = (store: WideStore, clock: () => number) => NonNullable<CacheOptions["tiers"]>;

const rows: readonly (readonly [name: string, tiers: Tiers])[] = [
  ["alone", (store) => [store]],
  ["behind a memory", (store, clock) => [memoryStore({ clock }), store]],
  [
    "behind a memory that forgets at once",
    (store, clock) => [{ store: memoryStore({ clock }), ttl: 0.001 }, store],
  ],
  ["compressed", (store) => [compressed(store, { codec: gzipCodec(), minBytes: 1 })]],
];

describe.each([
  "Redis of ioredis",
  "Redis of ioredis, with pipelines and a key prefix of its own",
  "createClient of redis",
])("by %s, any calls in any order answer as a Map with a clock would", (kind) => {
  let place: RedisPlace;
  let opened = 0;
  beforeAll(async () => {
    place = await redisPlace(kind);
  });
  afterAll(() => place.close());

  test.each(rows)("%s", async (_, tiers) => {
    await expectMap(
      async (): Promise<OpenCache> => {
        // As after a restart: what was kept before is nobody's any more, and passing time need not pass it by.
        for (const admin of place.admins) await admin.flushall();
        const start = Date.now();
        let passed = 0;
        const clock = (): number => start + passed;
        const { client } = place;
        const name = `m${(opened += 1)}`;
        const cache = createCache({
          tiers: tiers(redisStore({ client, prefix: name, clock, timeout: "30s" }), clock),
          ledger: redisLedger({ client, prefix: name, timeout: "30s" }),
          clock,
          errorTtl: 0,
          storeTimeout: "30s",
        });
        return {
          cache,
          async pass(seconds) {
            await cache.close(); // What is written behind is written before.
            passed += seconds * 1_000;
            for (const admin of place.admins) {
              for (const key of await admin.keys(`*${name}:*`)) {
                const left = await admin.pttl(key);
                // The ledger is to live on.
                if (left < 0 || key.includes("{")) continue;
                await (left > seconds * 1_000
                  ? admin.pexpire(key, left - seconds * 1_000)
                  : admin.unlink(key));
              }
            }
          },
          close: () => cache.close(),
        };
      },
      { numRuns: 40 },
    );
  });
});
