import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { standing } from "../../../src/purge/check.ts";
import type { LedgerDelta, PurgeOrder } from "../../../src/purge/ledger.ts";
import { applyDelta, heed } from "../../../src/purge/snapshot.ts";
import { compact, deltaSince, emptyLedger } from "../../../src/purge/state.ts";
import { parseDelta } from "../../../src/purge/wire.ts";
import { ledgerAfter, mark, orders, snapshotOf } from "./arbitraries.ts";

const HARD: PurgeOrder = { selectors: ["tag:1"], mode: "hard" };
const SOFT: PurgeOrder = { selectors: ["tag:2"], mode: "soft" };

describe("applyDelta()", () => {
  test("begins with a whole ledger, and with nothing less", () => {
    const ledger = ledgerAfter([HARD]);
    expect(applyDelta(undefined, deltaSince(ledger, undefined), 5)).toMatchObject({ position: 1, asOf: 5 });
    expect(applyDelta(undefined, deltaSince(ledger, { epoch: "e", position: 0 }), 5)).toBeUndefined();
  });

  test("another epoch replaces everything", () => {
    const before = snapshotOf(ledgerAfter([HARD, SOFT]));
    const after = applyDelta(before, deltaSince(emptyLedger("reborn"), before), 9);
    expect(after).toEqual({ epoch: "reborn", position: 0, floor: 0, asOf: 9, selectors: new Map() });
  });

  test("refuses a delta that leaves a gap, or is of another epoch and not whole", () => {
    const before = snapshotOf(ledgerAfter([HARD]));
    const delta = deltaSince(ledgerAfter([HARD, SOFT, SOFT]), { epoch: "e", position: 2 });
    expect(applyDelta(before, delta, 0)).toBeUndefined();
    expect(applyDelta(before, { ...delta, epoch: "other" }, 0)).toBeUndefined();
  });

  test("refuses a whole ledger that has gone back", () => {
    const before = snapshotOf(ledgerAfter([HARD, SOFT]));
    expect(applyDelta(before, deltaSince(ledgerAfter([HARD]), before), 0)).toBeUndefined();
  });

  test("an older snapshot object stays safe to check against when a raised floor drops selectors", () => {
    const ledger = ledgerAfter([HARD, SOFT]);
    const older = snapshotOf(ledger);
    compact(ledger, 2);
    applyDelta(older, deltaSince(ledger, older), 0);
    expect(standing({ epoch: "e", position: 0, labels: ["tag:1"] }, older)).toBe("gone");
  });

  test("nothing goes back, in whatever order the deltas of one ledger arrive", () => {
    const times = fc.array(fc.tuple(fc.nat(12), fc.option(fc.nat(12), { nil: undefined })), { maxLength: 8 });
    fc.assert(
      fc.property(orders, times, mark, (history, asks, entry) => {
        let reader = snapshotOf(ledgerAfter([]));
        for (const [at, from] of asks) {
          const ledger = ledgerAfter(history.slice(0, at));
          const known = from === undefined ? undefined : { epoch: "e", position: from };
          const before = { position: reader.position, standing: standing(entry, reader) };
          reader = applyDelta(reader, deltaSince(ledger, known), 0) ?? reader;
          expect(reader.position).toBeGreaterThanOrEqual(before.position);
          if (before.standing === "gone") expect(standing(entry, reader)).toBe("gone");
          // What it has is the ledger's history up to its position: nothing of it is missing.
          expect(reader.selectors).toEqual(
            snapshotOf(ledgerAfter(history.slice(0, reader.position))).selectors,
          );
        }
      }),
    );
  });
});

describe("heed()", () => {
  test("raises selectors at once, and leaves the position to the next delta", () => {
    const delta: LedgerDelta = { epoch: "e", position: 9, floor: 0, since: 8, changes: [["tag:1", 9, 0]] };
    const after = heed(snapshotOf(emptyLedger("e")), delta);
    expect(after).toMatchObject({ position: 0 });
    expect(after?.selectors.get("tag:1")).toEqual({ hard: 9, soft: 0 });
  });

  test("takes nothing of another epoch", () => {
    expect(heed(snapshotOf(emptyLedger("e")), deltaSince(emptyLedger("other"), undefined))).toBeUndefined();
  });
});

describe("parseDelta()", () => {
  const delta: LedgerDelta = { epoch: "e", position: 2, floor: 1, since: null, changes: [["tag:1", 2, 0]] };

  test("reads what JSON carried, and leaves out the rest", () => {
    fc.assert(
      fc.property(orders, fc.nat(12), (history, upTo) => {
        const sent = deltaSince(ledgerAfter(history, upTo), undefined);
        expect(parseDelta({ ...JSON.parse(JSON.stringify(sent)), more: 1 })).toEqual(sent);
      }),
    );
  });

  const broken: [part: string, value: unknown][] = [
    ["epoch", ""],
    ["epoch", "a.b"],
    ["position", -1],
    ["position", "2"],
    ["position", 1.5],
    ["floor", 3],
    ["floor", Number.NaN],
    ["since", 3],
    ["since", undefined],
    ["changes", {}],
    ["changes", [["tag:1", 2]]],
    ["changes", [["tag:1", -1, 0]]],
    ["changes", [[1, 2, 0]]],
    ["changes", [null]],
  ];
  test.each(broken)("a %s of %j makes it unreadable", (part, value) => {
    expect(parseDelta({ ...delta, [part]: value })).toBeUndefined();
  });

  test.each([null, undefined, 1, "delta", [], {}])("%j is no delta", (value) => {
    expect(parseDelta(value)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.anything(), (value) => void parseDelta(value)));
  });
});
