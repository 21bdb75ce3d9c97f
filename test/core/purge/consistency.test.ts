import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { standing } from "../../../src/purge/check.ts";
import type { Consistency } from "../../../src/purge/consistency.ts";
import type { Ledger, LedgerDelta, LedgerPoint, PurgeOrder, Snapshot } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { ledgerView, type LedgerViewOptions } from "../../../src/purge/view.ts";

/** Timers and the clock move together, and only when a test says so. */
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);
const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });

/** A ledger whose questions take 50 ms there and 50 ms back, unless it is down or silent. */
function setUp(options: Partial<LedgerViewOptions> = {}) {
  const ledger = memoryLedger({ epoch: "e" });
  const line = {
    is: "up" as "up" | "down" | "silent",
    asked: [] as (LedgerPoint | undefined)[],
    air: 0,
    most: 0,
  };
  const events: string[] = [];
  const wait = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 50));
  const far: Ledger = {
    ...ledger,
    async since(known): Promise<LedgerDelta> {
      line.asked.push(known);
      if (line.is === "down") throw new Error("refused");
      if (line.is === "silent") return new Promise(() => undefined);
      line.most = Math.max(line.most, (line.air += 1));
      await wait();
      const answer = await ledger.since(known);
      await wait();
      line.air -= 1;
      return answer;
    },
  };
  const view = ledgerView({ ledger: far, onEvent: ({ type }) => events.push(type), ...options });
  return { ledger, line, events, view };
}

/** What a read gives: a position, that nothing may be served, or that it has to wait. */
function outcome(read: ReturnType<ReturnType<typeof ledgerView>["read"]>): number | "nothing" | "waits" {
  if (read instanceof Promise) return "waits";
  return read?.position ?? "nothing";
}

describe("a read with a snapshot of position 0, after a purge, with a bound of 2 s and a maxBlind of 60 s", () => {
  const rows: [
    level: Consistency,
    age: number,
    line: "up" | "down",
    gives: ReturnType<typeof outcome>,
    asks: number,
  ][] = [
    ["ttl", 0, "up", 0, 0],
    ["ttl", 1_500, "up", 0, 0],
    ["ttl", 86_400_000, "up", 0, 0],
    ["ttl", 86_400_000, "down", 0, 0],
    ["kv", 0, "up", 0, 0],
    ["kv", 1_500, "up", 0, 1],
    ["kv", 59_999, "up", 0, 1],
    ["kv", 60_000, "up", "nothing", 1],
    ["kv", 59_999, "down", 0, 1],
    ["kv", 60_000, "down", "nothing", 1],
    ["bounded", 0, "up", 0, 0],
    ["bounded", 999, "up", 0, 0],
    ["bounded", 1_500, "up", 0, 1],
    ["bounded", 2_000, "up", "waits", 1],
    ["linearizable", 0, "up", "waits", 1],
    ["linearizable", 1_500, "up", "waits", 1],
  ];
  test.each(rows)(
    "%s, %i ms old, the ledger %s: %s, after %i questions",
    async (consistency, age, is, gives, asks) => {
      for (const given of ["the view's", "the read's"]) {
        const { view, ledger, line } = setUp(given === "the view's" ? { consistency } : {});
        void view.read({ consistency: "bounded" });
        await pass(100);
        await ledger.purge(hard("tag:1"));
        vi.setSystemTime(Date.now() - 100 + age);
        line.is = is;
        const before = line.asked.length;
        const read = view.read(given === "the view's" ? {} : { consistency });
        expect([given, outcome(read)]).toEqual([given, gives]);
        await pass(100);
        expect([given, line.asked.length - before]).toEqual([given, asks]);
        if (gives === "waits") expect(await read).toMatchObject({ position: 1 });
      }
    },
  );

  const tokens: [level: Consistency, gives: ReturnType<typeof outcome>][] = [
    ["ttl", 0],
    ["kv", "waits"],
    ["bounded", "waits"],
    ["linearizable", "waits"],
  ];
  test.each(tokens)("%s, by who holds the purge's token: %s", async (consistency, gives) => {
    const { view, ledger } = setUp({ consistency });
    void view.read({ consistency: "bounded" });
    await pass(100);
    const atLeast = await ledger.purge(hard("tag:1"));
    const read = view.read({ atLeast });
    expect(outcome(read)).toBe(gives);
    await pass(100);
    if (gives === "waits") expect(await read).toMatchObject({ position: 1 });
  });
});

