import type { Instant } from "../clock.ts";
import { fold, raise } from "./buckets.ts";
import type { LedgerDelta, LivePattern, Selector, Snapshot, Tide } from "./ledger.ts";
import { compilePatterns, foldPatterns, isPattern } from "./patterns.ts";

/**
 * Brings a reader's snapshot up to date. Within an epoch nothing goes back: not the position, not the floor,
 * not a selector, in whatever order answers arrive.
 *
 * The snapshot handed in may not be used to learn its position afterwards, but may still be checked against:
 * its selectors grow in place, since a copy would cost as much as the ledger is large. Only a raised floor,
 * which drops selectors, makes a new Map.
 *
 * @param asOf when the reader asked for the delta, on the reader's own clock
 * @returns `undefined` = the delta does not follow on what the reader has: ask again without a point
 */
export function applyDelta(
  snapshot: Snapshot | undefined,
  delta: LedgerDelta,
  asOf: Instant,
): Snapshot | undefined {
  const { epoch, position, floor, since, changes } = delta;
  if (snapshot === undefined || snapshot.epoch !== epoch) {
    return since === null ? { epoch, position, floor, asOf, ...raised(new Map(), changes) } : undefined;
  }
  // A whole ledger that is behind the reader was overtaken on its way, or restored from an old copy.
  if (since === null ? position < snapshot.position : since > snapshot.position) return undefined;
  const kept = since === null ? risenSince(snapshot, position) : aboveFloor(snapshot, floor);
  return {
    epoch,
    position: Math.max(snapshot.position, position),
    floor: Math.max(snapshot.floor, floor),
    asOf,
    ...raised(kept, changes, snapshot.patterns),
  };
}

/** A whole ledger takes the place of what a reader had, but for purges that it heeded and the ledger has not told of yet. */
function risenSince({ selectors }: Snapshot, position: number): Map<Selector, Tide> {
  return new Map([...selectors].filter(([, { hard, soft }]) => Math.max(hard, soft) > position));
}

/**
 * Lets a reader heed purges of which it does not know the ones before: the selectors rise, the position
 * stays. New marks lie below such a purge until the next delta, which costs a miss and no more.
 *
 * @returns `undefined` if the purges are of another epoch
 */
export function heed(snapshot: Snapshot, { epoch, changes }: LedgerDelta): Snapshot | undefined {
  if (snapshot.epoch !== epoch) return undefined;
  return { ...snapshot, ...raised(ownMap(snapshot), changes, snapshot.patterns) };
}

/** Raises selectors, and keeps the list of the patterns among them: each is compiled once, however many snapshots hold it. */
function raised(
  selectors: Map<Selector, Tide>,
  changes: LedgerDelta["changes"],
  known: readonly LivePattern[] = [],
): Pick<Snapshot, "selectors" | "patterns"> {
  const news: Selector[] = [];
  for (const change of changes) {
    raise(selectors, change);
    if (isPattern(change[0])) news.push(change[0]);
  }
  const left = foldPatterns(selectors, news.length === 0 ? known : compilePatterns(news, known));
  // The same list where it is the same, for what is remembered of it.
  const isKnown = left.length === known.length && left.every((pattern, index) => pattern === known[index]);
  const patterns = isKnown ? known : left;
  fold(selectors);
  return patterns.length === 0 ? { selectors } : { selectors, patterns };
}

function aboveFloor(snapshot: Snapshot, floor: number): Map<Selector, Tide> {
  if (floor <= snapshot.floor) return ownMap(snapshot);
  return new Map([...snapshot.selectors].filter(([, tide]) => Math.max(tide.hard, tide.soft) > floor));
}

/** Snapshots are made here alone, each around a Map; others see it as read-only. */
function ownMap({ selectors }: Snapshot): Map<Selector, Tide> {
  return selectors instanceof Map ? selectors : new Map(selectors);
}
