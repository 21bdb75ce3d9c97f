import type { Instant, PurgeOrder } from "../src/index.ts";

/** The one row of `head`: where the ledger stands. */
export type Head = { epoch: string; position: number; floor: number };

/** A selector with its last hard and its last soft purge. */
export type SelectorRow = { selector: string; hard: number; soft: number };

/** A purge in the log; `selectors` is a JSON list. */
export type LogRow = {
  position: number;
  at: number;
  mode: string;
  origin: string;
  selectors: string;
  named: number;
  reason: string | null;
};

/** Text of selectors that one row of the log takes; a row may have 2 MB. */
const LOGGED_CHARACTERS = 65_536;
const REASON_CHARACTERS = 500;
/** Purges of operators, and as many positions of traffic, in the log; older ones leave it, but stay in force. */
const LOG_LENGTH = 10_000;
/** Operators' purges are counted only so often: it takes a walk through all of them. */
const COUNTED_EVERY = 256;

/**
 * Makes the ledger's tables unless they are there. The first time it gives the ledger its epoch, which it
 * then keeps for as long as its storage lives. Tables in which urls were written out in full are replaced: the
 * entries of their epoch have no labels that today's selectors match, and another epoch makes those invalid.
 */
export function createTables(storage: DurableObjectStorage, epoch: string): void {
  storage.transactionSync(() => {
    const former = "SELECT 1 FROM sqlite_master WHERE name = 'log' AND sql NOT LIKE '%origin%'";
    if (storage.sql.exec(former).toArray().length > 0)
      storage.sql.exec("DROP TABLE head; DROP TABLE selectors; DROP TABLE log");
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS head (
        id INTEGER PRIMARY KEY CHECK (id = 0), epoch TEXT NOT NULL, position INTEGER NOT NULL, floor INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS selectors (
        selector TEXT PRIMARY KEY, hard INTEGER NOT NULL, soft INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS selectors_by_last ON selectors (last);
      CREATE TABLE IF NOT EXISTS log (
        position INTEGER PRIMARY KEY, at INTEGER NOT NULL, mode TEXT NOT NULL, origin TEXT NOT NULL,
        selectors TEXT NOT NULL, named INTEGER NOT NULL, reason TEXT
      ) STRICT;
      CREATE INDEX IF NOT EXISTS log_by_origin ON log (origin, position);
    `);
    storage.sql.exec("INSERT OR IGNORE INTO head (id, epoch, position, floor) VALUES (0, ?, 0, 0)", epoch);
  });
}

/** Enters a purge into the log. */
export function writeLog(
  sql: SqlStorage,
  { selectors, mode, reason, origin = "operator" }: PurgeOrder,
  position: number,
  at: Instant,
): void {
  sql.exec(
    "INSERT INTO log (position, at, mode, origin, selectors, named, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
    position,
    at,
    mode,
    origin,
    selectorsFor(selectors),
    selectors.length,
    reason === undefined ? null : reason.slice(0, REASON_CHARACTERS),
  );
}

/** Keeps the log short. However much traffic there is, the last purges of operators stay in it. */
export function trimLog(sql: SqlStorage, position: number): void {
  sql.exec("DELETE FROM log WHERE origin = 'traffic' AND position <= ?", position - LOG_LENGTH);
  if (position % COUNTED_EVERY > 0) return;
  sql.exec(
    `DELETE FROM log WHERE origin = 'operator' AND position <=
       (SELECT position FROM log WHERE origin = 'operator' ORDER BY position DESC LIMIT 1 OFFSET ?)`,
    LOG_LENGTH,
  );
}

/** The selectors from the first on, as many as fit. */
function selectorsFor(selectors: readonly string[]): string {
  let room = LOGGED_CHARACTERS;
  const logged = selectors.filter((selector) => (room -= selector.length) >= 0);
  return JSON.stringify(logged);
}
