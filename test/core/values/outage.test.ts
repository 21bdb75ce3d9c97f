import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { START, processes } from "./setup.ts";

/** Timers move when a test says so; the clock of the caches is the test's own. */
beforeEach(() => void vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** What became of a promise after so many milliseconds. */
async function after<T>(milliseconds: number, work: Promise<T>): Promise<T | "pending"> {
  const outcome = Promise.race([
    work,
    new Promise<"pending">((resolve) => setTimeout(resolve, milliseconds, "pending")),
  ]);
  await vi.advanceTimersByTimeAsync(milliseconds);
  return outcome;
}

describe("a store that does not work never keeps a read from being answered", () => {
  const faults = ["refused", "silent"] as const;

  test.each(faults)("%s: get is a miss, getOrSet asks the producer, within storeTimeout", async (fault) => {
    const { one, shared } = processes({ storeTimeout: "250ms" });
    shared.line.is = fault;
    expect(await after(251, one.get("k"))).toBeUndefined();
    expect(
      await after(
        251,
        one.getOrSet("k", () => "made"),
      ),
    ).toBe("made");
    expect(await after(1, one.get("k"))).toBe("made"); // Memory has it.
    expect(await after(251, one.getMany(["a", "b"]))).toEqual(new Map());
    expect(
      await after(
        251,
        one.getOrSetMany(["a", "b"], (keys) => keys.map((key) => `${key}!`)),
      ),
    ).toEqual(["a!", "b!"]);
    expect(await after(251, one.has("z"))).toBe(false);
  });

  test.each(faults)("%s: set, delete and purge resolve too; memory and ledger hold them", async (fault) => {
    const { one, shared, events } = processes({ storeTimeout: "250ms" });
    await one.get("k");
    shared.line.is = fault;
    await after(251, one.set("k", "v"));
    expect(one.peek("k")).toBe("v");
    expect(await after(251, one.delete("k"))).toBe(true);
    expect(one.peek("k")).toBeUndefined();
    expect(
      events
        .filter(({ type }) => type === "store-error")
        .map((event) => "operation" in event && event.operation),
    ).toEqual(["set", "delete"]);
  });

  test("after five failures in a row nobody waits for it, until one call finds it back", async () => {
    const { one, shared, pass } = processes({ storeTimeout: "250ms" });
    shared.line.is = "silent";
    for (let call = 0; call < 5; call += 1) await after(251, one.get(`k${call}`));
    const asked = shared.calls.length;
    expect(await after(0, one.get("at once"))).toBeUndefined();
    expect(shared.calls.length).toBe(asked);
    shared.line.is = "up";
    pass(0.25);
    await after(1, one.set("k", "v"));
    expect(shared.calls.length).toBe(asked + 1);
    const { other } = { other: one.namespace("n") };
    await after(1, other.set("k", 1));
    expect(shared.calls.length).toBe(asked + 2);
  });

  test("increment and add say that they could not", async () => {
    const { one, shared } = processes();
    shared.line.is = "refused";
    await expect(one.increment("n")).rejects.toThrow("connection refused");
    await expect(one.add("n", 1)).rejects.toThrow("connection refused");
  });
});

describe("a ledger out of reach", () => {
  test("from the start: values are made for who asks, shared by who asks at once, and not kept", async () => {
    const { one, ledgerLine, events } = processes();
    ledgerLine.is = "down";
    let calls = 0;
    const make = (): number => (calls += 1);
    expect(await Promise.all([one.getOrSet("k", make), one.getOrSet("k", make)])).toEqual([1, 1]);
    expect(await one.getOrSet("k", make)).toBe(2);
    await one.set("s", 1);
    expect(await one.get("s")).toBeUndefined();
    expect(events).toContainEqual({ type: "value-dropped", key: "s", reason: "blind" });
  });

  test("later: reads go on for a minute, and then nothing is trusted until it is back", async () => {
    const { one, ledgerLine, pass } = processes({ ttl: "1h" });
    await one.set("k", "v");
    ledgerLine.is = "down";
    pass(30);
    expect(await one.get("k")).toBe("v");
    pass(40);
    expect(await one.get("k")).toBeUndefined();
    ledgerLine.is = "up";
    pass(10);
    expect(await one.get("k")).toBe("v");
  });
});
