import type { Clock, Seconds } from "../clock.ts";
import { toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import type { OnEvent } from "../events.ts";
import { breaker } from "../layers/breaker.ts";
import { timed } from "../layers/timed.ts";
import type { Store } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import { sharedTiers, type SharedTiers } from "../stores/shared-tiers.ts";
import { farBatchReader, farReader, type FarBatchReader, type FarReader } from "./far-reads.ts";
import type { CacheOptions, ValueTier } from "./options.ts";

/** Where a cache keeps its values. */
export interface Tiers {
  /** The first tier, if it is in this process. */
  readonly hot: Store | undefined;
  /** No value stays there longer, in milliseconds. */
  readonly hotTtl: number;
  /** All others, each with a time limit and a breaker. */
  readonly far: SharedTiers | undefined;
  readonly hasOneFar: boolean;
  readonly readFar: FarReader | undefined;
  readonly readFarMany: FarBatchReader | undefined;
  /** The longest that asking them may take, in seconds. */
  readonly farTimeout: Seconds;
}

/** @throws {TypeError | RangeError} if they are no row of stores */
export function tiersOf(
  { tiers }: CacheOptions,
  storeTimeout: Seconds,
  clock: Clock,
  onEvent: OnEvent,
): Tiers {
  const row = (tiers ?? [memoryStore({ clock })]).map(tierOf);
  if (row.length === 0) throw new TypeError(cannot("make a cache", "tiers must not be empty", "none"));
  const [first] = row;
  const hot = first?.store.peek === undefined ? undefined : first;
  const names = hot === undefined ? ["warm", "cold"] : ["hot", "warm", "cold"];
  if (row.length === names.length - 1) names.splice(names.length - 2, 1);
  const rest = row.flatMap((tier, index) => {
    if (tier === hot) return [];
    const limit = tier.timeout === undefined ? storeTimeout : toSeconds(tier.timeout, "timeout");
    const name = tier.name ?? names[index] ?? `cold-${index}`;
    const store = breaker(timed(tier.store, limit), { clock });
    return [{ name, store, limit, ...(tier.ttl !== undefined && { ttl: tier.ttl }) }];
  });
  const far =
    rest.length === 0
      ? undefined
      : sharedTiers(
          // The limit that counts is inside the breaker, which is to see what took too long.
          rest.map(({ limit, ...tier }) => ({ ...tier, timeout: 2 * limit + 1 })),
          { onEvent, clock },
        );
  const stores = rest.map(({ store }) => store);
  return {
    hot: hot?.store,
    hotTtl: hot?.ttl === undefined ? Infinity : toSeconds(hot.ttl, "ttl") * 1_000,
    far,
    hasOneFar: rest.length === 1,
    readFar: far && farReader(far, stores, onEvent),
    readFarMany: far && farBatchReader(far, stores, onEvent),
    farTimeout: rest.reduce((sum, { limit }) => sum + limit, 0),
  };
}

function tierOf(tier: ValueTier | Store): ValueTier {
  if (typeof tier !== "object" || tier === null) {
    throw new TypeError(cannot("make a cache", "a tier is a store, or { store }", tier));
  }
  const read = "store" in tier ? tier : { store: tier };
  if (typeof read.store?.get !== "function") {
    throw new TypeError(cannot("make a cache", "a tier is a store, or { store }", read.store));
  }
  return read;
}
