import type { Instant, Seconds } from "./clock.ts";

/**
 * An entry's position in the purge ledger: which ledger, how far it was known when the fill *began*, and
 * the labels by which a purge finds the entry. Copies keep it unchanged; it is never raised.
 */
export interface Mark {
  /** Identity of the ledger since its birth. */
  readonly epoch: string;
  /** The ledger's position known before the origin (or the producer) was asked. */
  readonly position: number;
  /** Every selector that covers the entry: its url, host, path ancestors and tags. */
  readonly labels: readonly string[];
}

/** What a store keeps under a key: facts that JSON can carry, and a body. */
export interface Entry<Body = Uint8Array> {
  readonly mark: Mark;
  /** When the entry stops being worth keeping. A copy in another tier keeps it, and so what is left of its time. */
  readonly expiresAt: Instant;
  /** Whatever the entry's owner wrote; its reader checks the shape. */
  readonly facts: unknown;
  /** `null` where the facts are all there is. Bytes may be a window of a larger buffer: who keeps them long copies them. */
  readonly body: Body | null;
  /** Names the write that made the entry, so that `replace` knows it from another. Left out where nobody asks. */
  readonly stamp?: string;
  /** Bytes it takes in memory, where its owner knows better than the store. Not kept with it. */
  readonly size?: number;
}

/** One of several writes. */
export interface Write<Body = Uint8Array> {
  readonly key: string;
  readonly entry: Entry<Body>;
  readonly ttl: Seconds;
}

/**
 * One backend. `get` of a missing, expired or unreadable entry is `undefined`, never an error. Other
 * failures (no connection, no room) reject: whoever combines stores decides what that means.
 *
 * Members with a question mark are capabilities. A backend that cannot keep the promise of one leaves it out.
 */
export interface Store<Body = Uint8Array> {
  /** For events and metrics. */
  readonly name: string;
  get(key: string): Promise<Entry<Body> | undefined>;
  /** Replaces what is there. A `ttl` of 0 or less stores nothing and removes what is there. */
  set(key: string, entry: Entry<Body>, ttl: Seconds): Promise<void>;
  /** Resolves to how many of the keys were there, or at least how many were asked to go where the backend cannot tell. */
  delete(keys: readonly string[]): Promise<number>;
  /**
   * As `get`, at once: the very entry that was handed in, from this process's own memory.
   *
   * @param now the instant, for a caller that has just read the clock
   */
  peek?(key: string, now?: Instant): Entry<Body> | undefined;
  /** As many gets, in one round trip, answered in the order of the keys. */
  getMany?(keys: readonly string[]): Promise<readonly (Entry<Body> | undefined)[]>;
  /** As many sets, in one round trip. Not atomic: after a failure some may have been written. */
  setMany?(writes: readonly Write<Body>[]): Promise<void>;
  /** Writes only if absent, in one atomic step; resolves to whether it wrote. */
  add?(key: string, entry: Entry<Body>, ttl: Seconds): Promise<boolean>;
  /**
   * Writes unless another entry than the one seen has come to stand there, in one atomic step; resolves to whether it
   * did. What has expired or cannot be read is no entry. A `ttl` of 0 or less removes what was seen.
   *
   * @param seen the `stamp` of the entry seen; `undefined` = there was none, or it had no stamp
   */
  replace?(key: string, entry: Entry<Body>, ttl: Seconds, seen: string | undefined): Promise<boolean>;
  /**
   * Adds to the number in the entry's `facts.count`, in one atomic step; time and mark stay. Resolves to the sum, or to
   * `undefined` where there is no entry or no such number.
   */
  increment?(key: string, by: number): Promise<number | undefined>;
  /**
   * The keys that match a pattern: `*` is any run of characters, `?` any one, a backslash takes the next as it stands, and
   * nothing else is special. Keys that come or go meanwhile may be missed or told of; none is told of twice.
   */
  keys?(pattern: string): AsyncIterable<string>;
  /** Removes every entry of this store. */
  clear?(): Promise<void>;
}

/** Whether a value that was read from outside has the shape of a mark. */
export function isMark(value: unknown): value is Mark {
  if (typeof value !== "object" || value === null) return false;
  const { epoch, position, labels } = value as Partial<Record<keyof Mark, unknown>>; // Checked member by member.
  return (
    typeof epoch === "string" &&
    typeof position === "number" &&
    Number.isSafeInteger(position) &&
    Array.isArray(labels) &&
    labels.every((label) => typeof label === "string")
  );
}
