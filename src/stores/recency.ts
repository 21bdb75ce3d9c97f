/**
 * What a {@link recency} keeps under a key. A base class, so that what is kept is itself the link to its neighbours: an object
 * beside each value would cost more memory than many a value.
 */
export abstract class Slot {
  /** Bytes that count towards the bound; it does not change while it is kept. */
  abstract readonly size: number;
  /** The list's own. */
  key = "";
  older: Slot | undefined = undefined;
  newer: Slot | undefined = undefined;

  /** Whether some list has it. */
  get isKept(): boolean {
    return this.newer !== undefined;
  }
}

/** Both ends of a list. */
class Ends extends Slot {
  readonly size = 0;
}

/** Slots by key, bounded in bytes: the least recently used leave first. */
export interface Recency {
  /** Looks without using. */
  look(key: string): Slot | undefined;
  use(key: string): Slot | undefined;
  /** Puts a slot that no list has under a key, in the place of another. */
  put(key: string, slot: Slot): void;
  remove(key: string): boolean;
  /** The least recently put first. */
  keys(): Iterable<string>;
  clear(): void;
}

/** @param most bytes of all slots together */
export function recency(most: number): Recency {
  const slots = new Map<string, Slot>();
  const ends = new Ends();
  ends.older = ends;
  ends.newer = ends;
  let bytes = 0;

  function link(slot: Slot): void {
    const newest = ends.older ?? ends;
    slot.older = newest;
    slot.newer = ends;
    newest.newer = slot;
    ends.older = slot;
  }

  function unlink(slot: Slot): void {
    const { older, newer } = slot;
    if (older !== undefined) older.newer = newer;
    if (newer !== undefined) newer.older = older;
    slot.older = undefined;
    slot.newer = undefined;
  }

  /** As `unlink` and `link`, with fewer writes: it is what a read costs. */
  function renew(slot: Slot): void {
    const { older, newer } = slot;
    const newest = ends.older;
    if (older === undefined || newer === undefined || newest === undefined) return;
    older.newer = newer;
    newer.older = older;
    slot.older = newest;
    slot.newer = ends;
    newest.newer = slot;
    ends.older = slot;
  }

  function drop(slot: Slot): void {
    slots.delete(slot.key);
    unlink(slot);
    bytes -= slot.size;
  }

  return {
    look: (key) => slots.get(key),
    use(key) {
      const slot = slots.get(key);
      if (slot !== undefined && slot.newer !== ends) renew(slot);
      return slot;
    },
    put(key, slot) {
      const there = slots.get(key);
      if (there !== undefined) {
        unlink(there);
        bytes -= there.size;
      }
      slot.key = key;
      slots.set(key, slot);
      link(slot);
      bytes += slot.size;
      while (bytes > most && ends.newer !== undefined && ends.newer !== ends) drop(ends.newer);
    },
    remove(key) {
      const slot = slots.get(key);
      if (slot !== undefined) drop(slot);
      return slot !== undefined;
    },
    keys: () => slots.keys(),
    clear() {
      for (const slot of slots.values()) unlink(slot);
      slots.clear();
      bytes = 0;
    },
  };
}