describe("a read without any snapshot", () => {
  const rows: [level: Consistency, gives: ReturnType<typeof outcome>][] = [
    ["ttl", "nothing"],
    ["kv", "nothing"],
    ["bounded", "waits"],
    ["linearizable", "waits"],
  ];
  test.each(rows)("%s: %s, and one question brings the first", async (consistency, gives) => {
    const { view, line, events } = setUp({ consistency });
    const waitUntil = vi.fn();
    expect(outcome(view.read({ waitUntil }))).toBe(gives);
    await pass(100);
    expect(waitUntil).toHaveBeenCalledTimes(1);
    expect(line.asked).toHaveLength(1);
    expect(events).toEqual([]);
    if (gives === "nothing") expect(outcome(view.read())).toBe(0);
  });

  test.each(["ttl", "kv"] as const)(
    "%s: a ledger that is down is asked ever more rarely",
    async (consistency) => {
      const { view, line } = setUp({ consistency });
      line.is = "down";
      for (let tick = 0; tick < 400; tick += 1) {
        expect(view.read()).toBeUndefined();
        await pass(10);
      }
      expect(line.asked).toHaveLength(5);
    },
  );
});

describe("linearizable reads", () => {
  test("of one moment share one question", async () => {
    const { view, line } = setUp({ consistency: "linearizable" });
    const reads = Array.from({ length: 100 }, () => view.read());
    await pass(100);
    expect(line.asked).toHaveLength(1);
    for (const read of reads) expect(await read).toMatchObject({ position: 0 });
  });

  test("share no question that was sent before they began", async () => {
    const { view, line, ledger } = setUp({ consistency: "linearizable" });
    const early = view.read();
    await pass(60);
    await ledger.purge(hard("tag:1"));
    const late = view.read();
    await pass(100);
    expect(await early).toMatchObject({ position: 0 });
    expect(await late).toMatchObject({ position: 1 });
    expect(line.asked).toHaveLength(2);
  });

  test("keep no more than four questions in the air, and none waits for more than two round trips", async () => {
    const { view, line } = setUp({ consistency: "linearizable" });
    const waited: number[] = [];
    for (let tick = 0; tick < 300; tick += 1) {
      const began = Date.now();
      void Promise.resolve(view.read()).then(() => waited.push(Date.now() - began));
      await pass(1);
    }
    await pass(300);
    expect(waited).toHaveLength(300);
    expect(Math.max(...waited)).toBeLessThanOrEqual(200);
    expect(line.most).toBe(4);
    expect(line.asked.length).toBeLessThanOrEqual(16);
  });

  test("are nothing while the ledger is out of reach: at once, but for one that asks in each back-off", async () => {
    const { view, line } = setUp({ consistency: "linearizable" });
    void view.read();
    await pass(100);
    line.is = "silent";
    const first = view.read();
    await pass(1_000);
    expect(await first).toBeUndefined();
    expect(view.read()).toBeUndefined();
    await pass(250);
    const prober = view.read();
    expect(prober).toBeInstanceOf(Promise);
    await pass(0);
    expect(view.read()).toBeUndefined();
    line.is = "up";
    await pass(2_000);
    const again = view.read();
    await pass(100);
    expect(await again).toMatchObject({ position: 0 });
  });

  test("ask again when the question that they shared has died with its request", async () => {
    const { view, line } = setUp({ consistency: "linearizable" });
    line.is = "silent";
    const reads = [view.read(), view.read()];
    await pass(10);
    line.is = "up";
    await pass(600);
    expect(await reads[1]).toMatchObject({ position: 0 });
    expect(line.asked).toHaveLength(2);
  });
});

describe("while the ledger is out of reach, what fails closed", () => {
  const mark = (...labels: string[]) => ({ epoch: "e", position: 0, labels });
  const stands = (snapshot: Snapshot | undefined, label: string) =>
    snapshot && standing(mark(label), snapshot);

  test.each(["ttl", "kv", "bounded"] as const)(
    "is gone once the bound has passed, by %s reads; the rest stays",
    async (consistency) => {
      const { view, line } = setUp({ consistency, failClosed: ["tag:price"] });
      void view.read({ consistency: "bounded" });
      await pass(100);
      line.is = "down";
      await pass(1_899);
      expect([stands(await view.read(), "tag:price"), stands(await view.read(), "tag:1")]).toEqual([
        "current",
        "current",
      ]);
      await pass(1);
      expect([stands(await view.read(), "tag:price"), stands(await view.read(), "tag:1")]).toEqual([
        "gone",
        "current",
      ]);
      line.is = "up";
      await pass(500);
      void view.read({ consistency: "bounded" });
      await pass(100);
      expect(stands(await view.read(), "tag:price")).toBe("current");
    },
  );

  test("may be everything", async () => {
    const { view, line } = setUp({ failClosed: ["all"] });
    void view.read();
    await pass(100);
    line.is = "down";
    await pass(2_000);
    expect(stands(await view.read(), "tag:1")).toBe("gone");
  });

  test("is served by a read that has just asked, however long the answer took", async () => {
    const { view } = setUp({ bound: 0, failClosed: ["tag:price"] });
    const read = view.read();
    await pass(100);
    expect(stands(await read, "tag:price")).toBe("current");
  });

  test("one snapshot is closed once, and what it learns of counts", async () => {
    const { view, line } = setUp({ failClosed: ["tag:price"] });
    void view.read();
    await pass(100);
    line.is = "down";
    await pass(2_000);
    const closed = await view.read();
    expect(await view.read()).toBe(closed);
    view.apply({ epoch: "e", position: 1, floor: 0, since: 0, changes: [["tag:1", 1, 0]] });
    expect(stands(await view.read(), "tag:1")).toBe("gone");
    expect(stands(await view.read(), "tag:price")).toBe("gone");
  });
});

