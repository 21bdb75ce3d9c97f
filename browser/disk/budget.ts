import { promisifyRequest } from "idb-keyval";
import { bytesOf, readTotals, type Totals } from "./record.ts";

/** The most that may be on disk. */
export interface Budget {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** Entries that one transaction removes: small enough that no reader notices. */
const STEP = 10;

export function exceeds({ bytes, entries }: Totals, { maxBytes, maxEntries }: Budget): boolean {
  return bytes > maxBytes || entries > maxEntries;
}

/** The totals as this transaction finds them; counted anew where they are missing or make no sense. */
export async function totalsOf(meta: IDBObjectStore): Promise<Totals> {
  const known = await promisifyRequest<unknown>(meta.transaction.objectStore("sys").get("totals"));
  return readTotals(known) ?? countTotals(meta);
}

export async function countTotals(meta: IDBObjectStore): Promise<Totals> {
  const records = await promisifyRequest<unknown[]>(meta.getAll());
  return {
    bytes: records.reduce<number>((sum, record) => sum + bytesOf(record), 0),
    entries: records.length,
  };
}

export function putTotals(meta: IDBObjectStore, totals: Totals): void {
  meta.transaction.objectStore("sys").put(totals, "totals");
}

/** Lets the next write count anew: a removal needs no room, but writing a number does. */
export function dropTotals(meta: IDBObjectStore): void {
  meta.transaction.objectStore("sys").delete("totals");
}

/** The totals with a change, never below nothing; `undefined` stays unknown. */
export function changed<T extends Totals | undefined>(totals: T, { bytes, entries }: Totals): T | Totals {
  return (
    totals && { bytes: Math.max(0, totals.bytes + bytes), entries: Math.max(0, totals.entries + entries) }
  );
}

/**
 * Removes entries in a cursor's order, ten at the most, until enough have gone.
 *
 * @param isEnough asked before each removal
 * @param kept has the keys of entries that stay
 * @returns the totals without the removed entries; those given where none was removed
 */
export async function removeSome(
  meta: IDBObjectStore,
  request: IDBRequest<IDBCursorWithValue | null>,
  before: Totals,
  isEnough: (totals: Totals) => boolean,
  kept?: ReadonlyMap<IDBValidKey, unknown>,
): Promise<Totals> {
  const bodies = meta.transaction.objectStore("body");
  let totals = before;
  let cursor = await promisifyRequest(request);
  while (cursor !== null && before.entries - totals.entries < STEP && !isEnough(totals)) {
    if (!kept?.has(cursor.primaryKey)) {
      totals = changed(totals, { bytes: -bytesOf(cursor.value), entries: -1 });
      meta.delete(cursor.primaryKey);
      bodies.delete(cursor.primaryKey);
    }
    cursor.continue();
    cursor = await promisifyRequest(request);
  }
  return totals;
}
