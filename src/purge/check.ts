import type { Mark } from "../store.ts";
import { EVERYTHING, type Selector, type Snapshot } from "./ledger.ts";
import { patternTide } from "./pattern-tide.ts";

/**
 * How an entry stands against the purges a reader knows of.
 *
 * - `current`: no purge covers it; its freshness alone decides.
 * - `soft`: stale, whatever its lifetime says; its stale windows still apply.
 * - `gone`: never to be served again, not even while the origin is away, nor to be revalidated.
 * - `ahead`: it was filled by a reader that knew more; refresh the snapshot, then look again.
 */
export type Standing = "current" | "soft" | "gone" | "ahead";

/**
 * Checks an entry's mark against a snapshot: one Map probe per label and one for `all`, however much is
 * stored or purged; only while patterns live, those purged since are matched too. Hard beats everything; a mark that makes no sense is `gone`.
 */
export function standing(mark: Mark, snapshot: Snapshot): Standing {
  const { epoch, position, floor, selectors, patterns, closed } = snapshot;
  // Written as a negation so that a position that is not a number is gone too.
  if (mark.epoch !== epoch || !(mark.position >= floor)) return "gone";
  if (closed !== undefined && isClosed(mark, closed)) return "gone";
  let isSoft = false;
  const everything = selectors.get(EVERYTHING);
  if (everything !== undefined) {
    if (everything.hard > mark.position) return "gone";
    isSoft = everything.soft > mark.position;
  }
  for (const label of mark.labels) {
    const tide = selectors.get(label);
    if (tide === undefined) continue;
    if (tide.hard > mark.position) return "gone";
    if (tide.soft > mark.position) isSoft = true;
  }
  if (patterns !== undefined) {
    const { hard, soft } = patternTide(mark, patterns, selectors);
    if (hard > mark.position) return "gone";
    if (soft > mark.position) isSoft = true;
  }
  if (mark.position > position) return "ahead";
  return isSoft ? "soft" : "current";
}

function isClosed({ labels }: Mark, closed: ReadonlySet<Selector>): boolean {
  return closed.has(EVERYTHING) || labels.some((label) => closed.has(label));
}
