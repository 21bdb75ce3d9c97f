import { promisifyRequest } from "idb-keyval";
import { report, type Clock, type Entry, type OnEvent, type Seconds, type Store } from "../../src/index.ts";
import type { Body } from "../body.ts";
import type { ApiCacheEvent } from "../events.ts";
import { changed, dropTotals, exceeds, putTotals, removeSome, totalsOf, type Budget } from "./budget.ts";
import { isNamed, type Database } from "./database.ts";
import { bytesOf, readRecord, readTotals, toRecord, type MetaRecord, type Totals } from "./record.ts";
import { sharedReads } from "./shared-reads.ts";
import { atomically } from "./transaction.ts";

export interface DiskStoreOptions {
  readonly database: Database;
  readonly budget: Budget & { readonly maxEntryBytes: number };
  readonly clock: Clock;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
  /** Takes writes of last use, for which no read waits. */
  readonly later: (work: Promise<unknown>) => void;
}

export interface DiskStore extends Store<Body> {
  clear(): Promise<void>;
  /** Notes that an entry is in use, so that others leave before it. */
  touch(key: string): Promise<void>;
  /** Removes what has expired and what other versions left, a few entries at a time. */
  sweep(prefix: string): Promise<void>;
  totals(): Promise<Totals>;
}

/** Opens a cursor over records that may go. */
type Cursor = (meta: IDBObjectStore) => IDBRequest<IDBCursorWithValue | null>;

const oldest: Cursor = (meta) => meta.index("usedAt").openCursor();

const USE_NOTED_EVERY_MS = 60_000;
const QUOTA: ReadonlySet<string> = new Set(["QuotaExceededError"]);

/**
 * Keeps entries in IndexedDB within a budget of bytes and entries; the least recently used leave in the transaction
 * of the write that makes it necessary. Without a database it is an empty store that takes everything and keeps nothing.
 */
