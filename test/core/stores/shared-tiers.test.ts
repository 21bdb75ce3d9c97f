import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { sharedTiers } from "../../../src/stores/shared-tiers.ts";
import { storeContract } from "../../support/store-contract.ts";
import { entry, failing, rowOf, START, type TierChanges } from "../../support/tiers.ts";

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

const row = (change: TierChanges = {}) => rowOf(sharedTiers, change);

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
