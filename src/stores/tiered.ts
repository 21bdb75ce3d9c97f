import { systemClock, type Clock, type Seconds } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { toSeconds, type Duration } from "../duration.ts";
import { cannot } from "../errors.ts";
import { report, type OnEvent, type StoreOperation } from "../events.ts";
import type { Entry, Store } from "../store.ts";

/** One place in a row of stores, near to far. */
export interface Tier<Body = Uint8Array> {
  /** What reports and answers call it: `hot`, `warm` and `cold` by custom. */
  readonly name: string;
  readonly store: Store<Body>;
  /** How long a call may take; one that takes longer counts as a miss. @defaultValue none for the nearest, "1s" for others */
  readonly timeout?: Duration;
  /** No entry stays longer than this here. @defaultValue the entry's own time */
  readonly ttl?: Duration;
}

/** An entry, and the tier that had it. */
export interface Found<Body = Uint8Array> {
  readonly entry: Entry<Body>;
  readonly tier: string;
}

export interface TieredOptions {
  /** Takes the work on other tiers that the caller need not wait for; without it the call waits for all of it. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

export interface FindOptions<Body = Uint8Array> extends TieredOptions {
  /** Refuses an entry, so that a farther tier is asked for a better one. */
  readonly accept?: (entry: Entry<Body>) => boolean;
  /** Whether what a farther tier had may still be copied into the nearer ones: it may have been removed meanwhile. @defaultValue yes */
  readonly mayPromote?: (() => boolean) | undefined;
}

export interface TieredStore<Body = Uint8Array> extends Store<Body> {
  /** As `get`, and tells the tier. What a farther tier had is copied into the nearer ones, with the time it has left. */
  find(key: string, options?: FindOptions<Body>): Promise<Found<Body> | undefined>;
  /** As in `Store`; given a `waitUntil` it waits for the nearest tier alone. */
  set(key: string, entry: Entry<Body>, ttl: Seconds, options?: TieredOptions): Promise<void>;
}

export interface TieredStoreOptions {
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}

/** The time limit of a tier that is not the nearest, where none is given. */
const FAR: Seconds = 1;

/**
 * Several stores as one: reads go from near to far, writes and deletes to all at once. A tier that fails or is too slow
 * is reported and counts as empty; no call rejects.
 *
 * @throws {TypeError} if there is no tier, or two have the same name
 */
export function tieredStore<Body = Uint8Array>(
  tiers: readonly Tier<Body>[],
  { onEvent, clock = systemClock }: TieredStoreOptions = {},
): TieredStore<Body> {
  if (tiers.length === 0)
    throw new TypeError(cannot("combine stores", "there must be at least one tier", tiers.length));
  const row = tiers.map(({ name, store, timeout, ttl }, index) => ({
    name,
    store,
    timeout: timeout === undefined ? (index === 0 ? undefined : FAR) : toSeconds(timeout, "timeout"),
    ttl: ttl === undefined ? Infinity : toSeconds(ttl, "ttl"),
  }));
  if (new Set(row.map(({ name }) => name)).size < row.length) {
    throw new TypeError(
      cannot("combine stores", "tiers must have different names", row.map(({ name }) => name).join(", ")),
    );
  }
  type Place = (typeof row)[number];

  /** The call's outcome, or `otherwise` if it failed: a failing store is an empty one. */
  async function attempt<T>(
    place: Place,
    operation: StoreOperation,
    call: () => Promise<T>,
    otherwise: T,
  ): Promise<T> {
    try {
      return place.timeout === undefined
        ? await call()
        : await withDeadline(call(), place.timeout, `the ${place.name} tier`);
    } catch (error) {
      report(onEvent, { type: "store-error", store: place.store.name, operation, error });
      return otherwise;
    }
  }

  async function write(places: readonly Place[], key: string, entry: Entry<Body>): Promise<void> {
    const left = (entry.expiresAt - clock()) / 1_000;
    await Promise.all(
      places.map((place) =>
        attempt(place, "set", () => place.store.set(key, entry, Math.min(left, place.ttl)), undefined),
      ),
    );
  }

  async function find(
    key: string,
    { accept, mayPromote, waitUntil }: FindOptions<Body> = {},
  ): Promise<Found<Body> | undefined> {
    for (const [index, place] of row.entries()) {
      const entry = await attempt(place, "get", () => place.store.get(key), undefined);
      if (entry === undefined || (accept !== undefined && !accept(entry))) continue;
      if (index > 0 && (mayPromote?.() ?? true)) {
        const promotion = write(row.slice(0, index), key, entry);
        if (waitUntil === undefined) await promotion;
        else waitUntil(promotion);
      }
      return { entry, tier: place.name };
    }
    return undefined;
  }

  return {
    name: row.map(({ store }) => store.name).join("+"),
    find,
    get: async (key) => (await find(key))?.entry,
    async set(key, entry, ttl, { waitUntil } = {}) {
      const expiresAt = Math.min(entry.expiresAt, clock() + ttl * 1_000);
      const kept = expiresAt === entry.expiresAt ? entry : { ...entry, expiresAt };
      const near = write(row.slice(0, 1), key, kept);
      const far = write(row.slice(1), key, kept);
      waitUntil?.(far);
      await near;
      if (waitUntil === undefined) await far;
    },
    async delete(keys) {
      const counts = await Promise.all(
        row.map((place) => attempt(place, "delete", () => place.store.delete(keys), 0)),
      );
      return Math.max(...counts);
    },
    async clear() {
      await Promise.all(
        row.map((place) => attempt(place, "clear", async () => place.store.clear?.(), undefined)),
      );
    },
  };
}
