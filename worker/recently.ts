import { LRUCache } from "lru-cache";
import { toSeconds, type Clock, type Duration, type Instant } from "../src/index.ts";

/** Remembers for a while what happened; forgets early rather than grow. */
export interface Recently<V> {
  note(key: string, what: V): void;
  get(key: string): V | undefined;
}

/** @param max how many keys are remembered at once; @defaultValue 10,000 */
export function recently<V extends object | string | true>(
  within: Duration,
  clock: Clock,
  max = 10_000,
): Recently<V> {
  const milliseconds = toSeconds(within, "within") * 1_000;
  // By size, although each counts the same: room for a number of entries would be taken at once, in every isolate's start.
  const notes = new LRUCache<string, { readonly what: V; readonly at: Instant }>({
    maxSize: max,
    sizeCalculation: () => 1,
  });
  return {
    note: (key, what) => void notes.set(key, { what, at: clock() }),
    get(key) {
      const note = notes.get(key);
      return note !== undefined && Math.abs(clock() - note.at) < milliseconds ? note.what : undefined;
    },
  };
}
