import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Entry, Store } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { tieredStore } from "../../../src/stores/tiered.ts";
import { storeContract } from "../../support/store-contract.ts";
import { entry, failing, rowOf, START, type TierChanges } from "../../support/tiers.ts";

storeContract("tieredStore()", () => {
  let now = START;
  const clock = (): number => now;
  const store = tieredStore(
    [
      { name: "hot", store: memoryStore({ clock }), ttl: "5m", timeout: "1s" },
      { name: "cold", store: memoryStore({ clock }), timeout: "1s" },
    ],
    { clock },
  );
  return { store, now: clock, pass: (seconds) => void (now += seconds * 1_000) };
});

const row = (change: TierChanges = {}) => rowOf(tieredStore, change);
const hanging = (): Promise<never> => new Promise(() => undefined);

describe("tieredStore() reads from near to far", () => {
  test("the nearest tier that has it answers, and no farther one is asked", async () => {
    const it = row();
    await it.behind("warm").set("k", entry("warm"), 60);
    await it.behind("cold").set("k", entry("cold"), 60);
    expect(await it.tiered.find("k")).toEqual({ entry: entry("warm"), tier: "warm" });
    expect(it.calls).toEqual(["hot get", "warm get", "hot set 60"]);
  });

  test("where no tier has it, there is nothing", async () => {
    const it = row();
    expect(await it.tiered.find("k")).toBeUndefined();
    expect(it.calls).toEqual(["hot get", "warm get", "cold get"]);
  });

  test("what a far tier had is copied into the nearer ones, unchanged, for the time it has left", async () => {
    const it = row({ hot: { ttl: 5 } });
    await it.behind("cold").set("k", entry("x"), 60);
    it.pass(20);
    await it.tiered.get("k");
    expect(it.calls.slice(3)).toEqual(["hot set 5", "warm set 40"]);
    expect(await it.behind("warm").get("k")).toEqual(entry("x"));
    it.pass(5);
    expect((await it.tiered.find("k"))?.tier).toBe("warm");
    it.pass(35);
    expect(await it.tiered.find("k")).toBeUndefined();
  });

  test("accept() passes over an entry, so that a farther tier gives a better one, which takes its place", async () => {
    const it = row();
    await it.behind("hot").set("k", entry("old"), 60);
    await it.behind("warm").set("k", entry("old"), 60);
    await it.behind("cold").set("k", entry("new"), 60);
    const accept = ({ facts }: Entry): boolean => facts === "new";
    expect(await it.tiered.find("k", { accept })).toMatchObject({ tier: "cold" });
    expect(await it.tiered.find("k", { accept })).toMatchObject({ tier: "hot" });
    expect(await it.tiered.find("k", { accept: () => false })).toBeUndefined();
  });
});

describe("tieredStore() writes to all", () => {
  test("no tier keeps it longer than the tier may, the ttl says, or the entry has", async () => {
    const it = row({ hot: { ttl: "10s" }, cold: { ttl: "1h" } });
    await it.tiered.set("k", entry("x", 60), 90);
    await it.tiered.set("k", entry("x", 60), 30);
    expect(it.calls).toEqual([
      "hot set 10",
      "warm set 60",
      "cold set 60",
      "hot set 10",
      "warm set 30",
      "cold set 30",
    ]);
  });

  test("with a waitUntil it waits for the nearest tier alone, and hands over the rest", async () => {
    const slow = Promise.withResolvers<void>();
    const it = row({ cold: { broken: { set: () => slow.promise } } });
    const background: Promise<unknown>[] = [];
    await it.tiered.set("k", entry("x"), 60, { waitUntil: (work) => void background.push(work) });
    expect(await it.behind("hot").get("k")).toBeDefined();
    expect(background).toHaveLength(1);
    slow.resolve();
    await Promise.all(background);
  });

  test("with a waitUntil a copy into nearer tiers does not keep the reader waiting", async () => {
    const slow = Promise.withResolvers<void>();
    const it = row({ hot: { broken: { set: () => slow.promise } } });
    await it.behind("warm").set("k", entry("x"), 60);
    const background: Promise<unknown>[] = [];
    expect(await it.tiered.find("k", { waitUntil: (work) => void background.push(work) })).toMatchObject({
      tier: "warm",
    });
    expect(background).toHaveLength(1);
    slow.resolve();
    await Promise.all(background);
  });

  test("delete says how many keys the fullest tier had; clear clears all", async () => {
    const it = row();
    await it.tiered.set("a", entry("a"), 60);
    await it.behind("cold").set("b", entry("b"), 60);
    expect(await it.tiered.delete(["a", "b", "c"])).toBe(2);
    await it.tiered.set("a", entry("a"), 60);
    await it.tiered.clear?.();
    expect(await it.tiered.get("a")).toBeUndefined();
  });
});

