import { systemClock, type Clock, type Instant, type Seconds } from "../clock.ts";
import { toBytes, type ByteSize } from "../duration.ts";
import { cannot } from "../errors.ts";
import type { Entry, Store } from "../store.ts";
import { globMatcher } from "./glob.ts";
import { recency, Slot } from "./recency.ts";

/** An entry that is no slot itself, or was set with a ttl shorter than its own time. */
class Wrapped<Body> extends Slot {
  readonly size: number;
  readonly entry: Entry<Body>;
  readonly until: Instant;
  constructor(size: number, entry: Entry<Body>, until: Instant) {
    super();
    this.size = size;
    this.entry = entry;
    this.until = until;
  }
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

/** A store in this process: it has every capability, and tells at once what it holds. */
export type MemoryStore<Body = Uint8Array> = Required<Store<Body>>;

/**
 * Keeps entries in this process, the least recently used leaving first, bounded in bytes. Entries are handed out as
 * they were handed in, not copied: nobody may change them. Only a body that is a window of a much larger buffer is copied.
 *
 * @throws {TypeError | RangeError} if an option is not a size, or `maxEntryBytes` exceeds `maxBytes`
 */
export function memoryStore<Body = Uint8Array>(options: MemoryStoreOptions<Body> = {}): MemoryStore<Body> {
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
  const entries = recency(limit);

  function peek(key: string, now?: Instant): Entry<Body> | undefined {
    const slot = entries.use(key);
    if (slot === undefined) return undefined;
    const entry = entryOf<Body>(slot);
    if ((slot instanceof Wrapped ? slot.until : entry.expiresAt) > (now ?? clock())) return entry;
    entries.remove(key);
    return undefined;
  }

  /** An entry that is a slot itself, and in no store yet, needs nothing around it. */
  function put(key: string, entry: Entry<Body>, until: Instant): void {
    const size = entrySize(key, entry, sizeOf);
    if (size > entryLimit) entries.remove(key);
    else if (entry instanceof Slot && entry.size === size && until >= entry.expiresAt && !entry.isKept)
      entries.put(key, entry);
    else entries.put(key, new Wrapped(size, entry, Math.min(until, entry.expiresAt)));
  }

  function keep(key: string, given: Entry<Body>, ttl: Seconds): void {
    if (ttl > 0) {
      // The same one again: it must not be taken for one that another store has.
      if (given instanceof Slot && entries.look(key) === given) entries.remove(key);
      put(key, ownBody(given), clock() + ttl * 1_000);
    } else entries.remove(key);
  }

  return {
    name: "memory",
    peek,
    async get(key) {
      return peek(key);
    },
    async getMany(keys) {
      return keys.map((key) => peek(key));
    },
    async set(key, entry, ttl) {
      keep(key, entry, ttl);
    },
    async setMany(writes) {
      for (const { key, entry, ttl } of writes) keep(key, entry, ttl);
    },
    async delete(keys) {
      return keys.filter((key) => entries.remove(key)).length;
    },
    async add(key, entry, ttl) {
      if (ttl <= 0 || peek(key) !== undefined) return false;
      keep(key, entry, ttl);
      return entries.look(key) !== undefined;
    },
    async replace(key, entry, ttl, seen) {
      const there = peek(key);
      if (there !== undefined && there.stamp !== seen) return false;
      keep(key, entry, ttl);
      return true;
    },
    async increment(key, by) {
      const entry = peek(key);
      const count = entry && countOf(entry.facts);
      if (entry === undefined || count === undefined) return undefined;
      const slot = entries.look(key);
      const until = slot instanceof Wrapped ? slot.until : entry.expiresAt;
      put(key, { ...entry, facts: { ...(entry.facts as object), count: count + by } }, until); // `countOf` has looked.
      return count + by;
    },
    async *keys(pattern) {
      const isMatch = globMatcher(pattern);
      for (const key of [...entries.keys()]) {
        const slot = isMatch(key) ? entries.look(key) : undefined;
        if (slot === undefined) continue;
        const until = slot instanceof Wrapped ? slot.until : entryOf<Body>(slot).expiresAt;
        if (until > clock()) yield key;
      }
    },
    async clear() {
      entries.clear();
    },
  };
}

/** What is no wrapper came in as an entry. */
function entryOf<Body>(slot: Slot): Entry<Body> {
  return slot instanceof Wrapped ? slot.entry : (slot as Slot & Entry<Body>);
}

/** The number that `increment` adds to. */
function countOf(facts: unknown): number | undefined {
  if (typeof facts !== "object" || facts === null || !("count" in facts)) return undefined;
  return typeof facts.count === "number" ? facts.count : undefined;
}

/** A body that is a window of a buffer more than twice its size is copied: the whole buffer would live as long as it does. */
function ownBody<Body>(entry: Entry<Body>): Entry<Body> {
  const { body } = entry;
  if (!(body instanceof Uint8Array) || body.buffer.byteLength <= 2 * body.byteLength) return entry;
  return { ...entry, body: new Uint8Array(body) as Body & Uint8Array }; // The same bytes.
}

/** What an entry costs besides its body: the key, the facts as text, and the object around them. */
function entrySize<Body>(key: string, entry: Entry<Body>, sizeOf: (body: Body) => number): number {
  if (entry.size !== undefined) return Math.max(1, Math.ceil(entry.size));
  const { body, facts, mark } = entry;
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
