import { promisifyRequest } from "idb-keyval";
import type { Clock, Instant } from "../../src/index.ts";

/** Which entries are in use: those that are not leave first. */
export interface UseNotes {
  /** Notes a use together with others that come within a moment. Resolves once they are on disk. */
  add(key: string): Promise<void>;
  /** Writes what is to be noted, a few entries at a time. A failure costs an entry its place in the order of use. */
  note(): Promise<void>;
  /** When a use of an entry was noted last, as far as this page knows. */
  notedAt(key: string): Instant;
}

const GATHERED_FOR_MS = 100;
const AT_ONCE = 10;

/** @param change does work in a transaction on `meta` */
export function useNotes({
  change,
  clock,
}: {
  readonly change: (work: (meta: IDBObjectStore) => Promise<void>) => Promise<void>;
  readonly clock: Clock;
}): UseNotes {
  const used = new Map<string, Instant>();
  const noted = new Map<string, Instant>();
  let noting: Promise<void> | undefined;

  async function note(): Promise<void> {
    const uses = [...used];
    used.clear();
    noting = undefined;
    while (uses.length > 0) {
      await change(async (meta) => {
        const notes = uses.splice(0, AT_ONCE).map(async ([key, usedAt]) => {
          const record = await promisifyRequest<unknown>(meta.get(key));
          if (typeof record === "object" && record !== null) meta.put({ ...record, usedAt }, key);
        });
        await Promise.all(notes);
      });
    }
  }

  return {
    note,
    notedAt: (key) => noted.get(key) ?? 0,
    add(key) {
      const now = clock();
      used.set(key, now);
      noted.set(key, now);
      return (noting ??= new Promise((resolve) => setTimeout(resolve, GATHERED_FOR_MS)).then(note));
    },
  };
}
