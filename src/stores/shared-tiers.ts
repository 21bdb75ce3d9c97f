import { systemClock } from "../clock.ts";
import type { Entry, Store, Write } from "../store.ts";
import { lastTier } from "./last-tier.ts";
import { attempt, rowOf, type Place, type Tier } from "./row.ts";
import {
  tieredStore,
  type FindOptions,
  type Found,
  type TieredOptions,
  type TieredStore,
  type TieredStoreOptions,
} from "./tiered.ts";

/** A row of stores that is read and written for many keys at once, and whose last tier answers for what is atomic. */
export interface SharedTiers<Body = Uint8Array> extends TieredStore<Body> {
  /** As many finds, in one round trip a tier where the tier can. */
  findMany(
    keys: readonly string[],
    options?: Omit<FindOptions<Body>, "accept"> & {
      readonly accept?: (entry: Entry<Body>, key: string) => boolean;
    },
  ): Promise<readonly (Found<Body> | undefined)[]>;
  /** As in `Store`; given a `waitUntil` it waits for the nearest tier alone. */
  setMany(writes: readonly Write<Body>[], options?: TieredOptions): Promise<void>;
}

/**
 * As `tieredStore`, with batches and with the capabilities of the last tier, which is the one that all processes share:
 * `add`, `replace` and `increment` reject where it fails, as nobody could say what happened.
 *
 * @throws {TypeError} if there is no tier, or two have the same name
 */
export function sharedTiers<Body = Uint8Array>(
  tiers: readonly Tier<Body>[],
  options: TieredStoreOptions = {},
): SharedTiers<Body> {
  const row = rowOf(tiers);
  const { onEvent, clock = systemClock } = options;
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
    { mayPromote, waitUntil }: Pick<FindOptions<Body>, "mayPromote" | "waitUntil">,
  ): Promise<void> {
    if (nearer.length === 0 || entries.length === 0 || !(mayPromote?.() ?? true)) return;
    const promotion = copy(nearer, entries);
    if (waitUntil === undefined) await promotion;
    else waitUntil(promotion);
  }

  async function findMany(
    keys: readonly string[],
    options: Parameters<SharedTiers<Body>["findMany"]>[1] = {},
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

  const single = tieredStore(tiers, options);
  return {
    ...single,
    ...lastTier(row, tools),
    findMany,
    getMany: async (keys) => (await findMany(keys)).map((found) => found?.entry),
    setMany,
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
