import { applyDelta, deltaSince, isCovered } from "../src/index.ts";
import type { LedgerDelta, LedgerPoint, Snapshot } from "../src/index.ts";

/** Characters that one message may have, about: as much as an answer of the feed of purges. */
const MOST_MESSAGE_CHARACTERS = 262_144;

/** The last stretch of a ledger's history: enough for those who have only just lost touch. */
export interface Tail {
  /** It holds the purges after this position. */
  readonly from: number;
  /** Where it ends, with the selectors purged on the way. Grows in place. */
  readonly end: Snapshot;
}

/** A stretch that begins and ends here. */
export function tailAt({ epoch, position, floor = 0 }: LedgerPoint & { readonly floor?: number }): Tail {
  return { from: position, end: { epoch, position, floor, asOf: 0, selectors: new Map() } };
}

/** A stretch made of one answer of the ledger's; `undefined` if that is the whole ledger. */
export function tailOf(delta: LedgerDelta): Tail | undefined {
  const { since, epoch } = delta;
  return since === null ? undefined : followed(tailAt({ epoch, position: since }), delta);
}

/** The stretch with what came after it; `undefined` if the delta does not follow on it. */
export function followed(tail: Tail, delta: LedgerDelta): Tail | undefined {
  if (delta.since === null || delta.epoch !== tail.end.epoch) return undefined;
  const end = applyDelta(tail.end, delta, 0);
  return end && { ...tail, end };
}

/** What a listener at the point has missed, condensed to one message; `undefined` if the stretch does not reach so far. */
export function newsSince({ from, end }: Tail, point: LedgerPoint): LedgerDelta | undefined {
  return point.position >= from && isCovered(end, point)
    ? deltaSince(end, point, MOST_MESSAGE_CHARACTERS)
    : undefined;
}

/** The whole ledger, condensed to one message. */
export function condensedWhole({ epoch, position, floor, changes }: LedgerDelta): LedgerDelta {
  const selectors = new Map(changes.map(([selector, hard, soft]) => [selector, { hard, soft }]));
  return deltaSince({ epoch, position, floor, selectors }, undefined, MOST_MESSAGE_CHARACTERS);
}