export function diskStore({ database, budget, clock, onEvent, later }: DiskStoreOptions): DiskStore {
  const meta = database.use("meta");
  const read = sharedReads(meta);
  const isWithin = (totals: Totals): boolean => !exceeds(totals, budget);

  /** One transaction: all of it, or nothing. */
  function change<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    return meta("readwrite", (store) => atomically(store, () => work(store)));
  }

  /** One small transaction of removals, in a cursor's order; resolves to the totals before and after. */
  function shrink(
    open: Cursor,
    isEnough: (totals: Totals) => boolean,
    { settle = putTotals, kept }: { readonly settle?: typeof putTotals; readonly kept?: string } = {},
  ): Promise<readonly [before: Totals, after: Totals]> {
    return change(async (store) => {
      const before = await totalsOf(store);
      const after = await removeSome(store, open(store), before, isEnough, kept);
      if (after !== before) settle(store, after);
      return [before, after];
    });
  }

  function reportEvicted([before, after]: readonly [before: Totals, after: Totals]): void {
    const entries = before.entries - after.entries;
    if (entries > 0) report(onEvent, { type: "storage-evicted", entries, bytes: before.bytes - after.bytes });
  }

  async function write(key: string, record: MetaRecord, body: Body | null): Promise<void> {
    let step = await change(async (store) => {
      const bodies = store.transaction.objectStore("body");
      const [old, known] = await Promise.all([promisifyRequest<unknown>(store.get(key)), totalsOf(store)]);
      store.put(record, key);
      if (body === null) bodies.delete(key);
      else bodies.put(body, key);
      const before = changed(known, record.bytes - bytesOf(old), old === undefined ? 1 : 0);
      const after = await removeSome(store, oldest(store), before, isWithin, key);
      putTotals(store, after);
      return [before, after] as const;
    });
    reportEvicted(step);
    while (step[0] !== step[1] && !isWithin(step[1])) {
      step = await shrink(oldest, isWithin, { kept: key });
      reportEvicted(step);
    }
  }

  /** Resolves to how many were there. Works in a full database too, which has no room even for new totals. */
  async function remove(keys: readonly string[], settle = putTotals): Promise<number> {
    const removal = change(async (store) => {
      const bodies = store.transaction.objectStore("body");
      const [known, ...olds] = await Promise.all([
        totalsOf(store),
        ...keys.map((key) => promisifyRequest<unknown>(store.get(key))),
      ]);
      for (const key of keys) {
        store.delete(key);
        bodies.delete(key);
      }
      const there = olds.filter((old) => old !== undefined);
      const bytes = there.reduce<number>((sum, old) => sum + bytesOf(old), 0);
      settle(store, changed(known, -bytes, -there.length));
      return there.length;
    });
    if (settle !== putTotals) return removal;
    return removal.catch((error: unknown) => {
      if (!isNamed(error, QUOTA)) throw error;
      return remove(keys, dropTotals);
    });
  }

  /** Nobody waits for these: a failure costs an entry its place in the order of use, or is met again by the next read. */
  async function touch(key: string): Promise<void> {
    if (!(await database.ready())) return;
    await change(async (store) => {
      const record = await promisifyRequest<unknown>(store.get(key));
      if (typeof record === "object" && record !== null) store.put({ ...record, usedAt: clock() }, key);
    });
  }

  return {
    name: "disk",
    touch,

    async get(key) {
      if (!(await database.ready())) return undefined;
      const [record, body] = await read(key);
      if (record === undefined && body === undefined) return undefined;
      const found = readRecord(record, body);
      if (found === undefined) report(onEvent, { type: "unreadable-entry", store: "disk", key });
      const now = clock();
      if (found === undefined || found.entry.expiresAt <= now) {
        later(remove([key]));
        return undefined;
      }
      if (now - found.usedAt >= USE_NOTED_EVERY_MS) later(touch(key));
      return found.entry;
    },

    async set(key: string, entry: Entry<Body>, ttl: Seconds) {
      if (!(await database.ready())) return;
      const record = toRecord(key, entry, clock());
      if (ttl <= 0 || record.bytes > budget.maxEntryBytes) {
        await remove([key]);
        return;
      }
      try {
        await write(key, record, entry.body);
      } catch (error) {
        // What stands under the key is out of date, whatever becomes of its successor.
        await remove([key]);
        if (!isNamed(error, QUOTA)) throw error;
        // Where there is no room left there is none for new totals.
        reportEvicted(await shrink(oldest, () => false, { settle: dropTotals, kept: key }));
        await write(key, record, entry.body).catch((again: unknown) => {
          if (!isNamed(again, QUOTA)) throw again;
          report(onEvent, { type: "quota-reached", key, error: again });
        });
      }
    },

    async delete(keys) {
      return (await database.ready()) ? remove(keys) : 0;
    },

    async clear() {
      if (!(await database.ready())) return;
      await change(async (store) => {
        store.clear();
        store.transaction.objectStore("body").clear();
        dropTotals(store);
      });
    },

    async sweep(prefix) {
      // Keys of this version begin with the prefix, which ends in a colon; the next character after it ends them.
      const end = `${prefix.slice(0, -1)};`;
      const sources: Cursor[] = [
        (store) => store.index("expiresAt").openCursor(IDBKeyRange.upperBound(clock())),
        (store) => store.openCursor(IDBKeyRange.upperBound(prefix, true)),
        (store) => store.openCursor(IDBKeyRange.lowerBound(end)),
      ];
      for (const source of sources) {
        for (let isMore = true; isMore && (await database.ready());) {
          const [before, after] = await shrink(source, () => false);
          isMore = after !== before;
        }
      }
    },

    async totals() {
      const nothing = { bytes: 0, entries: 0 };
      if (!(await database.ready())) return nothing;
      const known = await database.use("sys")("readonly", (sys) =>
        promisifyRequest<unknown>(sys.get("totals")),
      );
      return readTotals(known) ?? nothing;
    },
  };
}
