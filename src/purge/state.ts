import { cannot } from "../errors.ts";
import { condensed } from "./buckets.ts";
import type { LedgerDelta, LedgerPoint, PurgeOrder, PurgeReceipt, Selector, Tide } from "./ledger.ts";

/**
 * All that a ledger has to remember. Its owner alone writes to it, and in place: a copy for each purge
 * would cost as much as the ledger is large.
 */
export interface LedgerState {
  readonly epoch: string;
  /** Grows by one with each purge. */
  position: number;
  /** Marks below it are invalid; the purges up to here that nobody repeated have been dropped. */
  floor: number;
  /** In the order of their last purge, oldest first; buckets may stand later than their turn. */
  readonly selectors: Map<Selector, Tide>;
}

/** What deltas are made from: a ledger's state, or a reader's snapshot of it. */
export interface LedgerContent extends LedgerPoint {
  readonly floor: number;
  readonly selectors: ReadonlyMap<Selector, Tide>;
}

/** A tide that nobody has raised. */
const LOW: Tide = { hard: 0, soft: 0 };

/** A ledger at its birth: nothing has been purged. */
export function emptyLedger(epoch: string): LedgerState {
  return { epoch, position: 0, floor: 0, selectors: new Map() };
}

/**
 * Carries out a purge: one new position for the whole order, and each of its selectors raised to it. Costs
 * one Map write per selector, however much the ledger or the caches hold.
 *
 * @throws {TypeError} if the order names no selector
 */
export function applyPurge(state: LedgerState, { selectors, mode }: PurgeOrder): PurgeReceipt {
  const named = new Set(selectors);
  if (named.size === 0) throw new TypeError(cannot("purge", "an order names at least one selector", "none"));
  state.position += 1;
  for (const selector of named) {
    const tide = state.selectors.get(selector) ?? LOW;
    // Taken out first, so that the Map stays in order of the last purge.
    state.selectors.delete(selector);
    state.selectors.set(selector, { ...tide, [mode]: state.position });
  }
  return { epoch: state.epoch, position: state.position, selectors: named.size };
}

/**
 * The purges after a point. The whole ledger if there is no point, or if the point is of another epoch,
 * below the floor, or ahead of this ledger.
 *
 * @param most characters of JSON that it may take, about; what does not fit is made coarser (a url counts by its bucket)
 * or raises the floor
 */
export function deltaSince(
  content: LedgerContent,
  point: LedgerPoint | undefined,
  most: number = Number.POSITIVE_INFINITY,
): LedgerDelta {
  const { epoch, position, floor, selectors } = content;
  const since = point !== undefined && isCovered(content, point) ? point.position : null;
  const changes: [Selector, number, number][] = [];
  for (const [selector, { hard, soft }] of selectors) {
    if (since === null || hard > since || soft > since) changes.push([selector, hard, soft]);
  }
  return condensed({ epoch, position, floor, since, changes }, most);
}

/** Whether the purges after the point are all still there, one by one. */
export function isCovered(
  { epoch, position, floor }: Omit<LedgerContent, "selectors">,
  point: LedgerPoint,
): boolean {
  return point.epoch === epoch && point.position >= floor && point.position <= position;
}

/**
 * Forgets the selectors last purged at or before `upTo`, and raises the floor to the last of those purges.
 * Whatever they made invalid stays invalid; other entries as old may become so too. Costs one step per
 * selector dropped. A bucket may outstay its turn, which costs no more than its room.
 */
export function compact(state: LedgerState, upTo: number): void {
  for (const [selector, { hard, soft }] of state.selectors) {
    const last = Math.max(hard, soft);
    if (last > upTo) return;
    state.selectors.delete(selector);
    state.floor = Math.max(state.floor, last);
  }
}

/**
 * A purge as the delta it makes: what its sender can apply to its own snapshot at once, without asking.
 * It follows on the position before it.
 */
export function deltaOf({ selectors, mode }: PurgeOrder, { epoch, position }: PurgeReceipt): LedgerDelta {
  const [hard, soft] = mode === "hard" ? [position, 0] : [0, position];
  return {
    epoch,
    position,
    floor: 0,
    since: position - 1,
    changes: selectors.map((name) => [name, hard, soft]),
  };
}
