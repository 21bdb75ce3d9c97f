import type { Clock, Random } from "../clock.ts";
import type { Duration } from "../duration.ts";
import type { OnEvent } from "../events.ts";
import type { Ledger } from "../purge/ledger.ts";
import type { LedgerView } from "../purge/view.ts";
import type { Store } from "../store.ts";
import type { Bus } from "./bus.ts";
import type { ValueEvent } from "./events.ts";
import type { Schema } from "./schema.ts";
import type { Serializer } from "./serializer.ts";

/** One place for values, near to far. */
export interface ValueTier {
  readonly store: Store;
  /** @defaultValue "hot" for the first if it is in this process, then "warm", "cold", "cold-2" ... */
  readonly name?: string;
  /** No value stays longer than this here. @defaultValue the value's own time */
  readonly ttl?: Duration;
  /** How long a call may take. @defaultValue `storeTimeout` */
  readonly timeout?: Duration;
}

/** How long values are kept and how they are renewed. Every call may say otherwise for itself. */
export interface Keeping {
  /** How long a value is fresh. 0 = it is not kept. @defaultValue "5m" */
  readonly ttl?: Duration;
  /** How long past its ttl a value may be handed out while it is being renewed. @defaultValue 0 */
  readonly staleWhileRevalidate?: Duration;
  /** How long past its ttl a value may stand in for a producer that fails or is slow. @defaultValue 0 */
  readonly staleIfError?: Duration;
  /** Shortens each ttl by chance, by up to this share, so that what was filled together does not end together. @defaultValue 0 */
  readonly jitter?: number;
  /**
   * Renews a value before its end by chance, the likelier the nearer its end and the longer its producer takes (XFetch,
   * Vattani et al. 2015): one of many readers renews it early, instead of all at once late. `beta` 1 is optimal, more is
   * earlier; 0 = off.
   *
   * @defaultValue off
   */
  readonly earlyRefresh?: { readonly beta: number };
  /** Renews a value behind the first read after this share of its ttl. 1 = off. @defaultValue 1 */
  readonly refreshAhead?: number;
  /** How long `null` and `undefined` from a producer are kept. 0 = they are not. @defaultValue 0 */
  readonly negativeTtl?: Duration;
  /** How long a producer that has failed is left alone; meanwhile its error is the answer, or a stale value. @defaultValue "1s" */
  readonly errorTtl?: Duration;
  /**
   * `soft`: once a producer took so long, a stale value stands in, and the producer goes on. `hard`: it has failed, and
   * what it still brings is not kept.
   *
   * @defaultValue soft none, hard "30s"
   */
  readonly producerTimeout?: { readonly soft?: Duration; readonly hard?: Duration };
  /** One producer across processes: see {@link LockOptions}. `true` = with the defaults. @defaultValue no lock */
  readonly lock?: boolean | LockOptions;
}

export interface LockOptions {
  /** After this time another may have the lock: longer than the work takes. @defaultValue "30s" */
  readonly ttl?: Duration;
  /** How long to wait for it. @defaultValue "10s" */
  readonly wait?: Duration;
}

export interface CacheOptions extends Keeping {
  /** The application: keys in stores outside the process are `prefix:version:key`. @defaultValue "values" */
  readonly prefix?: string;
  /** The generation of what is stored: another one never reads these values. @defaultValue 1 */
  readonly version?: number | string;
  /**
   * Where values are, near to far. The first may be a store in this process, which then holds values and not bytes: give
   * each cache its own. The last is the one that processes share.
   *
   * @defaultValue a `memoryStore()`
   */
  readonly tiers?: readonly (ValueTier | Store)[];
  /** The authority that orders purges and deletes. Required where a tier lies outside this process. @defaultValue one in memory */
  readonly ledger?: Ledger;
  /** A view of the ledger that others use too, instead of `ledger` alone. Pass both, to be able to purge. */
  readonly view?: LedgerView;
  /** How long a call of a store may take. @defaultValue "250ms" */
  readonly storeTimeout?: Duration;
  /** How values become bytes. @defaultValue JSON or MessagePack, as the value needs */
  readonly serializer?: Serializer;
  /**
   * `freeze`: what comes out is frozen where it can be, and shared. `copy`: each reader gets a copy of its own.
   *
   * @defaultValue "freeze"
   */
  readonly isolation?: "freeze" | "copy";
  /** The most bytes that one value may take. @defaultValue "16mb" */
  readonly maxValueBytes?: number | string;
  /** Tells other processes of what happens here, so that they need not wait or ask. */
  readonly bus?: Bus;
  /** Keeps work going after the caller has gone, as `ExecutionContext.waitUntil` does. */
  readonly waitUntil?: WaitUntil;
  readonly onEvent?: OnEvent<ValueEvent>;
  readonly clock?: Clock;
  /** @defaultValue the machine's own chance */
  readonly random?: Random;
}

export type WaitUntil = (work: Promise<unknown>) => void;

/** What one call may say. */
export interface GetOrSetOptions<T = unknown> extends Keeping {
  /** By which purges find the value. */
  readonly tags?: readonly string[] | ((value: T) => readonly string[]);
  /** A kept value that does not fit is a miss. */
  readonly schema?: Schema<T> | undefined;
  /** Asks the producer whatever is kept. @defaultValue no */
  readonly forceRefresh?: boolean;
  readonly waitUntil?: WaitUntil;
}

/** What one `set` or `add` may say. */
export interface SetOptions {
  readonly ttl?: Duration;
  readonly tags?: readonly string[];
  readonly staleWhileRevalidate?: Duration;
  readonly staleIfError?: Duration;
  readonly jitter?: number;
  /**
   * Deletes first what any process has under the key, copies in their memory included; costs one write to the ledger.
   *
   * @defaultValue no
   */
  readonly purge?: boolean;
  readonly waitUntil?: WaitUntil;
}

/** What a producer is told, and what it may say about the value that it makes. */
export interface ProducerContext<T = unknown> {
  readonly key: string;
  /** The value that it is to renew, if there is one. */
  readonly stale: T | undefined;
  /** Whether there was one; `undefined` may be a value. */
  readonly hasStale: boolean;
  /** Aborted once nobody will take the value any more. */
  readonly signal: ProducerSignal;
  setTtl(ttl: Duration): void;
  addTags(...tags: readonly string[]): void;
  /** The value is handed out, but not kept. */
  skip(): void;
}

/** As much of an `AbortSignal` as it is. */
export type ProducerSignal = AbortSignal;

export type Producer<T> = (context: ProducerContext<T>) => T | Promise<T>;
