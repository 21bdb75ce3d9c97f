import type { LedgerDelta, Selector, Tide } from "./ledger.ts";
import { bucketOf } from "./selectors.ts";

/**
 * Selectors that a reader, or a ledger in memory, holds before it folds some. A ledger in a Durable Object holds
 * fewer, so that its readers seldom have to.
 */
const MOST_SELECTORS = 125_000;

/** Two characters of 36 each. */
const BUCKETS = 36 ** 2;
/** Only what `urlSelector` makes has a bucket that resources carry. */
const URL_SELECTOR = /^url:[0-9a-z]{28}$/;
const BUCKET_SELECTOR = /^bucket:[0-9a-z]{2}$/;

/** What a change takes in JSON besides its selector: quotes, brackets, commas and two positions. */
const CHANGE_CHARACTERS = 24;
const ALL_BUCKETS_CHARACTERS = BUCKETS * ("bucket:00".length + CHANGE_CHARACTERS);

type Change = LedgerDelta["changes"][number];

/** `undefined` for what no bucket covers. */
function coarser(selector: Selector): Selector | undefined {
  return URL_SELECTOR.test(selector) ? bucketOf(selector) : undefined;
}

/** Raises a selector, in place; it never goes back. */
export function raise(selectors: Map<Selector, Tide>, [selector, hard, soft]: Change): void {
  const old = selectors.get(selector);
  selectors.set(
    selector,
    old === undefined ? { hard, soft } : { hard: Math.max(old.hard, hard), soft: Math.max(old.soft, soft) },
  );
}

/**
 * Makes room, in place: once there are more than `most` selectors, the fullest buckets take the place of their urls
 * until a sixteenth is free. A purge of few buckets thus costs few; the floor stays, and tags, hosts and prefixes
 * keep their own rows. Whoever floods a ledger with n urls too many spoils about n/`most` of the entries, not all.
 */
export function fold(selectors: Map<Selector, Tide>, most: number = MOST_SELECTORS): void {
  if (selectors.size <= most) return;
  const urls = new Map<Selector, Change[]>();
  for (const [selector, { hard, soft }] of selectors) {
    const bucket = coarser(selector);
    if (bucket === undefined) continue;
    const members = urls.get(bucket);
    if (members === undefined) urls.set(bucket, [[selector, hard, soft]]);
    else members.push([selector, hard, soft]);
  }
  for (const [bucket, members] of [...urls].sort(([, one], [, other]) => other.length - one.length)) {
    if (selectors.size <= (most * 15) / 16) return;
    // The bucket first: at no time does a purge count for less than before.
    for (const [, hard, soft] of members) raise(selectors, [bucket, hard, soft]);
    for (const [selector] of members) selectors.delete(selector);
  }
}

/**
 * A delta in at most about so many characters of JSON. What does not fit is made coarser, the oldest first, and urls
 * before the rest: urls count by their bucket, other selectors raise the floor. It covers all that the delta covers.
 *
 * @param most more than 43,000 or so, the room of all the buckets, which it may take in any case
 */
export function condensed(delta: LedgerDelta, most: number): LedgerDelta {
  const total = delta.changes.reduce((sum, change) => sum + charactersOf(change), 0);
  if (total <= most) return delta;
  const kept: Change[] = [];
  const buckets = new Map<Selector, Tide>();
  let { floor } = delta;
  let room = most - ALL_BUCKETS_CHARACTERS;
  for (const change of byWorth(delta.changes)) {
    const [selector, hard, soft] = change;
    const bucket = BUCKET_SELECTOR.test(selector) ? selector : coarser(selector);
    if (bucket !== selector && charactersOf(change) <= room) {
      kept.push(change);
      room -= charactersOf(change);
    } else if (bucket === undefined) floor = Math.max(floor, lastOf(change));
    else raise(buckets, [bucket, hard, soft]);
  }
  for (const [bucket, { hard, soft }] of buckets) kept.push([bucket, hard, soft]);
  const changes = kept.filter((change) => lastOf(change) > floor);
  return { ...delta, floor, changes: changes.sort((one, other) => lastOf(one) - lastOf(other)) };
}

/** Urls last, as they can be folded; otherwise the newest first. */
function byWorth(changes: readonly Change[]): readonly Change[] {
  const newestFirst = [...changes].sort((one, other) => lastOf(other) - lastOf(one));
  const isUrl = ([selector]: Change): boolean => coarser(selector) !== undefined;
  return [...newestFirst.filter((change) => !isUrl(change)), ...newestFirst.filter(isUrl)];
}

function lastOf([, hard, soft]: Change): number {
  return Math.max(hard, soft);
}

function charactersOf([selector]: Change): number {
  return selector.length + CHANGE_CHARACTERS;
}
