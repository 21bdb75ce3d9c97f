import { describe, expect, test } from "vitest";
import { tieredStore } from "../../../src/stores/tiered.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { outside, processes, START, turn } from "./setup.ts";
import { createCache } from "../../../src/values/cache.ts";
import type { Ledger } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import type { Cache } from "../../../src/values/cache-types.ts";

const KEYS = ["a", "b", "c"];

/** One process writes, so that the other has to look outside. */
async function written(count = 2) {
  const all = processes({}, count);
  for (const key of KEYS) await all.one.set(key, key.toUpperCase());
  all.shared.calls.length = 0;
  return all;
}

describe("reads of the stores outside", () => {
  test("of one tick are one question, each answered with its own value", async () => {
    const { other, shared } = await written();
    expect(await Promise.all([...KEYS, "none"].map((key) => other.get(key)))).toEqual([
      "A",
      "B",
      "C",
      undefined,
    ]);
    expect(shared.calls).toEqual(["getMany 4"]);
  });

  test("do not wait for the ledger where there is one store, and heed what it then says", async () => {
    const clock = (): number => START;
    const shared = outside(clock);
    const told = memoryLedger({ clock });
    const writer = createCache({ tiers: [shared.store], ledger: told, clock });
    await writer.setMany([
      ["kept", 1],
      ["purged", 2],
    ]);
    await writer.purge({ keys: ["purged"] });
    for (const [ask, otherwise] of [
      [(cache: Cache, key: string) => cache.get(key), undefined],
      [(cache: Cache, key: string) => cache.getOrSet(key, () => "made"), "made"],
    ] as const) {
      for (const tiers of [[shared.store], [memoryStore({ clock }), shared.store]]) {
        const gate = Promise.withResolvers<void>();
        const ledger: Ledger = {
          ...told,
          since: async (known) => gate.promise.then(() => told.since(known)),
        };
        const cache = createCache({ tiers, ledger, clock });
        shared.calls.length = 0;
        const answers = Promise.all([ask(cache, "kept"), ask(cache, "purged")]);
        await turn();
        expect(shared.calls).toEqual(["getMany 2"]);
        gate.resolve();
        expect(await answers).toEqual([1, otherwise]);
        await cache.close();
        await writer.set("purged", 2);
        await writer.purge({ keys: ["purged"] });
      }
    }
  });

  test("that fail are one report, and a miss for each", async () => {
    const { other, shared, events } = await written();
    shared.line.is = "refused";
    expect(await Promise.all(KEYS.map((key) => other.get(key)))).toEqual([undefined, undefined, undefined]);
    expect(events.map(({ type }) => type)).toEqual(["store-error"]);
  });

  test("of a store that answers for one key at a time are asked for one by one", async () => {
    const clock = (): number => START;
    const { store, calls } = outside(clock);
    const { getMany: _, ...single } = store;
    const cache = createCache({ tiers: [single], ledger: memoryLedger({ clock }), clock });
    for (const key of KEYS) await cache.set(key, key.toUpperCase());
    calls.length = 0;
    expect(await Promise.all(KEYS.map((key) => cache.get(key)))).toEqual(["A", "B", "C"]);
    expect(calls).toHaveLength(3);
  });

  test("go to a farther store for what a purge covers in a nearer one, also for the same key twice", async () => {
    const clock = (): number => START;
    const [warm, cold] = [outside(clock), outside(clock)];
    const ledger = memoryLedger({ clock });
    const cache = createCache({ tiers: [warm.store, cold.store], ledger, clock });
    for (const key of KEYS) await cache.set(key, "old", { tags: ["t"] });
    await cache.purge({ tags: ["t"] });
    const late = createCache({ tiers: [cold.store], ledger, clock });
    for (const key of KEYS) await late.set(key, "new");
    expect(await Promise.all([...KEYS, "a"].map((key) => cache.get(key)))).toEqual([
      "new",
      "new",
      "new",
      "new",
    ]);
  });
});

test("a body in memory keeps no larger buffer there, and is the very one where it has a buffer of its own", async () => {
  const memory = memoryStore();
  const [large, own] = [new Uint8Array(1_000), Uint8Array.of(1, 2, 3)];
  const entry = { mark: { epoch: "e", position: 0, labels: [] }, expiresAt: Infinity, facts: {} };
  await memory.set("window", { ...entry, body: large.subarray(10, 13) }, 60);
  await tieredStore([{ name: "hot", store: memory }]).set("own", { ...entry, body: own }, 60);
  expect(memory.peek("window")?.body?.buffer.byteLength).toBe(3);
  expect(memory.peek("own")?.body).toBe(own);
});
