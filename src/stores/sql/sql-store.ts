import { systemClock, type Clock, type Instant, type Seconds } from "../../clock.ts";
import { type ByteSize, type Duration, toBytes, toSeconds } from "../../duration.ts";
import { cannot } from "../../errors.ts";
import { report, type OnEvent } from "../../events.ts";
import type { Entry, Write } from "../../store.ts";
import { changes } from "../cell.ts";
import { decodeEntry, encodeEntry } from "../frame.ts";
import { globMatcher } from "../glob.ts";
import type { WideStore } from "../wide.ts";
import { sqlDatabase, type SqlClient } from "./database.ts";
import { sqlTable, type Row } from "./table.ts";

/** Options of {@link sqlStore}. */
export interface SqlStoreOptions {
  /** A database of `node:sqlite`, or a D1 of a Worker. */
  readonly database: SqlClient;
  /** Letters, digits and `_`. @defaultValue "tidemark_entries" */
  readonly table?: string;
  /** Whether to make the table where it is missing; otherwise calls reject. @defaultValue true */
  readonly create?: boolean;
  /**
   * The most rows there may be, give or take a tenth for each process that writes. What has expired goes first, then what
   * was written first.
   *
   * @defaultValue 10000
   */
  readonly maxEntries?: number;
  /** A larger entry is not kept, and `set` rejects. @defaultValue 1,900,000 bytes: D1 takes rows of 2 MB */
  readonly maxEntryBytes?: ByteSize;
  /** How long one statement may take, more than 0. @defaultValue "1s" */
  readonly timeout?: Duration;
  /** Hears of entries that could not be read; they are removed. */
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}

/** The last instant there is, for entries without an end. */
const LAST: Instant = 8.64e15;

/**
 * Keeps entries in one table of SQLite: in a file of `node:sqlite`, or in D1. Rows are removed when their time is over and
 * when there are too many, some with every write that makes it a tenth of `maxEntries`, and with the first of each process.
 *
 * @throws {TypeError} if the database is none that it knows, or an option has the wrong shape
 * @throws {RangeError} if an option's value is out of range
 */
export function sqlStore(options: SqlStoreOptions): WideStore {
  const {
    database,
    table = "tidemark_entries",
    create = true,
    maxEntries = 10_000,
    timeout = "1s",
  } = options;
  const { maxEntryBytes = 1_900_000, onEvent, clock = systemClock } = options;
  if (!/^[a-z_]\w{0,62}$/i.test(table))
    throw new TypeError(cannot("use table", "it must be 1 to 63 letters, digits or underscores", table));
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
    throw new RangeError(cannot("read maxEntries", "it must be a whole number from 1 on", maxEntries));
  const limit = toSeconds(timeout, "timeout");
  if (limit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));
  const mostBytes = toBytes(maxEntryBytes, "maxEntryBytes");
  const rows = sqlTable(sqlDatabase(database), table, create, limit);

  const every = Math.max(1, Math.floor(maxEntries / 10));
  let writes = 0;
  function wrote(count: number): Promise<void> | undefined {
    const isDue = writes === 0 || Math.floor((writes + count) / every) > Math.floor(writes / every);
    writes += count;
    return isDue ? rows.cull(maxEntries, clock()) : undefined;
  }

  function rowOf(key: string, entry: Entry, ttl: Seconds): Row {
    const frame = encodeEntry(key, entry);
    return {
      key,
      frame,
      expiresAt: Math.min(Math.ceil(entry.expiresAt), clock() + Math.ceil(ttl * 1_000), LAST),
    };
  }

  function insistOnSize({ frame }: Row): void {
    if (frame.byteLength > mostBytes) {
      throw new RangeError(
        cannot("keep an entry", `its size must not exceed ${mostBytes} bytes`, frame.byteLength),
      );
    }
  }

  /** The live entry of a row; what cannot be read is removed. */
  function live(key: string, row: Row | undefined): Entry | undefined | Promise<undefined> {
    if (row === undefined) return undefined;
    const entry = decodeEntry(key, row.frame);
    if (entry === undefined) return discard(key, row.frame);
    return Math.min(row.expiresAt, entry.expiresAt) > clock() ? entry : undefined;
  }

  async function discard(key: string, frame: Uint8Array): Promise<undefined> {
    report(onEvent, { type: "unreadable-entry", store: "sql", key });
    await rows.discard(key, frame);
  }

  async function getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    const found = new Map((await rows.read(keys)).map((row) => [row.key, row]));
    return Promise.all(keys.map(async (key) => live(key, found.get(key))));
  }

  async function setMany(all: readonly Write[]): Promise<void> {
    const over = all.filter(({ ttl }) => !(ttl > 0)).map(({ key }) => key);
    const kept = all.filter(({ ttl }) => ttl > 0).map(({ key, entry, ttl }) => rowOf(key, entry, ttl));
    const large = kept.filter(({ frame }) => frame.byteLength > mostBytes);
    await rows.remove([...over, ...large.map(({ key }) => key)]);
    await rows.write(kept.filter((row) => !large.includes(row)));
    if (kept.length > 0) await wrote(kept.length);
    for (const row of large) insistOnSize(row);
  }

  const changing = changes<Uint8Array>({
    async look(key) {
      const [row] = await rows.read([key]);
      return { trace: row?.frame, entry: await live(key, row) };
    },
    async swap(key, { trace }, next) {
      if (next === undefined) return trace === undefined || rows.discard(key, trace);
      const { entry, ttl } = next;
      const row = rowOf(key, entry, ttl === "keep" ? Infinity : ttl);
      insistOnSize(row);
      return trace === undefined
        ? rows.insert(row)
        : rows.update(key, trace, row.frame, ttl === "keep" ? undefined : row.expiresAt);
    },
  });

  return {
    name: "sql",
    async get(key) {
      const row = rows.readOne(key);
      return live(key, row instanceof Promise ? await row : row);
    },
    getMany,
    async set(key, entry, ttl) {
      const row = ttl > 0 ? rowOf(key, entry, ttl) : undefined;
      if (row === undefined || row.frame.byteLength > mostBytes) return setMany([{ key, entry, ttl }]);
      const written = rows.writeOne(row);
      if (written instanceof Promise) await written;
      const culled = wrote(1);
      if (culled !== undefined) await culled;
    },
    setMany,
    delete: async (keys) => rows.remove(keys),
    ...changing,
    async add(key, entry, ttl) {
      const added = await changing.add(key, entry, ttl);
      if (added) await wrote(1);
      return added;
    },
    async *keys(pattern) {
      const matches = globMatcher(pattern);
      let page = await rows.keysAfter(undefined, clock());
      while (page.length > 0) {
        yield* page.filter(matches);
        page = await rows.keysAfter(page.at(-1), clock());
      }
    },
    clear: () => rows.clear(),
  };
}
