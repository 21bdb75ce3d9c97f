import { promisifyRequest } from "idb-keyval";
import { report, type Clock, type Entry, type OnEvent, type Seconds, type Store } from "../../src/index.ts";
import { entryBytes, type Body } from "../body.ts";
import type { ApiCacheEvent } from "../events.ts";
import {
  changed,
  countTotals,
  dropTotals,
  exceeds,
  putTotals,
  removeSome,
  totalsOf,
  type Budget,
} from "./budget.ts";
import { isNamed, type Database } from "./database.ts";
import { bytesOf, readRecord, readTotals, toRecords, type Records, type Totals } from "./record.ts";
import type { Safe } from "./safe.ts";
import { sharedReads } from "./shared-reads.ts";
import { atomically } from "./transaction.ts";
import { useNotes } from "./uses.ts";
import { writeBehind, type Wanted } from "./write-behind.ts";

export interface DiskStoreOptions {
  readonly database: Database;
  readonly budget: Budget & { readonly maxEntryBytes: number };
  readonly clock: Clock;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
  readonly safe: Safe;
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
  /** Resolves when all changes have been tried. */
  settled(): Promise<void>;
}

/** Opens a cursor over records that may go. */
type Cursor = (meta: IDBObjectStore) => IDBRequest<IDBCursorWithValue | null>;

/** Where records are that may go. */
type Source = (meta: IDBObjectStore) => readonly [records: IDBObjectStore | IDBIndex, range: IDBKeyRange];

const oldest: Cursor = (meta) => meta.index("usedAt").openCursor();

const USE_NOTED_EVERY_MS = 60_000;
const QUOTA: ReadonlySet<string> = new Set(["QuotaExceededError"]);

/**
 * Keeps entries in IndexedDB within a budget of bytes and entries; the least recently used leave in the transaction
 * of the write that makes it necessary. Without a database it is an empty store that takes everything and keeps nothing.
 */
