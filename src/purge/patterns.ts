import { raise } from "./buckets.ts";
import { glob } from "./glob.ts";
import { MAX_PREFIX_DEPTH, type LivePattern, type Selector, type Tide } from "./ledger.ts";
import { lastOf, LOW } from "./pattern-tide.ts";
import { readHostAndPath } from "./selectors.ts";

/** Patterns that a ledger or a reader holds: each is matched against each entry that is older than its purge. */
export const MAX_PATTERNS = 64;
/** Characters that a pattern's path may have. */
export const MAX_PATTERN_LENGTH = 255;

/** Characters of a path that is matched: a longer one is covered by all patterns that begin and end as it does. */
const MAX_MATCHED_LENGTH = 1_024;

const KIND = "pattern:";

/**
 * Names all resources of a host whose path the pattern matches, given as `host/path`: `*` is any characters but `/`, `**`
 * any characters, both also none; everything else is itself. The query plays no part. Repeated and trailing slashes do
 * not count, as in prefixes: `/a/*` covers `/a/b` and `/a/`, and so `/a`, but not `/a/b/c`.
 *
 * Of paths with more than 32 segments only those are known: the rest matches whatever it may be. Of paths with more than
 * 1,024 characters only beginning and end are matched, so a pattern may cover more of them, never less.
 *
 * @returns `undefined` if it has no readable host, a wildcard in its host, none in its path, a query, a fragment or
 * credentials, or more than 255 characters of path
 */
export function patternSelector(pattern: string): Selector | undefined {
  const read = readHostAndPath(pattern);
  if (read === undefined || read.authority.includes("*")) return undefined;
  const path = read.segments.join("/");
  // Also where a `..` has taken a wildcard away.
  const wildcards = path.split("*").length;
  if (wildcards === 1 || wildcards !== pattern.split("*").length) return undefined;
  const shortest = path.replace(/\*{2,}/g, "**");
  return shortest.length > MAX_PATTERN_LENGTH ? undefined : `${KIND}${read.authority}/${shortest}`;
}

/** Whether a selector is a pattern, which no entry carries as a label. */
export function isPattern(selector: Selector): boolean {
  return selector.startsWith(KIND);
}

/** The whole segments before a pattern's first wildcard, as a selector: it covers all that the pattern covers. */
export function patternPrefix(selector: Selector): Selector {
  const segments = selector.slice(KIND.length).split("/");
  const literal = segments.slice(
    0,
    segments.findIndex((segment) => segment.includes("*")),
  );
  return `prefix:${literal.slice(0, MAX_PREFIX_DEPTH + 1).join("/")}`;
}

/** The patterns among selectors, compiled; those that are known already are taken over. */
export function compilePatterns(
  selectors: Iterable<Selector>,
  known: readonly LivePattern[] = [],
): readonly LivePattern[] {
  const patterns = new Map(known.map((pattern) => [pattern.selector, pattern]));
  for (const selector of selectors)
    if (isPattern(selector) && !patterns.has(selector)) patterns.set(selector, compile(selector));
  return [...patterns.values()];
}

/**
 * Makes room for patterns, in place: past 64 the prefixes of the oldest take their place. A purge is never refused for
 * what was purged before; and as a prefix lies where its pattern lay, whoever may purge the one may purge the other.
 *
 * @returns the patterns that are left, the last purged first
 */
export function foldPatterns(
  selectors: Map<Selector, Tide>,
  patterns: readonly LivePattern[],
): readonly LivePattern[] {
  const last = ({ selector }: LivePattern): number => lastOf(selectors.get(selector) ?? LOW);
  const newestFirst = patterns
    .filter(({ selector }) => selectors.has(selector))
    .sort((one, other) => last(other) - last(one));
  for (const { selector } of newestFirst.slice(MAX_PATTERNS)) {
    const { hard, soft } = selectors.get(selector) ?? LOW;
    // The prefix first: at no time does a purge count for less than before.
    raise(selectors, [patternPrefix(selector), hard, soft]);
    selectors.delete(selector);
  }
  return newestFirst.slice(0, MAX_PATTERNS);
}

function compile(selector: Selector): LivePattern {
  const text = selector.slice(KIND.length);
  const literal = text.slice(0, text.indexOf("*"));
  const tail = text.slice(text.lastIndexOf("*") + 1);
  const match = glob(text.slice(literal.length));
  return {
    selector,
    covers(path, isCut) {
      if (!path.startsWith(literal)) return isCut && literal.startsWith(path);
      // With and without a slash at its end: both have these labels. A literal may end with that slash.
      if (path.length === literal.length) return match("").isWhole || isCut;
      if (!isCut && !path.endsWith(tail) && !path.endsWith(tail, path.length - 1)) return false;
      if (path.length > MAX_MATCHED_LENGTH) return true;
      const { isWhole, isSlashed, isOpen } = match(path.slice(literal.length, -1));
      return isWhole || isSlashed || (isCut && isOpen);
    },
  };
}
