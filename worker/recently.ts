import { LRUCache } from "lru-cache";
import { toSeconds, type Clock, type Duration, type Instant } from "../src/index.ts";

/** Remembers for a while what happened; forgets early rather than grow. */
export interface Recently {
  note(key: string): void;
  has(key: string): boolean;
}

/** @param max how many keys are remembered at once; @defaultValue 10,000 */
export function recently(within: Duration, clock: Clock, max = 10_000): Recently {
  const milliseconds = toSeconds(within, "within") * 1_000;
  const notedAt = new LRUCache<string, Instant>({ max });
  return {
    note: (key) => void notedAt.set(key, clock()),
    has(key) {
      const at = notedAt.get(key);
      return at !== undefined && Math.abs(clock() - at) < milliseconds;
    },
  };
}