export function diskStore({ database, budget, clock, onEvent, safe, later }: DiskStoreOptions): DiskStore {
  const meta = database.use("meta");
  const reads = sharedReads(database.use("body"));
  const uses = useNotes({ change, clock });
  const isWithin = (totals: Totals): boolean => !exceeds(totals, budget);

  /** One transaction: all of it, or nothing. */
  function change<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    return meta("readwrite", (store) => atomically(store, () => work(store)));
  }

  /** One small transaction of removals, in a cursor's order; resolves to the totals before and after. */
  function shrink(
    open: Cursor,
    isEnough: (totals: Totals) => boolean,
    {
      settle = putTotals,
      kept,
    }: { readonly settle?: typeof putTotals; readonly kept?: ReadonlyMap<IDBValidKey, unknown> } = {},
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

  /** Made before the transaction, which would be over by the time that one is sealed. */
  async function recordsOf(key: string, wanted: Wanted): Promise<Records> {
    if (wanted === null) return null;
    const { meta, kept } = toRecords(wanted, entryBytes(key, wanted), clock());
    return { meta, kept: await safe.lock(key, kept) };
  }

  /** Puts or removes one entry; resolves to what that adds to the totals. */
  async function replace(store: IDBObjectStore, key: string, records: Records): Promise<Totals> {
    const bodies = store.transaction.objectStore("body");
    const old = promisifyRequest<unknown>(store.get(key));
    old.catch(() => undefined); // Awaited below, unless what follows throws.
    if (records === null) {
      store.delete(key);
      bodies.delete(key);
    } else {
      store.put(records.meta, key);
      bodies.put(records.kept, key);
    }
    const before = await old;
    return {
      bytes: (records?.meta.bytes ?? 0) - bytesOf(before),
      entries: Number(records !== null) - Number(before !== undefined),
    };
  }

  /** One transaction of changes, and as many as it takes to keep the budget. */
  async function write(batch: ReadonlyMap<string, Records>, settle = putTotals): Promise<void> {
    let step = await change(async (store) => {
      // All is asked for at once: whoever wants to read waits until this page has dealt with the answers.
      const known = promisifyRequest<unknown>(store.transaction.objectStore("sys").get("totals"));
      const differences = [...batch].map(([key, wanted]) => replace(store, key, wanted));
      const [totals, ...changes] = await Promise.all([known, ...differences]);
      const before = changes.reduce(changed, readTotals(totals)) ?? (await countTotals(store));
      const after = isWithin(before)
        ? before
        : await removeSome(store, oldest(store), before, isWithin, batch);
      settle(store, after);
      return [before, after] as const;
    });
    reportEvicted(step);
    while (step[0] !== step[1] && !isWithin(step[1])) {
      step = await shrink(oldest, isWithin, { kept: batch });
      reportEvicted(step);
    }
  }

  /** As `write`; where there is no room the oldest leave, and what finds none even then is not kept. */
  async function commit(changed: ReadonlyMap<string, Wanted>): Promise<void> {
    if (!(await database.ready())) return;
    const made = [...changed].map(async ([key, wanted]) => [key, await recordsOf(key, wanted)] as const);
    const batch = new Map(await Promise.all(made));
    const [[key, wanted] = ["", null], ...others] = batch;
    // What is in use leaves last.
    await uses.note().catch(() => undefined);
    await write(batch).catch(async (error: unknown) => {
      if (!isNamed(error, QUOTA) || others.length > 0) throw error;
      // What stands under the key is out of date. Where there is no room left there is none for new totals.
      await write(new Map([[key, null]]), dropTotals);
      if (wanted === null) return;
      reportEvicted(await shrink(oldest, () => false, { settle: dropTotals, kept: batch }));
      await write(batch).catch((again: unknown) => {
        if (!isNamed(again, QUOTA)) throw again;
        report(onEvent, { type: "quota-reached", key, error: again });
      });
    });
  }

  async function empty(): Promise<void> {
    if (!(await database.ready())) return;
    await change(async (store) => {
      store.clear();
      store.transaction.objectStore("body").clear();
      dropTotals(store);
    });
  }

  const changes = writeBehind({ commit, empty, bytesOf: entryBytes });

  /** What was read, if it is still good; it is removed otherwise. */
  function current(key: string, record: unknown): Entry<Body> | undefined {
    if (record === undefined) return undefined;
    const found = readRecord(record);
    if (found === undefined) report(onEvent, { type: "unreadable-entry", store: "disk", key });
    const now = clock();
    if (found === undefined || found.entry.expiresAt <= now) {
      later(changes.put(key, null));
      return undefined;
    }
    if (now - Math.max(found.writtenAt, uses.notedAt(key)) >= USE_NOTED_EVERY_MS) later(uses.add(key));
    return found.entry;
  }

  return {
    name: "disk",
    touch: uses.add,

    async get(key) {
      if (!(await database.ready())) return undefined;
      if (changes.peek(key) === undefined) {
        if (reads.areStuck()) return undefined;
        const kept = await reads.read(key);
        const record = kept === undefined ? undefined : await safe.unlock(key, kept);
        // While it was read it may have become another one.
        if (changes.peek(key) === undefined) return current(key, record);
      }
      const wanted = changes.peek(key);
      return wanted && wanted.expiresAt > clock() ? wanted : undefined;
    },

    async set(key: string, entry: Entry<Body>, ttl: Seconds) {
      const size = entryBytes(key, entry);
      await changes.put(key, ttl > 0 && size <= budget.maxEntryBytes ? { ...entry, size } : null);
    },

    async delete(keys) {
      await Promise.all(keys.map((key) => changes.put(key, null)));
      return keys.length;
    },

    clear: changes.clear,
    settled: changes.settled,

    async sweep(prefix) {
      // Keys of this version begin with the prefix, which ends in a colon; the next character after it ends them.
      const end = `${prefix.slice(0, -1)};`;
      const sources: Source[] = [
        (store) => [store.index("expiresAt"), IDBKeyRange.upperBound(clock())],
        (store) => [store, IDBKeyRange.upperBound(prefix, true)],
        (store) => [store, IDBKeyRange.lowerBound(end)],
      ];
      for (const source of sources) {
        const isMore = (): Promise<boolean> =>
          meta("readonly", async (store) => {
            const [records, range] = source(store);
            return (await promisifyRequest(records.getKey(range))) !== undefined;
          });
        const open: Cursor = (store) => {
          const [records, range] = source(store);
          return records.openCursor(range);
        };
        // A look first: it lets others read, as a change does not.
        while ((await database.ready()) && (await isMore())) await shrink(open, () => false);
      }
    },

    async totals() {
      const nothing = { bytes: 0, entries: 0 };
      await changes.settled();
      if (!(await database.ready())) return nothing;
      const known = await database.use("sys")("readonly", (sys) =>
        promisifyRequest<unknown>(sys.get("totals")),
      );
      return readTotals(known) ?? nothing;
    },
  };
}
