import { LRUCache } from "lru-cache";
import { systemClock, type Clock, type Instant, type Seconds } from "../clock.ts";
import { toBytes, type ByteSize } from "../duration.ts";
import { cannot } from "../errors.ts";
import type { Entry, Store } from "../store.ts";

interface Kept<Body> {
  readonly entry: Entry<Body>;
  /** The end of the entry's own time or of the ttl it was set with, whichever comes first. */
  readonly until: Instant;
}

export interface MemoryStoreOptions<Body> {
  /** The most that bodies, facts and keys may take together; the least recently used go first. @defaultValue "32mb" */
  readonly maxBytes?: ByteSize;
  /** An entry above this size is not kept. @defaultValue an eighth of `maxBytes` */
  readonly maxEntryBytes?: ByteSize;
  /** Bytes of a body. @defaultValue its `byteLength`, or twice its length if it is a string */
  readonly sizeOf?: (body: Body) => number;
  readonly clock?: Clock;
}

/**
 * Keeps entries in this process, the least recently used leaving first, bounded in bytes. Entries are handed out as
 * they were handed in, not copied: nobody may change them.
 *
 * @throws {TypeError | RangeError} if an option is not a size, or `maxEntryBytes` exceeds `maxBytes`
 */
export function memoryStore<Body = Uint8Array>(options: MemoryStoreOptions<Body> = {}): Store<Body> {
  const { maxBytes = "32mb", sizeOf = defaultSizeOf, clock = systemClock } = options;
  const limit = toBytes(maxBytes, "maxBytes");
  const { maxEntryBytes = Math.floor(limit / 8) } = options;
  const entryLimit = toBytes(maxEntryBytes, "maxEntryBytes");
  if (limit < 1) throw new RangeError(cannot("make a memory store", "maxBytes must be at least 1", maxBytes));
  if (entryLimit > limit) {
    throw new RangeError(
      cannot("make a memory store", "maxEntryBytes must not exceed maxBytes", maxEntryBytes),
    );
  }
  const entries = new LRUCache<string, Kept<Body>>({
    maxSize: limit,
    maxEntrySize: Math.max(1, entryLimit),
    sizeCalculation: ({ entry }, key) => entrySize(key, entry, sizeOf),
  });

  function live(key: string): Entry<Body> | undefined {
    const kept = entries.get(key);
    if (kept === undefined || kept.until > clock()) return kept?.entry;
    entries.delete(key);
    return undefined;
  }

  function keep(key: string, entry: Entry<Body>, ttl: Seconds): void {
    entries.set(key, { entry, until: Math.min(entry.expiresAt, clock() + ttl * 1_000) });
  }

  return {
    name: "memory",
    async get(key) {
      return live(key);
    },
    async set(key, entry, ttl) {
      if (ttl > 0) keep(key, entry, ttl);
      else entries.delete(key);
    },
    async delete(keys) {
      return keys.filter((key) => entries.delete(key)).length;
    },
    async add(key, entry, ttl) {
      if (ttl <= 0 || live(key) !== undefined) return false;
      keep(key, entry, ttl);
      return entries.has(key);
    },
    async clear() {
      entries.clear();
    },
  };
}

/** What an entry costs besides its body: the key, the facts as text, and the object around them. */
function entrySize<Body>(
  key: string,
  { body, facts, mark }: Entry<Body>,
  sizeOf: (body: Body) => number,
): number {
  const overhead = 200 + 2 * (key.length + JSON.stringify(facts).length + mark.labels.join("").length);
  return overhead + (body === null ? 0 : sizeOf(body));
}

function defaultSizeOf(body: unknown): number {
  if (typeof body === "string") return 2 * body.length;
  if (ArrayBuffer.isView(body)) return body.byteLength;
  throw new TypeError(
    cannot("measure a body", "give memoryStore() a sizeOf for bodies that are neither text nor bytes", body),
  );
}