describe("tieredStore() with a tier that fails counts it as empty", () => {
  const operations = [
    ["get", (store: ReturnType<typeof row>["tiered"]) => store.get("k")],
    ["set", (store: ReturnType<typeof row>["tiered"]) => store.set("k", entry("x"), 60)],
    ["delete", (store: ReturnType<typeof row>["tiered"]) => store.delete(["k"])],
    ["clear", (store: ReturnType<typeof row>["tiered"]) => store.clear?.()],
  ] as const;
  test.each(operations)("%s goes on, and the failure is reported", async (operation, call) => {
    const throwing = (): never => {
      throw new Error("no connection");
    };
    for (const broken of [{ [operation]: failing }, { [operation]: throwing }]) {
      const it = row({ hot: { broken } });
      await it.behind("warm").set("k", entry("warm"), 60);
      await call(it.tiered);
      expect(it.events[0]).toEqual({
        type: "store-error",
        store: "hot store",
        operation,
        error: new Error("no connection"),
      });
    }
  });

  test("a failing nearest tier does not hide what a farther one has", async () => {
    const it = row({ hot: { broken: { get: failing, set: failing } } });
    await it.behind("warm").set("k", entry("warm"), 60);
    expect(await it.tiered.find("k")).toMatchObject({ tier: "warm" });
    expect(it.events.map(({ type }) => type)).toEqual(["store-error", "store-error"]);
  });

  test("all tiers failing is a miss, a write that does nothing, and no rejection", async () => {
    const broken = { get: failing, set: failing, delete: failing, clear: failing };
    const it = row({ hot: { broken }, warm: { broken }, cold: { broken } });
    expect(await it.tiered.get("k")).toBeUndefined();
    expect(await it.tiered.set("k", entry("x"), 60)).toBeUndefined();
    expect(await it.tiered.delete(["k"])).toBe(0);
    expect(await it.tiered.clear?.()).toBeUndefined();
  });

  test("a listener that throws changes nothing", async () => {
    const broken: Store = { ...memoryStore(), get: failing };
    const onEvent = (): never => {
      throw new Error("the listener's own mistake");
    };
    expect(await tieredStore([{ name: "hot", store: broken }], { onEvent }).get("k")).toBeUndefined();
  });
});

describe("tieredStore() with a tier that hangs", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("waits for its time limit, then goes on to the next tier", async () => {
    const it = row({ hot: { timeout: "250ms", broken: { get: hanging } } });
    await it.behind("warm").set("k", entry("warm"), 60);
    let found: unknown;
    void it.tiered.find("k").then((result) => (found = result));
    await vi.advanceTimersByTimeAsync(249);
    expect(found).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(found).toMatchObject({ tier: "warm" });
    expect(it.events).toMatchObject([
      { type: "store-error", operation: "get", error: { name: "DeadlineError" } },
    ]);
  });

  test.each(["set", "delete", "clear"] as const)("%s ends at its time limit too", async (operation) => {
    const it = row({ cold: { timeout: 1, broken: { [operation]: hanging } } });
    const call = {
      set: () => it.tiered.set("k", entry("x"), 60),
      delete: () => it.tiered.delete(["k"]),
      clear: () => it.tiered.clear?.(),
    };
    let over = false;
    void call[operation]()?.then(() => (over = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toBe(true);
  });
});

describe("tieredStore() refuses tiers that make no sense", () => {
  test("with a sentence", () => {
    const store = memoryStore();
    expect(() => tieredStore([])).toThrow(
      new TypeError("Cannot combine stores: there must be at least one tier, got 0"),
    );
    expect(() =>
      tieredStore([
        { name: "hot", store },
        { name: "hot", store },
      ]),
    ).toThrow(new TypeError('Cannot combine stores: tiers must have different names, got "hot, hot"'));
    expect(() => tieredStore([{ name: "hot", store, timeout: "soon" }])).toThrow(/^Cannot read timeout: /);
    expect(() => tieredStore([{ name: "hot", store, ttl: -1 }])).toThrow(RangeError);
  });
});
