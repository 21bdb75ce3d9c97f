import type { Mark } from "../store.ts";
import { MAX_PREFIX_DEPTH, type LivePattern, type Selector, type Tide } from "./ledger.ts";

/** A tide that nobody has raised. */
export const LOW: Tide = { hard: 0, soft: 0 };

/**
 * The last purges of the patterns that cover an entry, as far as they came after its mark.
 *
 * @param patterns the last purged first, so that an entry newer than them all costs one look
 */
export function patternTide(
  { position, labels }: Mark,
  patterns: readonly LivePattern[],
  selectors: ReadonlyMap<Selector, Tide>,
): Tide {
  let path: string | undefined;
  let isCut = false;
  let covering = LOW;
  for (const { selector, covers } of patterns) {
    const tide = selectors.get(selector);
    // A prefix has taken its place.
    if (tide === undefined) continue;
    if (lastOf(tide) <= position) break;
    if (path === undefined) {
      path = `${labels.findLast((label) => label.startsWith("prefix:"))?.slice("prefix:".length) ?? ""}/`;
      // A segment has a character and a slash at least, so most paths need not be taken apart.
      isCut = path.length > 2 * MAX_PREFIX_DEPTH && path.split("/").length > MAX_PREFIX_DEPTH + 1;
    }
    if (covers(path, isCut))
      covering = { hard: Math.max(covering.hard, tide.hard), soft: Math.max(covering.soft, tide.soft) };
  }
  return covering;
}

export function lastOf({ hard, soft }: Tide): number {
  return Math.max(hard, soft);
}
