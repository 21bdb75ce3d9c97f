import fc from "fast-check";
import type { LedgerDelta, PurgeOrder, Selector, Snapshot } from "../../../src/purge/ledger.ts";
import { applyPurge, compact, deltaSince, emptyLedger, type LedgerState } from "../../../src/purge/state.ts";
import { applyDelta } from "../../../src/purge/snapshot.ts";
import type { Mark } from "../../../src/store.ts";

/** Few selectors, so that orders and labels meet. */
const SELECTORS: readonly Selector[] = ["all", "host:h", "prefix:h/a", "url:h/a/b", "tag:1", "tag:2"];

export const order: fc.Arbitrary<PurgeOrder> = fc.record({
  selectors: fc.array(fc.constantFrom(...SELECTORS), { minLength: 1, maxLength: 3 }),
  mode: fc.constantFrom("hard", "soft"),
});

export const orders: fc.Arbitrary<PurgeOrder[]> = fc.array(order, { maxLength: 12 });

/** A mark of the epoch "e", up to a little past the longest history. */
export const mark: fc.Arbitrary<Mark> = fc.record({
  epoch: fc.constant("e"),
  position: fc.nat(14),
  labels: fc.subarray(SELECTORS.slice(1)),
});

/** The ledger "e" after these orders, then compacted. */
export function ledgerAfter(history: readonly PurgeOrder[], compactedTo = 0): LedgerState {
  const state = emptyLedger("e");
  for (const each of history) applyPurge(state, each);
  compact(state, compactedTo);
  return state;
}

/** What a reader has that asked for the whole ledger. */
export function snapshotOf(state: LedgerState, asOf = 0): Snapshot {
  return mustApply(undefined, deltaSince(state, undefined), asOf);
}

/** Applies a delta that has to follow on. */
export function mustApply(snapshot: Snapshot | undefined, delta: LedgerDelta, asOf = 0): Snapshot {
  const next = applyDelta(snapshot, delta, asOf);
  if (next === undefined) throw new Error("The delta was refused");
  return next;
}
