import type { Instant } from "../src/index.ts";
import type { EvictionItem } from "./eviction-sinks.ts";

/** An item that waits for its sink. */
export interface Waiting extends EvictionItem {
  readonly sink: string;
  readonly attempts: number;
  /** Where its sink goes on, if it has begun. */
  readonly cursor: string | null;
}

/** An item that was given up. */
export interface DeadLetter extends EvictionItem {
  readonly sink: string;
  readonly attempts: number;
  readonly error: string;
}

type Row = {
  sink: string;
  kind: string;
  value: string;
  epoch: string;
  position: number;
  attempts: number;
  cursor: string | null;
  error: string | null;
};

/** After so many failures an item is given up; with the pauses between them that is about a day. */
const MOST_ATTEMPTS = 12;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 4 * 3_600_000;
/** Items that wait. Beyond it further ones are not taken in: what they name stays where it is, unserved. */
const MOST_WAITING = 100_000;
const COUNTED_EVERY_MS = 60_000;
const ERROR_CHARACTERS = 200;

/** What waits to be deleted, in a Durable Object's SQLite: it outlives the object. */
export interface EvictionQueue {
  /** Equal items wait once, under their latest purge. Of what is waited for already, everything covers all. */
  add(sink: string, items: readonly EvictionItem[], dueAt: Instant): void;
  /** The next call for a sink: items of one kind, the longest waiting first; none while its quota is used up. */
  take(sink: Quota, now: Instant): readonly Waiting[];
  done(items: readonly Waiting[]): void;
  /** It has begun, and goes on from the cursor. */
  goOn(item: Waiting, cursor: string, now: Instant): void;
  failed(items: readonly Waiting[], error: string, now: Instant): void;
  /** When there is something to do next. */
  nextAt(sinks: readonly Quota[], now: Instant): Instant | undefined;
  count(): Readonly<Record<string, number>>;
  dead(limit: number): readonly DeadLetter[];
  /** Gives what was given up another try. */
  revive(now: Instant): number;
}

export interface Quota {
  readonly name: string;
  readonly burst: number;
  readonly perMinute: number;
  readonly batch: number;
}

