import type { Clock, Entry, Instant, Store } from "../src/index.ts";
import { entryBytes, type Body } from "./body.ts";

export interface MemoryTierOptions {
  /** The most that all entries may take together; one alone may take half of it. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Hears of each entry that is in use, at most once a minute, so that a farther tier need not see every hit. */
  readonly onUse?: (key: string) => void;
}

interface Kept {
  readonly entry: Entry<Body>;
  readonly bytes: number;
  toldAt: Instant;
}

const TOLD_EVERY_MS = 60_000;

/**
 * Keeps entries in the page, the least recently used leaving first. A Map in the order of last use is all it takes.
 */
export function memoryTier({ maxBytes, clock, onUse }: MemoryTierOptions): Store<Body> {
  const entries = new Map<string, Kept>();
  let total = 0;

  function drop(key: string): boolean {
    total -= entries.get(key)?.bytes ?? 0;
    return entries.delete(key);
  }

  return {
    name: "memory",
    async get(key) {
      const kept = entries.get(key);
      if (kept === undefined) return undefined;
      const now = clock();
      if (kept.entry.expiresAt <= now) {
        drop(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, kept);
      if (now - kept.toldAt >= TOLD_EVERY_MS) {
        kept.toldAt = now;
        onUse?.(key);
      }
      return kept.entry;
    },
    async set(key, entry, ttl) {
      drop(key);
      const bytes = entryBytes(key, entry);
      if (ttl <= 0 || bytes > maxBytes / 2) return;
      entries.set(key, { entry, bytes, toldAt: clock() });
      total += bytes;
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break;
        drop(oldest);
      }
    },
    async delete(keys) {
      return keys.filter(drop).length;
    },
    async clear() {
      entries.clear();
      total = 0;
    },
  };
}
