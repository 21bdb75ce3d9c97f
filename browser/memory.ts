import type { Clock, Entry, Instant, Store } from "../src/index.ts";
import { entryBytes, type Body } from "./body.ts";
import { parsed } from "./value.ts";

export interface MemoryTierOptions {
  /** The most that all entries may take together, with their values; one body alone may take half of it. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Hears of each entry that is in use, at most once a minute, so that a farther tier need not see every hit. */
  readonly onUse?: (key: string) => void;
}

export interface MemoryTier extends Store<Body> {
  /** As `get`, at once. */
  peek(key: string, now?: Instant): Entry<Body> | undefined;
  /** As `set`, at once. */
  put(key: string, entry: Entry<Body>): void;
  /**
   * The JSON value of an entry's body, parsed once and kept for as long as that body is: the same object each time.
   * `undefined` = there is no such entry, or no room for what it holds.
   *
   * @throws {SyntaxError} if the body is no JSON
   */
  valueOf(key: string, body: Body): { readonly value: unknown } | undefined;
  /** All there is, also what has expired, in the order of last use. */
  entries(): readonly (readonly [key: string, entry: Entry<Body>])[];
}

interface Kept {
  readonly entry: Entry<Body>;
  bytes: number;
  toldAt: Instant;
  parsed?: { readonly value: unknown } | undefined;
}

const TOLD_EVERY_MS = 60_000;
/** Bytes of a parsed value for each byte of its text: between 1 for long texts and 6 for small numbers. */
const VALUE_BYTES = 3;

/**
 * Keeps entries in the page, the least recently used leaving first. A Map in the order of last use is all it takes.
 */
export function memoryTier({ maxBytes, clock, onUse }: MemoryTierOptions): MemoryTier {
  const entries = new Map<string, Kept>();
  let total = 0;

  function drop(key: string): boolean {
    total -= entries.get(key)?.bytes ?? 0;
    return entries.delete(key);
  }

  function shrink(): void {
    for (const oldest of entries.keys()) {
      if (total <= maxBytes) break;
      drop(oldest);
    }
  }

  function peek(key: string, now = clock()): Entry<Body> | undefined {
    const kept = entries.get(key);
    if (kept === undefined) return undefined;
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
  }

  function put(key: string, entry: Entry<Body>): void {
    const before = entries.get(key);
    drop(key);
    const own = entryBytes(key, entry);
    if (own > maxBytes / 2) return;
    // What a 304 confirms, and what has come again as it was, keeps its value.
    const value = before?.entry.body === entry.body ? before.parsed : undefined;
    const bytes = own + (value === undefined ? 0 : valueBytes(entry.body));
    entries.set(key, { entry, bytes, toldAt: clock(), parsed: value });
    total += bytes;
    shrink();
  }

  return {
    name: "memory",
    peek,
    put,
    get: async (key) => peek(key),
    async set(key, entry, ttl) {
      if (ttl > 0) put(key, entry);
      else drop(key);
    },
    valueOf(key, body) {
      const kept = entries.get(key);
      if (kept?.entry.body !== body) return undefined;
      if (kept.parsed === undefined) {
        const bytes = valueBytes(body);
        if (kept.bytes + bytes > maxBytes) return undefined;
        kept.parsed = { value: parsed(body) };
        kept.bytes += bytes;
        total += bytes;
        shrink();
      }
      return kept.parsed;
    },
    entries: () => [...entries].map(([key, { entry }]) => [key, entry]),
    async delete(keys) {
      return keys.filter(drop).length;
    },
    async clear() {
      entries.clear();
      total = 0;
    },
  };
}

function valueBytes(body: Body | null): number {
  if (body === null) return 0;
  return VALUE_BYTES * (typeof body === "string" ? body.length : body.byteLength);
}