export function evictionQueue(sql: SqlStorage): EvictionQueue {
  sql.exec(`
    CREATE TABLE IF NOT EXISTS items (
      sink TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, epoch TEXT NOT NULL, position INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0, due INTEGER, cursor TEXT, error TEXT, PRIMARY KEY (sink, kind, value)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS items_due ON items (sink, due) WHERE due IS NOT NULL;
    CREATE TABLE IF NOT EXISTS buckets (sink TEXT PRIMARY KEY, tokens REAL NOT NULL, at INTEGER NOT NULL) STRICT;
  `);

  let total = countAll();
  let countedAt = 0;

  function countAll(): number {
    return sql.exec<{ total: number }>("SELECT COUNT(*) AS total FROM items").one().total;
  }

  function tokensOf({ name, burst, perMinute }: Quota, now: Instant): number {
    const [bucket] = sql
      .exec<{ tokens: number; at: number }>("SELECT tokens, at FROM buckets WHERE sink = ?", name)
      .toArray();
    if (bucket === undefined) return burst;
    // A clock that was set back brings nothing.
    return Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 60_000) * perMinute);
  }

  function spend(quota: Quota, tokens: number, now: Instant): void {
    sql.exec(
      `INSERT INTO buckets (sink, tokens, at) VALUES (?1, ?2, ?3)
       ON CONFLICT (sink) DO UPDATE SET tokens = ?2, at = MAX(at, ?3)`,
      quota.name,
      tokens - 1,
      now,
    );
  }

  function put(sink: string, { kind, value, purge }: EvictionItem, dueAt: Instant): void {
    sql.exec(
      `INSERT INTO items (sink, kind, value, epoch, position, due) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (sink, kind, value) DO UPDATE SET
         epoch = excluded.epoch, position = excluded.position, attempts = 0, cursor = NULL, error = NULL,
         due = MIN(COALESCE(due, excluded.due), excluded.due)`,
      ...[sink, kind, value, purge.epoch, purge.position, dueAt],
    );
  }

  return {
    add(sink, items, dueAt) {
      const all = items.find(({ kind }) => kind === "everything");
      if (all !== undefined) {
        sql.exec("DELETE FROM items WHERE sink = ?", sink);
        put(sink, all, dueAt);
        total = countAll();
        return;
      }
      for (const item of items.slice(0, Math.max(0, MOST_WAITING - total))) put(sink, item, dueAt);
      total += items.length;
      // Equal items take no room: counted anew when it seems full, but seldom, as it takes a walk through all of them.
      if (total < MOST_WAITING || Math.abs(dueAt - countedAt) < COUNTED_EVERY_MS) return;
      total = countAll();
      countedAt = dueAt;
    },
    take(quota, now) {
      const tokens = tokensOf(quota, now);
      const [first] = sql
        .exec<Row>("SELECT * FROM items WHERE sink = ? AND due <= ? ORDER BY due LIMIT 1", quota.name, now)
        .toArray();
      if (first === undefined || tokens < 1) return [];
      spend(quota, tokens, now);
      // One that has begun goes on alone.
      if (first.cursor !== null) return [waitingOf(first)];
      const rows = sql.exec<Row>(
        "SELECT * FROM items WHERE sink = ? AND kind = ? AND due <= ? AND cursor IS NULL ORDER BY due LIMIT ?",
        ...[quota.name, first.kind, now, quota.batch],
      );
      return Array.from(rows, waitingOf);
    },
    done(items) {
      total = Math.max(0, total - items.length);
      // One that was named again meanwhile has another purge, and waits on.
      for (const { sink, kind, value, purge } of items)
        sql.exec(
          "DELETE FROM items WHERE sink = ? AND kind = ? AND value = ? AND epoch = ? AND position = ?",
          ...[sink, kind, value, purge.epoch, purge.position],
        );
    },
    goOn({ sink, kind, value, purge }, cursor, now) {
      sql.exec(
        "UPDATE items SET cursor = ?, due = ?, attempts = 0 WHERE sink = ? AND kind = ? AND value = ? AND epoch = ? AND position = ?",
        ...[cursor, now, sink, kind, value, purge.epoch, purge.position],
      );
    },
    failed(items, error, now) {
      for (const { sink, kind, value, purge, attempts } of items) {
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
        const dueAt = attempts + 1 < MOST_ATTEMPTS ? now + pause : null;
        sql.exec(
          `UPDATE items SET attempts = ?, due = ?, error = ?
           WHERE sink = ? AND kind = ? AND value = ? AND epoch = ? AND position = ?`,
          ...[
            attempts + 1,
            dueAt,
            error.slice(0, ERROR_CHARACTERS),
            sink,
            kind,
            value,
            purge.epoch,
            purge.position,
          ],
        );
      }
    },
    nextAt(sinks, now) {
      const times = sinks.flatMap((quota) => {
        const { due } = sql
          .exec<{ due: number | null }>("SELECT MIN(due) AS due FROM items WHERE sink = ?", quota.name)
          .one();
        const missing = Math.max(0, 1 - tokensOf(quota, now));
        return due === null ? [] : [Math.max(due, now + Math.ceil((missing / quota.perMinute) * 60_000))];
      });
      return times.length === 0 ? undefined : Math.min(...times);
    },
    count() {
      const rows = sql.exec<{ sink: string; waiting: number }>(
        "SELECT sink, COUNT(*) AS waiting FROM items WHERE due IS NOT NULL GROUP BY sink",
      );
      return Object.fromEntries(Array.from(rows, ({ sink, waiting }) => [sink, waiting]));
    },
    dead(limit) {
      const rows = sql.exec<Row>(
        "SELECT * FROM items WHERE due IS NULL ORDER BY position DESC LIMIT ?",
        limit,
      );
      return Array.from(rows, (row) => ({ ...waitingOf(row), error: row.error ?? "" }));
    },
    revive(now) {
      const { dead } = sql
        .exec<{ dead: number }>("SELECT COUNT(*) AS dead FROM items WHERE due IS NULL")
        .one();
      sql.exec("UPDATE items SET due = ?, attempts = 0 WHERE due IS NULL", now);
      return dead;
    },
  };
}

function waitingOf({ sink, kind, value, epoch, position, attempts, cursor }: Row): Waiting {
  // Only `add` writes kinds.
  return { sink, kind: kind as EvictionItem["kind"], value, purge: { epoch, position }, attempts, cursor };
}
