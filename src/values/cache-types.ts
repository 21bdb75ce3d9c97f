import type { Duration } from "../duration.ts";
import type { PurgeReceipt } from "../purge/ledger.ts";
import type { Loader } from "./batch.ts";
import type { Stats } from "./core.ts";
import type { IncrementOptions } from "./counters.ts";
import type { CacheKey } from "./keys.ts";
import type { Lock } from "./lock.ts";
import type { GetOrSetOptions, Keeping, LockOptions, Producer, SetOptions } from "./options.ts";
import type { PurgeOptions, PurgeTarget } from "./purges.ts";
import type { Schema } from "./schema.ts";
import type { WarmItem, WarmOptions, WarmResult } from "./warm.ts";
import type { Wrapped, WrapOptions } from "./wrap.ts";

/** What a call that only reads may say. */
export interface GetOptions<T = unknown> {
  /** A kept value that does not fit is a miss. @defaultValue the namespace's */
  readonly schema?: Schema<T>;
  /** Takes a value past its ttl too, for as long as it is kept. @defaultValue no */
  readonly stale?: boolean;
}

export interface NamespaceOptions<T> extends Keeping {
  /** A kept value that does not fit is a miss. */
  readonly schema?: Schema<T>;
}

/**
 * A cache of values.
 *
 * - Reads never reject because of a store or the ledger: what cannot be asked is empty. A producer's error rejects.
 * - A key, a duration or a tag that cannot be used rejects with a `TypeError` or a `RangeError` that says why.
 * - Values come out frozen, or as copies: nobody changes what the next one gets.
 *
 * @typeParam V what the cache is to hold, where one type is enough
 */
export interface Cache<V = unknown> {
  /** The value, if it is kept and fresh; `undefined` otherwise, or if that is the value: `has` tells. */
  get<T extends V = V>(key: CacheKey, options?: GetOptions<T>): Promise<T | undefined>;
  /** As `get`, at once, from this process's memory alone. Knows purges up to the last snapshot. */
  peek<T extends V = V>(key: CacheKey): T | undefined;
  has(key: CacheKey): Promise<boolean>;
  /** Resolves to the fresh values, by key. One round trip for all that memory does not have. */
  getMany<T extends V = V, K extends CacheKey = CacheKey>(
    keys: readonly K[],
    options?: GetOptions<T>,
  ): Promise<Map<K, T>>;

  /**
   * The value that is kept, or what the producer makes, which is then kept. Callers of one key at once share one producer.
   * What was deleted, written or purged while the producer ran, here or in another process, stays so.
   */
  getOrSet<T extends V>(key: CacheKey, producer: Producer<T>, options?: GetOrSetOptions<T>): Promise<T>;
  /** As many `getOrSet`s, with one call of the loader for all keys that nobody has or makes. In the order of the keys. */
  getOrSetMany<T extends V, K extends CacheKey = CacheKey>(
    keys: readonly K[],
    loader: Loader<K, T>,
    options?: GetOrSetOptions<T>,
  ): Promise<T[]>;
  /** A function whose results are kept. */
  wrap<A extends readonly unknown[], T extends V>(
    fn: (...args: A) => T | Promise<T>,
    options: WrapOptions<A, T>,
  ): Wrapped<A, T>;

  /** Keeps a value. A ttl of 0 removes what is there. @throws {UnstorableError} if it would not come back as it is */
  set(key: CacheKey, value: V, options?: SetOptions): Promise<void>;
  setMany(values: Iterable<readonly [key: CacheKey, value: V]>, options?: SetOptions): Promise<void>;
  /** Keeps a value where none is, in one atomic step of the last tier; resolves to whether it did. */
  add(key: CacheKey, value: V, options?: SetOptions): Promise<boolean>;
  /** Gives a value another ttl, from now; resolves to whether there is one. */
  touch(key: CacheKey, ttl?: Duration): Promise<boolean>;
  /** How many seconds the value is still fresh; `undefined` = there is none. */
  ttl(key: CacheKey): Promise<number | undefined>;
  /** Adds to a whole number, in one atomic step of the last tier; resolves to the sum. One that is not there begins at 0. */
  increment(key: CacheKey, by?: number, options?: IncrementOptions): Promise<number | undefined>;
  decrement(key: CacheKey, by?: number, options?: IncrementOptions): Promise<number | undefined>;

  /**
   * Deletes for everyone: once it resolves, no fill that began before brings the value back, in any process. Resolves to
   * whether a value was there, as far as the stores can tell. Rejects if the ledger could not be told.
   */
  delete(key: CacheKey): Promise<boolean>;
  /** As many deletes, in one purge; resolves to how many were there. */
  deleteMany(keys: readonly CacheKey[]): Promise<number>;
  /** Makes a value stale: its stale windows still apply. */
  expire(key: CacheKey): Promise<PurgeReceipt>;
  /** One step in the ledger, however much it covers. Rejects if the ledger could not be told. */
  purge(target: PurgeTarget, options?: PurgeOptions): Promise<PurgeReceipt>;
  /**
   * Deletes the keys that match: `*` is any run of characters, `?` any one, a backslash takes the next as it stands. Lists are
   * matched as their JSON. Asks every tier for its keys, so it costs as much as is stored; resolves to how many there were.
   * What another process is just making is not among them: tags are.
   */
  deletePattern(pattern: string): Promise<number>;
  /** Makes all unreadable, in one step, for everyone; with a key, all that stands under it. Resolves to the generation. */
  bumpVersion(key?: CacheKey): Promise<number>;
  /** As `bumpVersion`, and frees the room at once where a tier can tell its keys. */
  clear(): Promise<void>;

  /** A lock that one process at a time has; `undefined` = others had it all the while. */
  lock(key: CacheKey, options?: LockOptions): Promise<Lock | undefined>;
  /** Fills before anyone asks. */
  warm<T extends V>(items: Iterable<WarmItem<T>>, options?: WarmOptions): Promise<WarmResult>;
  /** A part with its own keys, defaults and type; purged alone or with the whole. */
  namespace<T extends V>(name: string, options?: NamespaceOptions<T>): Cache<T>;
  /** What the whole cache has counted so far. */
  stats(): Readonly<Stats>;
  /** Resolves once work in the background is over. The cache can be used on; it hears no messages any more. */
  close(): Promise<void>;
}
