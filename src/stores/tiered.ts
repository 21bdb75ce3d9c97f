import { systemClock, type Clock, type Seconds } from "../clock.ts";
import type { OnEvent } from "../events.ts";
import type { Entry, Store } from "../store.ts";
import { attempt, rowOf, type Place, type Tier } from "./row.ts";

export type { Tier } from "./row.ts";

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
  const row = rowOf(tiers);
  const tools = { onEvent, clock };

  async function write(places: readonly Place<Body>[], key: string, entry: Entry<Body>): Promise<void> {
    const left = (entry.expiresAt - clock()) / 1_000;
    await Promise.all(
      places.map((place) =>
        attempt(place, tools, "set", () => place.store.set(key, entry, Math.min(left, place.ttl)), undefined),
      ),
    );
  }

  async function find(
    key: string,
    { accept, mayPromote, waitUntil }: FindOptions<Body> = {},
  ): Promise<Found<Body> | undefined> {
    for (const [index, place] of row.entries()) {
      const entry = await attempt(place, tools, "get", () => place.store.get(key), undefined);
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
        row.map((place) => attempt(place, tools, "delete", () => place.store.delete(keys), 0)),
      );
      return Math.max(...counts);
    },
    async clear() {
      await Promise.all(
        row.map((place) => attempt(place, tools, "clear", async () => place.store.clear?.(), undefined)),
      );
    },
  };
}
