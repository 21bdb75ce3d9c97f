import { describe, expect, test } from "vitest";
import type { CacheEvent } from "../../../src/events.ts";
import type { Entry, Store } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { sharedTiers } from "../../../src/stores/shared-tiers.ts";
import type { Tier } from "../../../src/stores/tiered.ts";
import { storeContract } from "../../support/store-contract.ts";

const START = Date.parse("2026-11-01T12:00:00Z");

storeContract("sharedTiers()", () => {
  let now = START;
  const clock = (): number => now;
  const store = sharedTiers(
    [
      { name: "hot", store: memoryStore({ clock }), ttl: "5m", timeout: "1s" },
      { name: "cold", store: memoryStore({ clock }), timeout: "1s" },
    ],
    { clock },
  );
  return { store, now: clock, pass: (seconds) => void (now += seconds * 1_000) };
});

/** Three tiers over memory stores, whose calls are written down, and a clock. */
function row(change: Partial<Record<string, Partial<Tier> & { broken?: Partial<Store> }>> = {}) {
  let now = START;
  const clock = (): number => now;
  const calls: string[] = [];
  const events: CacheEvent[] = [];
  const stores = new Map<string, Store>();
  const tiers = ["hot", "warm", "cold"].map((name): Tier => {
    const { broken = {}, ...rest } = change[name] ?? {};
    const memory: Store = { ...memoryStore({ clock }), name: `${name} store` };
    stores.set(name, memory);
    const store: Store = {
      ...memory,
      async get(key) {
        calls.push(`${name} get`);
        return memory.get(key);
      },
      async set(key, entry, ttl) {
        calls.push(`${name} set ${ttl}`);
        return memory.set(key, entry, ttl);
      },
      ...broken,
    };
    return { name, store, ...rest };
  });
  return {
    tiered: sharedTiers(tiers, { clock, onEvent: (event) => events.push(event) }),
    calls,
    events,
    /** The tier's own store, behind whatever the row does to it. */
    behind: (name: string): Store => stores.get(name) ?? memoryStore(),
    pass: (seconds: number): void => void (now += seconds * 1_000),
  };
}

const entry = (text: string, ttl = 60): Entry => ({
  mark: { epoch: "e", position: 3, labels: ["tag:t"] },
  expiresAt: START + ttl * 1_000,
  facts: text,
  body: null,
});
const failing = async (): Promise<never> => {
  throw new Error("no connection");
};

describe("sharedTiers() asks its last tier for what has to be atomic", () => {
  const stamped = (text: string, stamp: string): Entry => ({ ...entry(text), stamp });

  test("the nearer tiers follow it: a write is copied, a refusal and a change take their copies away", async () => {
    const it = row();
    expect(await it.tiered.add?.("k", stamped("first", "1"), 60)).toBe(true);
    expect((await it.behind("hot").get("k"))?.facts).toBe("first");
    await it.behind("cold").set("k", stamped("another's", "2"), 60);
    expect(await it.tiered.replace?.("k", stamped("mine", "3"), 60, "1")).toBe(false);
    expect(await it.behind("hot").get("k")).toBeUndefined();
    expect(await it.tiered.replace?.("k", stamped("mine", "3"), 60, "2")).toBe(true);
    expect((await it.behind("warm").get("k"))?.facts).toBe("mine");
    await it.tiered.set("n", { ...entry("x"), facts: { count: 1 } }, 60);
    expect(await it.tiered.increment?.("n", 1)).toBe(2);
    expect(await it.behind("hot").get("n")).toBeUndefined();
  });

  test("they reject where it fails, and are not there where it cannot", async () => {
    const broken = { add: failing, replace: failing, increment: failing };
    const it = row({ cold: { broken } });
    await expect(it.tiered.add?.("k", entry("x"), 60)).rejects.toThrow("no connection");
    await expect(it.tiered.replace?.("k", entry("x"), 60, undefined)).rejects.toThrow("no connection");
    await expect(it.tiered.increment?.("k", 1)).rejects.toThrow("no connection");
    expect(it.events).toHaveLength(3);
    const { get, set, delete: remove, name } = memoryStore();
    const poor = sharedTiers([{ name: "only", store: { name, get, set, delete: remove } }]);
    expect([poor.add, poor.replace, poor.increment, poor.keys]).toEqual(Array(4).fill(undefined));
    expect(await poor.getMany?.(["a"])).toEqual([undefined]);
  });

  test("findMany asks a farther tier for what the nearer ones lack, and copies that into them", async () => {
    const it = row();
    await it.behind("hot").set("a", entry("hot"), 60);
    await it.behind("cold").set("b", entry("cold"), 60);
    const found = await it.tiered.findMany(["b", "missing", "a", "b"]);
    expect(found.map((one) => one && [one.tier, one.entry.facts])).toEqual([
      ["cold", "cold"],
      undefined,
      ["hot", "hot"],
      ["cold", "cold"],
    ]);
    expect((await it.behind("hot").get("b"))?.facts).toBe("cold");
  });
});
