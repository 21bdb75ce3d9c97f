import { describe, expect, test } from "vitest";
import { tieredStore } from "../../../src/stores/tiered.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { outside, processes, START } from "./setup.ts";
import { createCache } from "../../../src/values/cache.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";

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