describe("a snapshot to begin with", () => {
  const known = (asOf: number): Snapshot => ({
    ...{ epoch: "e", position: 1, floor: 0, asOf },
    selectors: new Map([["tag:1", { hard: 1, soft: 0 }]]),
  });
  const ready = async (options: Partial<LedgerViewOptions>) => {
    const it = setUp(options);
    await it.ledger.purge(hard("tag:1"));
    return it;
  };

  test("that is young answers at once, without a question", async () => {
    const { view, line } = await ready({ initial: known(999_500) });
    expect(outcome(view.read())).toBe(1);
    expect(line.asked).toEqual([]);
  });

  test("that is older than the bound is where the first question goes on from", async () => {
    const { view, line, ledger } = await ready({ initial: known(1_000) });
    await ledger.purge(hard("tag:2"));
    const read = view.read();
    await pass(100);
    expect(await read).toMatchObject({
      position: 2,
      selectors: new Map([
        ["tag:1", { hard: 1, soft: 0 }],
        ["tag:2", { hard: 2, soft: 0 }],
      ]),
    });
    expect(line.asked).toEqual([{ epoch: "e", position: 1 }]);
  });

  test("helps over an outage, for maxBlind from when it was asked for", async () => {
    const { view, line } = await ready({ initial: known(950_000) });
    line.is = "down";
    expect(await view.read()).toMatchObject({ position: 1 });
    await pass(10_000);
    expect(await view.read()).toBeUndefined();
  });

  test("of a ledger that is no more is dropped", async () => {
    const { view } = await ready({ initial: { ...known(1_000), epoch: "old" } });
    const read = view.read();
    await pass(200);
    expect(await read).toMatchObject({ epoch: "e", position: 1 });
  });

  test("may be promised: nothing is asked before it is there", async () => {
    let remember: (snapshot: Snapshot) => void = () => undefined;
    const { view, line } = await ready({ initial: new Promise((resolve) => (remember = resolve)) });
    const read = view.read();
    await pass(300);
    expect(line.asked).toEqual([]);
    remember(known(1_000));
    await pass(100);
    expect(await read).toMatchObject({ position: 1 });
    expect(line.asked).toEqual([{ epoch: "e", position: 1 }]);
  });

  const poor: [what: string, initial: () => Promise<Snapshot | undefined>][] = [
    ["nothing", async () => undefined],
    ["a failure", async () => Promise.reject(new Error("no disk"))],
    ["silence", () => new Promise(() => undefined)],
  ];
  test.each(poor)("that turns out as %s costs no more than the time limit", async (_, initial) => {
    const { view, line } = await ready({ initial: initial() });
    const first = view.read();
    await pass(1_100);
    await first;
    const second = view.read();
    await pass(100);
    expect(await second).toMatchObject({ position: 1 });
    expect(line.asked[0]).toBeUndefined();
  });
});

test.each([
  [{}, 2],
  [{ consistency: "bounded", bound: "5s" }, 5],
  [{ consistency: "kv" }, 60],
  [{ consistency: "linearizable" }, 0],
  [{ consistency: "ttl" }, Number.POSITIVE_INFINITY],
] as const)("a view of %o tells when a purge is effective: after %d s", (options, bound) => {
  expect(setUp(options).view.bound).toBe(bound);
});

describe("over a ledger that lags", () => {
  const lagging: Ledger = { ...memoryLedger(), lag: 60 };

  test("a purge is effective after the bound and the lag", () => {
    expect(ledgerView({ ledger: lagging }).bound).toBe(62);
    expect(ledgerView({ ledger: lagging, consistency: "kv" }).bound).toBe(120);
  });

  test("nothing is linearizable", async () => {
    expect(() => ledgerView({ ledger: lagging, consistency: "linearizable" })).toThrow(RangeError);
    expect(await ledgerView({ ledger: lagging }).read({ consistency: "linearizable" })).toBeUndefined();
  });
});
