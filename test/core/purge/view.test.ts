import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CacheEvent } from "../../../src/events.ts";
import type { Ledger, LedgerDelta, PurgeOrder } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { deltaOf } from "../../../src/purge/state.ts";
import { ledgerView, type LedgerViewOptions } from "../../../src/purge/view.ts";

/** Timers and the clock move together, and only when a test says so. */
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });

/** A ledger over a line that a test can cut, and that counts the questions. */
function setUp(options: Partial<LedgerViewOptions> = {}) {
  const ledger = memoryLedger({ epoch: "e" });
  const line = { is: "up" as "up" | "down" | "silent" | "slow", asked: 0 };
  const events: CacheEvent[] = [];
  const far: Ledger = {
    ...ledger,
    async since(known): Promise<LedgerDelta> {
      line.asked += 1;
      if (line.is === "down") throw new Error("refused");
      if (line.is === "silent") return new Promise(() => undefined);
      const answer = await ledger.since(known);
      if (line.is === "slow") await new Promise((resolve) => setTimeout(resolve, 300));
      return answer;
    },
  };
  const view = ledgerView({ ledger: far, onEvent: (event) => events.push(event), ...options });
  return { ledger, line, events, view };
}

describe("a view with a bound of 2 s", () => {
  test("asks once, then answers without a promise until the bound", async () => {
    const { view, line } = setUp();
    const first = await view.read();
    expect(first).toMatchObject({ epoch: "e", position: 0, asOf: 1_000_000 });
    await pass(999);
    expect(view.read()).toBe(first);
    expect(line.asked).toBe(1);
  });

  test("from half the bound on, starts one refresh in the background, and hands it to waitUntil", async () => {
    const { view, line, ledger } = setUp();
    const first = await view.read();
    await ledger.purge(hard("tag:1"));
    await pass(1_000);
    const waitUntil = vi.fn();
    expect(view.read({ waitUntil })).toBe(first);
    expect(view.read({ waitUntil })).toBe(first);
    expect(waitUntil).toHaveBeenCalledTimes(1);
    await pass(0);
    expect(line.asked).toBe(2);
    expect(view.read()).toMatchObject({ position: 1, asOf: 1_001_000 });
  });

  test("past the bound, waits for a refresh that readers share", async () => {
    const { view, line, ledger } = setUp();
    await view.read();
    await ledger.purge(hard("tag:1"));
    await pass(2_000);
    const reads = [view.read(), view.read(), view.read()];
    expect(reads[0]).toBeInstanceOf(Promise);
    for (const read of reads) expect(await read).toMatchObject({ position: 1 });
    expect(line.asked).toBe(2);
  });

  test("counts the snapshot's age from when the question was sent, not from when the answer came", async () => {
    const { view, line, ledger } = setUp();
    line.is = "slow";
    const read = view.read();
    await pass(100);
    await ledger.purge(hard("tag:1"));
    await pass(200);
    expect(await read).toMatchObject({ position: 0, asOf: 1_000_000 });
    await pass(1_700);
    expect(view.read()).toBeInstanceOf(Promise);
  });

  test("a clock that was set back does not keep an old snapshot young", async () => {
    const { view, line } = setUp();
    await view.read();
    vi.setSystemTime(1_000_000 - 3_600_000);
    expect(await view.read()).toMatchObject({ asOf: 1_000_000 - 3_600_000 });
    expect(line.asked).toBe(2);
    expect(view.read()).not.toBeInstanceOf(Promise);
  });
});

test("a view with a bound of 0 asks for each read, and shares no question asked before the read", async () => {
  const { view, line, ledger } = setUp({ bound: 0 });
  line.is = "slow";
  const early = view.read();
  await pass(100);
  await ledger.purge(hard("tag:1"));
  const late = view.read();
  await pass(300);
  expect(await early).toMatchObject({ position: 0 });
  expect(await late).toMatchObject({ position: 1 });
  expect(line.asked).toBe(2);
});

test("a view with a maxBlind of 0 uses what it has just asked for, and nothing else", async () => {
  const { view, line } = setUp({ bound: 0, maxBlind: 0 });
  line.is = "slow";
  const read = view.read();
  await pass(300);
  expect(await read).toMatchObject({ position: 0 });
  line.is = "down";
  expect(await view.read()).toBeUndefined();
});

