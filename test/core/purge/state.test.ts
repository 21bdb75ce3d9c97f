import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { standing } from "../../../src/purge/check.ts";
import { applyPurge, compact, deltaOf, deltaSince, emptyLedger } from "../../../src/purge/state.ts";
import { ledgerAfter, mark, mustApply, order, orders, snapshotOf } from "./arbitraries.ts";

describe("applyPurge()", () => {
  test("raises all selectors of an order to one new position", () => {
    const state = emptyLedger("e");
    expect(applyPurge(state, { selectors: ["tag:1", "tag:2"], mode: "soft" })).toEqual({
      epoch: "e",
      position: 1,
      selectors: 2,
    });
    expect(applyPurge(state, { selectors: ["tag:2"], mode: "hard" })).toEqual({
      epoch: "e",
      position: 2,
      selectors: 1,
    });
    expect([...state.selectors]).toEqual([
      ["tag:1", { hard: 0, soft: 1 }],
      ["tag:2", { hard: 2, soft: 1 }],
    ]);
  });

  test("counts a selector named twice once", () => {
    expect(applyPurge(emptyLedger("e"), { selectors: ["tag:1", "tag:1"], mode: "hard" }).selectors).toBe(1);
  });

  test("refuses an order for nothing, and takes no position for it", () => {
    const state = emptyLedger("e");
    expect(() => applyPurge(state, { selectors: [], mode: "hard" })).toThrow("Cannot purge");
    expect(state.position).toBe(0);
  });

  test("is idempotent: what stands after one purge stands the same after its repetition", () => {
    fc.assert(
      fc.property(orders, order, mark, (history, again, entry) => {
        fc.pre(entry.position <= history.length);
        const once = snapshotOf(ledgerAfter([...history, again]));
        const twice = snapshotOf(ledgerAfter([...history, again, again]));
        expect(standing(entry, twice)).toBe(standing(entry, once));
      }),
    );
  });

  test("is commutative: for entries older than both, two purges may come in either order", () => {
    fc.assert(
      fc.property(orders, order, order, mark, (history, one, other, entry) => {
        fc.pre(entry.position <= history.length);
        const first = snapshotOf(ledgerAfter([...history, one, other]));
        const second = snapshotOf(ledgerAfter([...history, other, one]));
        expect(standing(entry, second)).toBe(standing(entry, first));
      }),
    );
  });
});

describe("deltaSince()", () => {
  const state = ledgerAfter([
    { selectors: ["tag:1"], mode: "hard" },
    { selectors: ["tag:2"], mode: "soft" },
    { selectors: ["tag:1"], mode: "soft" },
  ]);

  const table: [epoch: string, position: number, since: number | null, changes: string[]][] = [
    ["e", 3, 3, []],
    ["e", 2, 2, ["tag:1"]],
    ["e", 1, 1, ["tag:2", "tag:1"]],
    ["e", 0, 0, ["tag:2", "tag:1"]],
    ["e", 4, null, ["tag:2", "tag:1"]],
    ["other", 3, null, ["tag:2", "tag:1"]],
  ];
  test.each(table)("%s.%i is answered from %j with %j", (epoch, position, since, changes) => {
    const delta = deltaSince(state, { epoch, position });
    expect(delta).toMatchObject({ epoch: "e", position: 3, floor: 0, since });
    expect(delta.changes.map(([selector]) => selector)).toEqual(changes);
  });

  test("below the floor the whole ledger is the answer", () => {
    const compacted = ledgerAfter(
      [
        { selectors: ["tag:1"], mode: "hard" },
        { selectors: ["tag:2"], mode: "hard" },
      ],
      1,
    );
    expect(deltaSince(compacted, { epoch: "e", position: 0 })).toEqual({
      epoch: "e",
      position: 2,
      floor: 1,
      since: null,
      changes: [["tag:2", 2, 0]],
    });
    expect(deltaSince(compacted, { epoch: "e", position: 1 }).since).toBe(1);
  });

  test("deltas add up: a to b and b to c is a to c", () => {
    fc.assert(
      fc.property(orders, orders, orders, (first, second, third) => {
        const point = { epoch: "e", position: first.length };
        const midway = ledgerAfter([...first, ...second]);
        const end = ledgerAfter([...first, ...second, ...third]);
        const inOne = mustApply(snapshotOf(ledgerAfter(first)), deltaSince(end, point));
        const atB = mustApply(snapshotOf(ledgerAfter(first)), deltaSince(midway, point));
        expect(mustApply(atB, deltaSince(end, atB))).toEqual(inOne);
        expect(inOne).toEqual(snapshotOf(end));
      }),
    );
  });
});

describe("compact()", () => {
  test("drops what was last purged up to a position, and raises the floor to the last of it", () => {
    const state = ledgerAfter(
      [
        { selectors: ["tag:1"], mode: "hard" },
        { selectors: ["tag:2"], mode: "hard" },
        { selectors: ["tag:1"], mode: "soft" },
      ],
      2,
    );
    expect(state).toMatchObject({ position: 3, floor: 2 });
    expect([...state.selectors]).toEqual([["tag:1", { hard: 1, soft: 3 }]]);
  });

  test("only over-invalidates: no entry stands better than before", () => {
    const worse = ["current", "soft", "gone"];
    fc.assert(
      fc.property(orders, fc.nat(12), mark, (history, upTo, entry) => {
        fc.pre(entry.position <= history.length);
        const before = standing(entry, snapshotOf(ledgerAfter(history)));
        const after = standing(entry, snapshotOf(ledgerAfter(history, upTo)));
        expect(worse.indexOf(after)).toBeGreaterThanOrEqual(worse.indexOf(before));
      }),
    );
  });

  test("spares every entry whose mark is at the position compacted to, or above", () => {
    fc.assert(
      fc.property(orders, fc.nat(12), mark, (history, upTo, entry) => {
        fc.pre(entry.position >= upTo && entry.position <= history.length);
        expect(standing(entry, snapshotOf(ledgerAfter(history, upTo)))).toBe(
          standing(entry, snapshotOf(ledgerAfter(history))),
        );
      }),
    );
  });

  test("never lowers the floor", () => {
    const state = ledgerAfter([{ selectors: ["tag:1"], mode: "hard" }], 1);
    compact(state, 0);
    expect(state.floor).toBe(1);
  });
});

test("deltaOf() of a purge is what its reader would have asked for", () => {
  fc.assert(
    fc.property(orders, order, (history, next) => {
      const state = ledgerAfter(history);
      const before = snapshotOf(state);
      const receipt = applyPurge(state, next);
      expect(mustApply(before, deltaOf(next, receipt))).toEqual(snapshotOf(state));
    }),
  );
});
