import type { Instant, Seconds } from "../../clock.ts";
import { withDeadline } from "../../deadline.ts";
import { listsOf } from "../lists.ts";
import type { SqlDatabase, SqlRow, SqlValue } from "./database.ts";

/** A row as it stands. */
export interface Row {
  readonly key: string;
  readonly frame: Uint8Array;
  readonly expiresAt: Instant;
}

/** One table of entries; each call is one statement, and rejects once its time is over. */
export interface Table {
  /** At once where the database works in the foreground. */
  readOne(key: string): Row | undefined | Promise<Row | undefined>;
  writeOne(row: Row): unknown;
  read(keys: readonly string[]): Promise<readonly Row[]>;
  write(rows: readonly Row[]): Promise<void>;
  /** Writes where no row stands; resolves to whether it did. */
  insert(row: Row): Promise<boolean>;
  /** Writes where that very frame stands, resolves to whether it did. Without a time the row's own stays. */
  update(key: string, seen: Uint8Array, frame: Uint8Array, expiresAt: Instant | undefined): Promise<boolean>;
  /** Removes the row if that very frame stands in it; resolves to whether it did. */
  discard(key: string, seen: Uint8Array): Promise<boolean>;
  remove(keys: readonly string[]): Promise<number>;
  /** Keys after one, in their order, of rows whose time is not over. */
  keysAfter(key: string | undefined, now: Instant): Promise<readonly string[]>;
  clear(): Promise<void>;
  /** Removes what has expired, then what was written first, until no more than `most` are left. */
  cull(most: number, now: Instant): Promise<void>;
}

/** D1 binds at most 100 values. */
const MOST_KEYS = 90;
const MOST_ROWS = 30;
const PAGE = 500;

/**
 * @param name of the table: letters, digits and `_`
 * @param create whether to make the table where it is missing
 */
export function sqlTable(database: SqlDatabase, name: string, create: boolean, limit: Seconds): Table {
  /**
   * The time stands before the frame, so that who looks for what is over reads no frames. An index of it would cost each write
   * more than these looks cost all of them together.
   */
  async function make(): Promise<void> {
    await database.write(
      `CREATE TABLE IF NOT EXISTS ${name} (key TEXT PRIMARY KEY NOT NULL, expires_at INTEGER NOT NULL, frame BLOB NOT NULL)`,
      [],
    );
  }

  async function makeFor<T>(error: unknown, run: () => T | Promise<T>): Promise<T> {
    if (!(error instanceof Error && /no such table/i.test(error.message))) throw error;
    if (!create) throw new Error(`Cannot use table ${name}: it is missing`, { cause: error });
    await make();
    return run();
  }

  /** What is there at once has taken no time that a timer could limit. */
  function inTime<T>(run: () => T | Promise<T>): T | Promise<T> {
    try {
      const outcome = run();
      if (!(outcome instanceof Promise)) return outcome;
      const made = outcome.catch((error: unknown) => makeFor(error, run));
      return withDeadline(made, limit, "a statement of SQL");
    } catch (error) {
      return withDeadline(makeFor(error, run), limit, "a statement of SQL");
    }
  }

  const read = (sql: string, values: readonly SqlValue[]) => inTime(() => database.read(sql, values));
  const write = (sql: string, values: readonly SqlValue[]) => inTime(() => database.write(sql, values));
  const readOneSql = `SELECT frame, expires_at FROM ${name} WHERE key = ?`;
  const writeOneSql = `INSERT OR REPLACE INTO ${name} (key, frame, expires_at) VALUES (?, ?, ?)`;

  return {
    readOne(key) {
      const rows = read(readOneSql, [key]);
      const firstOf = ([row]: readonly SqlRow[]) => row && rowOf(row, key);
      return rows instanceof Promise ? rows.then(firstOf) : firstOf(rows);
    },
    writeOne: ({ key, frame, expiresAt }) => write(writeOneSql, [key, frame, expiresAt]),
    async read(keys) {
      const lists = listsOf(MOST_KEYS, [...new Set(keys)]).map(async (list) =>
        read(`SELECT key, frame, expires_at FROM ${name} WHERE key IN (${marks(list.length, "?")})`, list),
      );
      return (await Promise.all(lists)).flat().flatMap((row) => rowOf(row) ?? []);
    },
    async write(rows) {
      for (const list of listsOf(MOST_ROWS, rows)) {
        await write(
          `INSERT OR REPLACE INTO ${name} (key, frame, expires_at) VALUES ${marks(list.length, "(?, ?, ?)")}`,
          list.flatMap(({ key, frame, expiresAt }) => [key, frame, expiresAt]),
        );
      }
    },
    async insert({ key, frame, expiresAt }) {
      // A row of other kinds than ours is none to `read`, and no obstacle here.
      const foreign = "typeof(frame) <> 'blob' OR typeof(expires_at) NOT IN ('integer', 'real')";
      const sql = `INSERT INTO ${name} (key, frame, expires_at) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET frame = excluded.frame, expires_at = excluded.expires_at WHERE ${foreign}`;
      return (await write(sql, [key, frame, expiresAt])) > 0;
    },
    async update(key, seen, frame, expiresAt) {
      const [time, values] = expiresAt === undefined ? ["", []] : [", expires_at = ?", [expiresAt]];
      const sql = `UPDATE ${name} SET frame = ?${time} WHERE key = ? AND frame = ?`;
      return (await write(sql, [frame, ...values, key, seen])) > 0;
    },
    async discard(key, seen) {
      return (await write(`DELETE FROM ${name} WHERE key = ? AND frame = ?`, [key, seen])) > 0;
    },
    async remove(keys) {
      const counts = listsOf(MOST_KEYS, keys).map(async (list) =>
        write(`DELETE FROM ${name} WHERE key IN (${marks(list.length, "?")})`, list),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    async keysAfter(key, now) {
      const after = key === undefined ? "" : "AND key > ?";
      const sql = `SELECT key FROM ${name} WHERE expires_at > ? ${after} ORDER BY key LIMIT ${PAGE}`;
      const rows = await read(sql, key === undefined ? [now] : [now, key]);
      return rows.flatMap((row) => (typeof row["key"] === "string" ? [row["key"]] : []));
    },
    async clear() {
      await write(`DELETE FROM ${name}`, []);
    },
    async cull(most, now) {
      await write(`DELETE FROM ${name} WHERE expires_at <= ?`, [now]);
      // A row that is replaced gets a new number, so the lowest numbers are the oldest writes.
      const surplus = `SELECT rowid FROM ${name} ORDER BY rowid LIMIT max(0, (SELECT count(*) FROM ${name}) - ?)`;
      await write(`DELETE FROM ${name} WHERE rowid IN (${surplus})`, [most]);
    },
  };
}

/** `undefined` for a row of another shape. */
function rowOf({ frame, expires_at: expiresAt, ...row }: SqlRow, key = row["key"]): Row | undefined {
  if (typeof key !== "string" || typeof expiresAt !== "number") return undefined;
  const bytes = bytesOf(frame);
  return bytes && { key, frame: bytes, expiresAt };
}

/** D1 gives blobs as lists of numbers, or as buffers. */
function bytesOf(blob: unknown): Uint8Array | undefined {
  if (blob instanceof Uint8Array) return blob;
  if (blob instanceof ArrayBuffer) return new Uint8Array(blob);
  return Array.isArray(blob) ? Uint8Array.from(blob, Number) : undefined;
}

function marks(count: number, mark: string): string {
  return Array.from({ length: count }, () => mark).join(", ");
}