describe("a read that brings a token", () => {
  test("sees its own purge at once", async () => {
    const { view, ledger } = setUp();
    await view.read();
    const token = await ledger.purge(hard("tag:1"));
    expect(view.read()).toMatchObject({ position: 0 });
    expect(await view.read({ atLeast: token })).toMatchObject({ position: 1 });
    expect(view.read({ atLeast: token })).not.toBeInstanceOf(Promise);
  });

  test("of a newer epoch finds the ledger that was born since", async () => {
    const old = memoryLedger({ epoch: "old" });
    const reborn = memoryLedger({ epoch: "new" });
    let current = old;
    const view = ledgerView({ ledger: { ...old, since: (known) => current.since(known) } });
    await view.read();
    current = reborn;
    expect(await view.read({ atLeast: await reborn.purge(hard("tag:1")) })).toMatchObject({
      epoch: "new",
      position: 1,
    });
  });

  test("forces at most one question in 100 ms, and still sees its own purge when it has waited", async () => {
    const { view, line, ledger } = setUp();
    await view.read();
    await view.read({ atLeast: { epoch: "e", position: 999 } });
    expect(line.asked).toBe(2);
    const token = await ledger.purge(hard("tag:1"));
    const madeUp = Array.from({ length: 500 }, (_, index) =>
      view.read({ atLeast: { epoch: `e${index}`, position: 1 } }),
    );
    const honest = view.read({ atLeast: token });
    await pass(99);
    expect(line.asked).toBe(2);
    await pass(1);
    expect(await honest).toMatchObject({ position: 1 });
    for (const read of madeUp) expect(await read).toMatchObject({ epoch: "e", position: 1 });
    expect(line.asked).toBe(3);
  });
});

describe("a ledger out of reach", () => {
  test.each(["down", "silent"] as const)(
    "(%s) never lets who holds a purge's token read from before it; others go on",
    async (state) => {
      const { view, line, ledger } = setUp();
      await view.read();
      const token = await ledger.purge(hard("tag:1"));
      line.is = state;
      const read = view.read({ atLeast: token });
      await pass(3_000);
      expect(await read).toBeUndefined();
      const other = view.read();
      await pass(3_000);
      expect(await other).toMatchObject({ position: 0 });
    },
  );

  test("that is resting, or being probed, is not asked for a token's sake: its holder is blind at once", async () => {
    const { view, line, ledger } = setUp();
    await view.read();
    const token = await ledger.purge(hard("tag:1"));
    line.is = "down";
    expect(await view.read({ atLeast: token })).toBeUndefined();
    expect(view.read({ atLeast: token })).toBeUndefined();
    await pass(2_000);
    line.is = "silent";
    void view.read();
    expect(view.read({ atLeast: token })).toBeUndefined();
    expect(view.read()).toMatchObject({ position: 0 });
    expect(line.asked).toBe(3);
  });

  test("is believed once it answers again: what it does not confirm was made up", async () => {
    const { view, line } = setUp();
    await view.read();
    const madeUp = { epoch: "e", position: 999 };
    line.is = "down";
    expect(await view.read({ atLeast: madeUp })).toBeUndefined();
    line.is = "up";
    await pass(250);
    expect(await view.read({ atLeast: madeUp })).toMatchObject({ position: 0 });
  });

  test("does not make a token of another ledger hide anything", async () => {
    const { view, line } = setUp();
    await view.read();
    line.is = "down";
    const read = view.read({ atLeast: { epoch: "other", position: 9 } });
    await pass(3_000);
    expect(await read).toMatchObject({ position: 0 });
  });

  test("that refuses: reads go on with the last snapshot until maxBlind, then nothing may be served", async () => {
    const { view, line, events } = setUp({ maxBlind: "10s" });
    const last = await view.read();
    line.is = "down";
    await pass(2_000);
    expect(await view.read()).toBe(last);
    expect(events).toEqual([{ type: "ledger-error", error: new Error("refused") }]);
    await pass(8_000);
    expect(await view.read()).toBeUndefined();
    expect(await view.read()).toBeUndefined();
    expect(events.filter(({ type }) => type === "ledger-blind")).toEqual([
      { type: "ledger-blind", blindFor: 10 },
    ]);
  });

  test("that was never reached: nothing may be served", async () => {
    const { view, line, events } = setUp();
    line.is = "down";
    expect(await view.read()).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(["ledger-error", "ledger-blind"]);
  });

  test("that is silent: one read pays for a time-out, the others answer at once", async () => {
    const { view, line } = setUp();
    const last = await view.read();
    line.is = "silent";
    await pass(2_000);
    const first = view.read();
    await pass(1_000);
    expect(await first).toBe(last);
    expect(view.read()).toBe(last);
    await pass(250);
    const prober = view.read();
    expect(prober).toBeInstanceOf(Promise);
    expect(view.read()).toBe(last);
    await pass(1_000);
    expect(await prober).toBe(last);
    expect(line.asked).toBe(3);
  });

  test("is asked ever more rarely, up to once in 2 s", async () => {
    const { view, line } = setUp({ bound: 0 });
    line.is = "down";
    const asked: number[] = [];
    for (let tick = 0; tick < 800; tick += 1) {
      const before = line.asked;
      await view.read();
      if (line.asked > before) asked.push(tick * 10);
      await pass(10);
    }
    expect(asked).toEqual([0, 250, 750, 1_750, 3_750, 5_750, 7_750]);
  });

  test("that answers again: the next read past the rest sees what it missed", async () => {
    const { view, line, ledger } = setUp();
    await view.read();
    line.is = "down";
    await pass(2_000);
    await view.read();
    await ledger.purge(hard("tag:1"));
    line.is = "up";
    await pass(250);
    expect(await view.read()).toMatchObject({ position: 1 });
  });

  test("that went back to an old copy of itself is not believed", async () => {
    const now = memoryLedger({ epoch: "e" });
    await now.purge(hard("tag:1"));
    let current = now;
    const events: CacheEvent[] = [];
    const view = ledgerView({
      ledger: { ...now, since: (known) => current.since(known) },
      maxBlind: "5s",
      onEvent: (event) => events.push(event),
    });
    await view.read();
    current = memoryLedger({ epoch: "e" });
    await pass(2_000);
    expect(await view.read()).toMatchObject({ position: 1 });
    expect(events).toMatchObject([{ type: "ledger-error" }]);
    await pass(3_000);
    expect(await view.read()).toBeUndefined();
  });

  test("a flight that died with its request delays its followers, who then ask on their own", async () => {
    const { view, line } = setUp();
    line.is = "silent";
    void view.read();
    await pass(100);
    line.is = "up";
    const follower = view.read();
    await pass(500);
    expect(await follower).toMatchObject({ position: 0 });
    expect(line.asked).toBe(2);
  });
});

