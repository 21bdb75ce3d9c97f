import memjs from "memjs";
import { afterAll, beforeAll, test } from "vitest";
import { createCache, memcachedStore, memoryLedger, memoryStore } from "../../src/index.ts";
import { memcached, type Memcached } from "../support/memcached.ts";
import { expectMap } from "../support/values-model.ts";

let server: Memcached;
let client: memjs.Client;
let opened = 0;

beforeAll(async () => {
  server = await memcached();
  client = memjs.Client.create(server.address, { logger: { log: () => undefined }, retries: 1 });
});
afterAll(async () => {
  client.close();
  await server.kill();
});

test.each([true, false])(
  "over Memcached, any calls in any order answer as a Map with a clock would (behind a memory: %s)",
  async (hasMemory) => {
    await expectMap(
      () => {
        const start = Date.now();
        let passed = 0;
        const clock = (): number => start + passed;
        const store = memcachedStore({ client, prefix: `v${(opened += 1)}`, clock, timeout: "30s" });
        const cache = createCache({
          tiers: hasMemory ? [{ store: memoryStore({ clock }), ttl: 10_000 }, store] : [store],
          ledger: memoryLedger({ clock }),
          clock,
          errorTtl: 0,
          storeTimeout: "30s",
        });
        return {
          cache,
          pass: (seconds) => void (passed += seconds * 1_000),
          close: () => cache.close(),
        };
      },
      { numRuns: 60, can: [] },
    );
  },
);
