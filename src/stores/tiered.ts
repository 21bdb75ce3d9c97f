import { systemClock, type Clock, type Seconds } from "../clock.ts";
import type { OnEvent } from "../events.ts";
import type { Entry, Store, Write } from "../store.ts";
import { lastTier } from "./last-tier.ts";
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
  readonly accept?: (entry: Entry<Body>, key: string) => boolean;
  /** Whether what a farther tier had may still be copied into the nearer ones: it may have been removed meanwhile. @defaultValue yes */
  readonly mayPromote?: (() => boolean) | undefined;
}

export interface TieredStore<Body = Uint8Array> extends Store<Body> {
  /** As `get`, and tells the tier. What a farther tier had is copied into the nearer ones, with the time it has left. */
  find(key: string, options?: FindOptions<Body>): Promise<Found<Body> | undefined>;
  /** As many finds, in one round trip a tier where the tier can. */
  findMany(
    keys: readonly string[],
    options?: FindOptions<Body>,
  ): Promise<readonly (Found<Body> | undefined)[]>;
  /** As in `Store`; given a `waitUntil` it waits for the nearest tier alone. */
  set(key: string, entry: Entry<Body>, ttl: Seconds, options?: TieredOptions): Promise<void>;
  /** As in `Store`; given a `waitUntil` it waits for the nearest tier alone. */
  setMany(writes: readonly Write<Body>[], options?: TieredOptions): Promise<void>;
}

export interface TieredStoreOptions {
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}

/**
 * Several stores as one: reads go from near to far, writes and deletes to all at once. A tier that fails or is too slow
 * is reported and counts as empty; no call rejects but those that need one place to be atomic (`add`, `replace`,
 * `increment`, `touch`), which go to the last tier and are there if that tier has them.
 *
 * @throws {TypeError} if there is no tier, or two have the same name
 */
export function tieredStore<Body = Uint8Array>(
  tiers: readonly Tier<Body>[],
  { onEvent, clock = systemClock }: TieredStoreOptions = {},
): TieredStore<Body> {
  const row = rowOf(tiers);
  const tools = { onEvent, clock };

  /** Copies entries as they are, each for the time that it has left. */
  async function copy(
    places: readonly Place<Body>[],
    entries: readonly (readonly [key: string, entry: Entry<Body>])[],
  ): Promise<void> {
    const now = clock();
    await Promise.all(
      places.map((place) => {
        const writes = entries.map(([key, entry]) => {
          return { key, entry, ttl: Math.min((entry.expiresAt - now) / 1_000, place.ttl) };
        });
        return attempt(place, tools, "set", () => writeAll(place.store, writes), undefined);
      }),
    );
  }

  async function promote(
    nearer: readonly Place<Body>[],
    entries: readonly (readonly [key: string, entry: Entry<Body>])[],
    { mayPromote, waitUntil }: FindOptions<Body>,
  ): Promise<void> {
    if (nearer.length === 0 || entries.length === 0 || !(mayPromote?.() ?? true)) return;
    const promotion = copy(nearer, entries);
    if (waitUntil === undefined) await promotion;
    else waitUntil(promotion);
  }

  async function find(key: string, options: FindOptions<Body> = {}): Promise<Found<Body> | undefined> {
    for (const [index, place] of row.entries()) {
      const entry = await attempt(place, tools, "get", () => place.store.get(key), undefined);
      if (entry === undefined || !(options.accept?.(entry, key) ?? true)) continue;
      await promote(row.slice(0, index), [[key, entry]], options);
      return { entry, tier: place.name };
    }
    return undefined;
  }

  async function findMany(
    keys: readonly string[],
    options: FindOptions<Body> = {},
  ): Promise<readonly (Found<Body> | undefined)[]> {
    const found = new Map<string, Found<Body>>();
    for (const [index, place] of row.entries()) {
      const missing = [...new Set(keys)].filter((key) => !found.has(key));
      if (missing.length === 0) break;
      const entries = await attempt(place, tools, "get", () => readAll(place.store, missing), []);
      const news: [string, Entry<Body>][] = [];
      for (const [number, key] of missing.entries()) {
        const entry = entries[number];
        if (entry !== undefined && (options.accept?.(entry, key) ?? true)) news.push([key, entry]);
      }
      for (const [key, entry] of news) found.set(key, { entry, tier: place.name });
      await promote(row.slice(0, index), news, options);
    }
    return keys.map((key) => found.get(key));
  }

  async function setMany(writes: readonly Write<Body>[], { waitUntil }: TieredOptions = {}): Promise<void> {
    const now = clock();
    const entries = writes.map(({ key, entry, ttl }) => {
      const expiresAt = Math.min(entry.expiresAt, now + ttl * 1_000);
      return [key, expiresAt === entry.expiresAt ? entry : { ...entry, expiresAt }] as const;
    });
    const near = copy(row.slice(0, 1), entries);
    const far = copy(row.slice(1), entries);
    waitUntil?.(far);
    await near;
    if (waitUntil === undefined) await far;
  }

  return {
    name: row.map(({ store }) => store.name).join("+"),
    find,
    findMany,
    get: async (key) => (await find(key))?.entry,
    getMany: async (keys) => (await findMany(keys)).map((found) => found?.entry),
    set: (key, entry, ttl, options) => setMany([{ key, entry, ttl }], options),
    setMany,
    ...lastTier(row, tools),
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

async function readAll<Body>(
  store: Store<Body>,
  keys: readonly string[],
): Promise<readonly (Entry<Body> | undefined)[]> {
  return store.getMany === undefined ? Promise.all(keys.map((key) => store.get(key))) : store.getMany(keys);
}

async function writeAll<Body>(store: Store<Body>, writes: readonly Write<Body>[]): Promise<void> {
  const [first] = writes;
  if (writes.length === 1 && first !== undefined) await store.set(first.key, first.entry, first.ttl);
  else if (store.setMany !== undefined) await store.setMany(writes);
  else await Promise.all(writes.map(({ key, entry, ttl }) => store.set(key, entry, ttl)));
}
