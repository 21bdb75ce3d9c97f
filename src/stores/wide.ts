import type { Seconds } from "../clock.ts";
import type { Entry, Store } from "../store.ts";

/** One of several writes. */
export interface EntryWrite {
  readonly key: string;
  readonly entry: Entry;
  readonly ttl: Seconds;
}

/** A store that can do what the shared ones can, besides what all can. */
export interface WideStore extends Store {
  /** As many gets, in one round trip where the backend allows it, answered in the order of the keys. */
  getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]>;
  /** As many sets, in one round trip where the backend allows it. Not atomic: after a failure some may have been written. */
  setMany(writes: readonly EntryWrite[]): Promise<void>;
  add: NonNullable<Store["add"]>;
  /**
   * Writes unless another entry than the one seen has come to stand there, in one atomic step; resolves to whether it
   * did. What has expired or cannot be read is no entry. A `ttl` of 0 or less removes what was seen.
   *
   * @param seen the `stamp` of the entry seen; `undefined` = there was none, or it had no stamp
   */
  replace(key: string, entry: Entry, ttl: Seconds, seen: string | undefined): Promise<boolean>;
  /**
   * Adds to the number in the entry's `facts.count`, in one atomic step; time and mark stay. Resolves to the sum, or to
   * `undefined` where there is no entry or no such number.
   */
  increment(key: string, by: number): Promise<number | undefined>;
  /** Gives an entry another `expiresAt`, so many seconds from now, in one atomic step; resolves to whether it was there. */
  touch(key: string, ttl: Seconds): Promise<boolean>;
  /**
   * The keys that match a pattern: `*` is any run of characters, `?` any one, a backslash takes the next as it stands, and
   * nothing else is special. Keys that come or go meanwhile may be missed or told of; none is told of twice.
   */
  keys(pattern: string): AsyncIterable<string>;
  clear: NonNullable<Store["clear"]>;
}
