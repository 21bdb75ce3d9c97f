import { isPattern, MAX_PATTERNS, patternPrefix } from "../src/index.ts";

/**
 * Characters of selectors that a ledger holds, so that a reader can always take in the whole of it in one answer.
 * A short selector counts as long as a row is costly: there are at most 100,000.
 */
const MOST_CHARACTERS = 8_000_000;
const SIZE = "MAX(LENGTH(selector), 80)";
const LEAST_SIZE = 80;
/** What tags, hosts, prefixes and everything else that no bucket covers may take of it. */
const MOST_UNFOLDABLE = (MOST_CHARACTERS * 3) / 4;

/** What `urlSelector` makes, and the bucket that all resources carry whose fingerprints end alike (see `bucketOf`). */
const IS_URL = `(LENGTH(selector) = 32 AND selector GLOB 'url:*' AND SUBSTR(selector, 5) NOT GLOB '*[^0-9a-z]*')`;
const BUCKET = "'bucket:' || SUBSTR(selector, -2)";

const ON_CONFLICT = `ON CONFLICT (selector) DO UPDATE SET hard = MAX(hard, excluded.hard),
  soft = MAX(soft, excluded.soft), last = MAX(last, excluded.last), at = MAX(at, excluded.at)`;

/** Keeps a ledger's table of selectors within its limits. */
export interface Limits {
  /** To be called after each purge, in its transaction, with the selectors that it wrote. */
  keep(written: readonly string[]): void;
}

/**
 * The limits of a ledger, which it may reach long before a retention is over.
 *
 * - Urls are purged by every accepted change, so anybody may add to them: past the limit the fullest buckets take the
 *   place of their urls. A flood of n urls costs about n / 100,000 of the entries a miss; the floor stays.
 * - Patterns are matched one by one, so only the last 64 stay: prefixes take the place of the oldest.
 * - The rest is purged by who may: past three quarters of the limit the oldest are forgotten, and the floor rises.
 */
export function ledgerLimits(sql: SqlStorage): Limits {
  /** How much may be written before the sizes have to be measured again. */
  let room = 0;
  let unfoldableRoom = 0;

  return {
    keep(written) {
      for (const selector of written) {
        const size = Math.max(selector.length, LEAST_SIZE);
        room -= size;
        if (!selector.startsWith("url:")) unfoldableRoom -= size;
      }
      if (written.some(isPattern)) foldPatterns(sql);
      if (room > 0 && unfoldableRoom > 0) return;
      if (measure(sql).unfoldable > MOST_UNFOLDABLE) forgetHalf(sql);
      const { size } = measure(sql);
      if (size > MOST_CHARACTERS) fold(sql, size - (MOST_CHARACTERS * 15) / 16);
      const after = measure(sql);
      room = MOST_CHARACTERS - after.size;
      unfoldableRoom = MOST_UNFOLDABLE - after.unfoldable;
    },
  };
}

/** Forgets the purges up to a position; marks below it count as purged from then on. */
export function forgetUpTo(sql: SqlStorage, position: number): void {
  sql.exec("DELETE FROM selectors WHERE last <= ?", position);
  sql.exec("UPDATE head SET floor = MAX(floor, ?)", position);
}

/** Buckets count as room that is never free: there are 1,296 at the most. */
function measure(sql: SqlStorage): { size: number; unfoldable: number } {
  return sql
    .exec<{ size: number; unfoldable: number }>(
      `SELECT TOTAL(${SIZE}) AS size,
         TOTAL(CASE WHEN ${IS_URL} OR selector GLOB 'bucket:*' THEN 0 ELSE ${SIZE} END) AS unfoldable
       FROM selectors`,
    )
    .one();
}

/** Down to half, so that the next time is far off. */
function forgetHalf(sql: SqlStorage): void {
  const newestFirst = sql.exec<{ last: number; size: number }>(
    `SELECT last, ${SIZE} AS size FROM selectors
     WHERE NOT ${IS_URL} AND selector NOT GLOB 'bucket:*' ORDER BY last DESC`,
  );
  let kept = 0;
  let upTo = 0;
  for (const { last, size } of newestFirst) {
    kept += size;
    if (kept > MOST_UNFOLDABLE / 2) upTo = Math.max(upTo, last);
  }
  forgetUpTo(sql, upTo);
}

/** Raises the prefixes of the oldest patterns in their place: they cover all that the patterns covered. */
function foldPatterns(sql: SqlStorage): void {
  const oldest = sql.exec<{ selector: string }>(
    "SELECT selector FROM selectors WHERE selector GLOB 'pattern:*' ORDER BY last DESC LIMIT -1 OFFSET ?",
    MAX_PATTERNS,
  );
  for (const { selector } of oldest.toArray()) {
    sql.exec(
      `INSERT INTO selectors (selector, hard, soft, last, at)
       SELECT ?, hard, soft, last, at FROM selectors WHERE selector = ?
       ${ON_CONFLICT}`,
      patternPrefix(selector),
      selector,
    );
    sql.exec("DELETE FROM selectors WHERE selector = ?", selector);
  }
}

/** Raises buckets in place of their urls, the fullest first, until so much is free. */
function fold(sql: SqlStorage, wanted: number): void {
  const fullest = sql
    .exec<{ bucket: string; size: number }>(
      `SELECT ${BUCKET} AS bucket, TOTAL(${SIZE}) AS size FROM selectors WHERE ${IS_URL}
       GROUP BY bucket ORDER BY size DESC`,
    )
    .toArray();
  const chosen: string[] = [];
  let freed = 0;
  for (const { bucket, size } of fullest) {
    if (freed >= wanted) break;
    chosen.push(bucket);
    freed += size - LEAST_SIZE;
  }
  const members = `${IS_URL} AND ${BUCKET} IN (SELECT value FROM json_each(?))`;
  const list = JSON.stringify(chosen);
  sql.exec(
    `INSERT INTO selectors (selector, hard, soft, last, at)
     SELECT ${BUCKET} AS bucket, MAX(hard), MAX(soft), MAX(last), MAX(at) FROM selectors WHERE ${members} GROUP BY bucket
     ${ON_CONFLICT}`,
    list,
  );
  sql.exec(`DELETE FROM selectors WHERE ${members}`, list);
}
