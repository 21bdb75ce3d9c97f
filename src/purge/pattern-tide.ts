import type { Mark } from "../store.ts";
import { MAX_PREFIX_DEPTH, type LivePattern, type Selector, type Tide } from "./ledger.ts";

/** A tide that nobody has raised. */
export const LOW: Tide = { hard: 0, soft: 0 };

/**
 * Which patterns of a list cover an entry, as far as it was asked: neither its labels nor the list ever change, so each
 * entry in memory is matched once, and not on each of its hits.
 */
const verdicts = new WeakMap<readonly LivePattern[], WeakMap<Mark, (boolean | undefined)[]>>();

/**
 * The last purges of the patterns that cover an entry, as far as they came after its mark.
 *
 * @param patterns the last purged first, so that an entry newer than them all costs one look
 */
export function patternTide(
  mark: Mark,
  patterns: readonly LivePattern[],
  selectors: ReadonlyMap<Selector, Tide>,
): Tide {
  let covering = LOW;
  let known: (boolean | undefined)[] | undefined;
  let path: KnownPath | undefined;
  for (let index = 0; index < patterns.length; index += 1) {
    const pattern = patterns[index];
    const tide = pattern && selectors.get(pattern.selector);
    // A prefix has taken its place.
    if (pattern === undefined || tide === undefined) continue;
    if (lastOf(tide) <= mark.position) break;
    known ??= verdictsOn(mark, patterns);
    if (known[index] === undefined) {
      path ??= pathOf(mark);
      known[index] = pattern.covers(path.text, path.isCut);
    }
    if (known[index])
      covering = { hard: Math.max(covering.hard, tide.hard), soft: Math.max(covering.soft, tide.soft) };
  }
  return covering;
}

function verdictsOn(mark: Mark, patterns: readonly LivePattern[]): (boolean | undefined)[] {
  const marks = verdicts.get(patterns) ?? new WeakMap<Mark, (boolean | undefined)[]>();
  verdicts.set(patterns, marks);
  const known = marks.get(mark) ?? [];
  marks.set(mark, known);
  return known;
}

/** A path with a slash at its end, as far as labels tell it. */
interface KnownPath {
  readonly text: string;
  readonly isCut: boolean;
}

function pathOf({ labels }: Mark): KnownPath {
  const prefix = labels.findLast((label) => label.startsWith("prefix:"))?.slice("prefix:".length) ?? "";
  const text = `${prefix}/`;
  // A segment has a character and a slash at least, so most paths need not be taken apart.
  const isCut = text.length > 2 * MAX_PREFIX_DEPTH && text.split("/").length > MAX_PREFIX_DEPTH + 1;
  return { text, isCut };
}

export function lastOf({ hard, soft }: Tide): number {
  return Math.max(hard, soft);
}