describe("apply()", () => {
  test("whoever purged knows at once, without asking", async () => {
    const { view, line, ledger } = setUp();
    await view.read();
    const order = hard("tag:1");
    view.apply(deltaOf(order, await ledger.purge(order)));
    expect(view.read()).toMatchObject({ position: 1, selectors: new Map([["tag:1", { hard: 1, soft: 0 }]]) });
    expect(line.asked).toBe(1);
  });

  test("heeds a purge whose predecessors it does not know, and learns of those in time", async () => {
    const { view, ledger } = setUp();
    await view.read();
    await ledger.purge(hard("tag:2"));
    const order = hard("tag:1");
    view.apply(deltaOf(order, await ledger.purge(order)));
    expect(view.read()).toMatchObject({ position: 0, selectors: new Map([["tag:1", { hard: 2, soft: 0 }]]) });
    await pass(2_000);
    expect(await view.read()).toMatchObject({ position: 2 });
  });

  test("an answer that left before the purge does not undo it", async () => {
    const { view, line, ledger } = setUp();
    await view.read();
    await pass(1_000);
    line.is = "slow";
    void view.read();
    await pass(100);
    const order = hard("tag:1");
    view.apply(deltaOf(order, await ledger.purge(order)));
    await pass(200);
    expect(view.read()).toMatchObject({ position: 1, asOf: 1_001_000 });
  });

  test("a purge that came before the first answer did holds against it", async () => {
    const { view, line, ledger } = setUp();
    line.is = "slow";
    const first = view.read();
    await pass(100);
    const order = hard("tag:1");
    view.apply(deltaOf(order, await ledger.purge(order)));
    await pass(200);
    expect(await first).toMatchObject({ position: 1, selectors: new Map([["tag:1", { hard: 1, soft: 0 }]]) });
    expect(line.asked).toBe(1);
  });

  test("of another epoch makes the next read ask", async () => {
    const { view, line } = setUp();
    await view.read();
    view.apply({ epoch: "other", position: 1, floor: 0, since: 0, changes: [] });
    expect(await view.read()).toMatchObject({ epoch: "e" });
    expect(line.asked).toBe(2);
  });
});

test.each([
  [{ bound: "soon" }, TypeError],
  [{ bound: -1 }, RangeError],
  [{ bound: "2m" }, RangeError],
  [{ timeout: 0 }, RangeError],
])("ledgerView() refuses %o", (options, error) => {
  expect(() => setUp(options)).toThrow(error);
});
