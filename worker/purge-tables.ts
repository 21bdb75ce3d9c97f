import {
  KEY_LIFE_MS,
  logged,
  MOST_KEYS,
  orderName,
  type Instant,
  type LoggedPurge,
  type PurgeMode,
  type PurgeOrder,
  type PurgeReceipt,
} from "../src/index.ts";

/** The one row of `head`: where the ledger stands. */
export type Head = { epoch: string; position: number; floor: number };

/** A selector with its last hard and its last soft purge. */
export type SelectorRow = { selector: string; hard: number; soft: number };

/** A purge in the log; `selectors` is a JSON list. */
type LogRow = {
  position: number;
  at: number;
  mode: PurgeMode;
  origin: LoggedPurge["origin"];
  actor: string | null;
  idempotencyKey: string | null;
  selectors: string;
  named: number;
  reason: string | null;
};

/** Purges of operators, and as many positions of traffic, in the log; older ones leave it, but stay in force. */
const LOG_LENGTH = 10_000;
/** Operators' purges are counted only so often: it takes a walk through all of them. */
const COUNTED_EVERY = 256;

/**
 * Makes the ledger's tables unless they are there. The first time it gives the ledger its epoch, which it
 * then keeps for as long as its storage lives. Tables in which urls or groups were written out in full are replaced:
 * the entries of their epoch have no labels that today's selectors match, and another epoch makes those invalid.
 */
export function createTables(storage: DurableObjectStorage, epoch: string): void {
  storage.transactionSync(() => {
    const former = "SELECT 1 FROM sqlite_master WHERE name = 'log' AND sql NOT LIKE '%actor%'";
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
        position INTEGER PRIMARY KEY, at INTEGER NOT NULL, mode TEXT NOT NULL, origin TEXT NOT NULL, actor TEXT,
        idempotencyKey TEXT, selectors TEXT NOT NULL, named INTEGER NOT NULL, reason TEXT
      ) STRICT;
      CREATE INDEX IF NOT EXISTS log_by_origin ON log (origin, position);
      CREATE TABLE IF NOT EXISTS keys (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, purge TEXT NOT NULL, at INTEGER NOT NULL,
        position INTEGER NOT NULL, selectors INTEGER NOT NULL
      ) STRICT;
    `);
    storage.sql.exec("INSERT OR IGNORE INTO head (id, epoch, position, floor) VALUES (0, ?, 0, 0)", epoch);
  });
}

/** Enters a purge into the log. */
export function writeLog(sql: SqlStorage, order: PurgeOrder, position: number, at: Instant): void {
  const { mode, origin, actor, idempotencyKey, selectors, named, reason } = logged(order);
  sql.exec(
    `INSERT INTO log (position, at, mode, origin, actor, idempotencyKey, selectors, named, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    position,
    at,
    mode,
    origin,
    actor,
    idempotencyKey,
    JSON.stringify(selectors),
    named,
    reason,
  );
}

/** The last purges before a position, newest first. */
export function readLog(sql: SqlStorage, limit: number, before: number): LoggedPurge[] {
  const rows = sql.exec<LogRow>(
    "SELECT * FROM log WHERE position < ? ORDER BY position DESC LIMIT ?",
    before,
    limit,
  );
  return Array.from(rows, ({ at, selectors, ...row }) => ({
    ...row,
    orderedAt: at,
    selectors: JSON.parse(selectors),
  }));
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

/** What the ledger remembers of an order's key: its receipt if this is the same order. `undefined` = nothing. */
export function findKey(
  sql: SqlStorage,
  order: PurgeOrder,
  now: Instant,
): Pick<PurgeReceipt, "position" | "selectors"> | "conflict" | undefined {
  if (order.idempotencyKey === undefined) return undefined;
  const [known] = sql
    .exec<{ purge: string; position: number; selectors: number }>(
      "SELECT purge, position, selectors FROM keys WHERE key = ? AND at > ?",
      order.idempotencyKey,
      now - KEY_LIFE_MS,
    )
    .toArray();
  if (known === undefined) return undefined;
  const { purge, ...receipt } = known;
  return purge === orderName(order) ? receipt : "conflict";
}

/** Remembers an order's key, and forgets those whose day is over. */
export function writeKey(sql: SqlStorage, order: PurgeOrder, receipt: PurgeReceipt, at: Instant): void {
  if (order.idempotencyKey === undefined) return;
  forgetKeys(sql, at);
  const { id } = sql
    .exec<{ id: number }>(
      "INSERT OR REPLACE INTO keys (key, purge, at, position, selectors) VALUES (?, ?, ?, ?, ?) RETURNING id",
      order.idempotencyKey,
      orderName(order),
      at,
      receipt.position,
      receipt.selectors,
    )
    .one();
  sql.exec("DELETE FROM keys WHERE id <= ?", id - MOST_KEYS);
}

/** Keys are numbered as they come, so the oldest stand first. */
export function forgetKeys(sql: SqlStorage, now: Instant): void {
  sql.exec(
    "DELETE FROM keys WHERE id < IFNULL((SELECT id FROM keys WHERE at > ? ORDER BY id LIMIT 1), 9223372036854775807)",
    now - KEY_LIFE_MS,
  );
}
