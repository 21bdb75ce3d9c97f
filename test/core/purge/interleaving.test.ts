import { describe, expect, test } from "vitest";
import { standing } from "../../../src/purge/check.ts";
import type { Snapshot } from "../../../src/purge/ledger.ts";
import { applyDelta } from "../../../src/purge/snapshot.ts";
import { applyPurge, deltaSince, emptyLedger } from "../../../src/purge/state.ts";
import type { Mark } from "../../../src/store.ts";

/** Mistakes a cache could make around the ledger; each must be found. */
type Fault =
  | "none"
  | "mark after the origin read"
  | "copy marked anew"
  | "store time instead of mark"
  | "no ledger";

interface Stored {
  readonly body: number;
  readonly mark: Mark;
}

/**
 * Two readers, each with a snapshot and a hot tier of its own, over one store that they share and one ledger.
 * Every read after the acknowledgement refreshes first, as a reader with a bound of 0 does.
 */
function world(fault: Fault) {
  const ledger = emptyLedger("e");
  const origin = { body: 1 };
  const warm = new Map<string, Stored>();
  const acknowledged = { body: 1 };
  const seen: string[] = [];

  function reader(name: string) {
    const hot = new Map<string, Stored>();
    let snapshot = refresh(undefined);

    function refresh(old: Snapshot | undefined): Snapshot {
      const next = applyDelta(old, deltaSince(ledger, old), 0);
      if (next === undefined) throw new Error("The ledger's answer did not follow on");
      return next;
    }
    const markNow = (): Mark => ({ epoch: "e", position: snapshot.position, labels: ["tag:t"] });
    const holds = (entry: Stored | undefined): entry is Stored =>
      entry !== undefined && (fault === "no ledger" || standing(entry.mark, snapshot) === "current");

    return {
      *fill() {
        let mark = markNow();
        yield;
        const { body } = origin;
        yield;
        if (fault === "mark after the origin read" || fault === "store time instead of mark") {
          if (fault === "store time instead of mark") snapshot = refresh(snapshot);
          mark = markNow();
        }
        warm.set("k", { body, mark });
      },
      *promote() {
        const copy = warm.get("k");
        if (!holds(copy)) return;
        yield;
        hot.set("k", fault === "copy marked anew" ? { ...copy, mark: markNow() } : copy);
      },
      *refresh() {
        snapshot = refresh(snapshot);
        yield;
        snapshot = refresh(snapshot);
      },
      *read() {
        const oldest = acknowledged.body;
        snapshot = refresh(snapshot);
        yield;
        const served = [hot.get("k"), warm.get("k")].find(holds);
        if (served !== undefined && served.body < oldest)
          seen.push(`${name} served ${served.body} after ${oldest} was acknowledged`);
      },
    };
  }

  function* purge() {
    origin.body = 2;
    yield;
    if (fault === "no ledger") warm.delete("k");
    else applyPurge(ledger, { selectors: ["tag:t"], mode: "hard" });
    acknowledged.body = 2;
  }

  return { one: reader("one"), two: reader("two"), purge, seen };
}

type World = ReturnType<typeof world>;
type Task = Generator<undefined, void>;

/** A cast of tasks that run side by side, each a row of steps in its order. */
const CASTS: readonly ((it: World) => Task[])[] = [
  (it) => [it.one.fill(), it.purge(), chain(it.two.read(), it.two.read())],
  (it) => [it.one.fill(), it.purge(), chain(it.two.promote(), it.two.read())],
  (it) => [it.one.fill(), it.purge(), it.one.refresh(), it.two.read()],
  (it) => [chain(it.one.fill(), it.one.promote(), it.one.read()), it.purge(), it.one.refresh()],
  (it) => [chain(it.one.fill(), it.two.promote(), it.two.read()), it.purge(), it.two.refresh()],
];

function* chain(...tasks: Task[]): Task {
  for (const task of tasks) {
    yield* task;
  }
}

/** Runs a cast once for each order its steps can take; says what was served too late, and how many orders there are. */
function explore(fault: Fault, cast: (it: World) => Task[]): { runs: number; violations: string[] } {
  const violations: string[] = [];
  const stack: number[][] = [[]];
  let runs = 0;
  while (stack.length > 0) {
    const schedule = stack.pop() ?? [];
    const it = world(fault);
    const tasks = cast(it);
    const over = tasks.map(() => false);
    const step = (index: number): void => void (over[index] = tasks[index]?.next().done ?? true);
    for (const index of schedule) step(index);
    const open = over.flatMap((isOver, index) => (isOver ? [] : [index]));
    if (open.length === 0) {
      runs += 1;
      violations.push(...it.seen.map((what) => `${what}: steps ${schedule.join()}`));
    }
    for (const index of open) stack.push([...schedule, index]);
  }
  return { runs, violations };
}

describe("fill, purge, promotion and read by two readers, in every order their steps can take", () => {
  test.each(CASTS.map((cast, index) => [index, cast] as const))("cast %i resurrects nothing", (_, cast) => {
    const { runs, violations } = explore("none", cast);
    expect(violations).toEqual([]);
    expect(runs).toBeGreaterThan(100);
  });

  const faults: Fault[] = [
    "mark after the origin read",
    "copy marked anew",
    "store time instead of mark",
    "no ledger",
  ];
  test.each(faults)("a cache with the fault %j is caught", (fault) => {
    const found = CASTS.flatMap((cast) => explore(fault, cast).violations);
    expect(found.length).toBeGreaterThan(0);
  });
});
