import type { Entry, Store } from "../src/index.ts";

/** Calls a second. */
export interface Rates {
  readonly set: number;
  readonly get: number;
  readonly delete: number;
}

/** What was measured of one store. */
export interface Measured {
  /** One call after the other. */
  readonly sequential: Rates;
  /** {@link AT_ONCE} calls under way at any time. */
  readonly concurrent: Rates;
}

/** Calls that are under way together. */
export const AT_ONCE = 64;
/** Each way is gone so many times; the median counts. */
export const ROUNDS = 3;
/** What a run that was ended leaves behind stays no longer than this, in seconds. */
const KEPT_FOR = 600;
/** Keys that one delete names when what is left is cleared away. */
const MOST_KEYS = 500;

/**
 * Measures a store with so many keys, and leaves none behind.
 *
 * @param size characters of each value
 * @throws {Error} if the store fails, or does not give back what it took
 */
export async function measure(store: Store, values: number, size: number): Promise<Measured> {
  const keys = Array.from({ length: values }, (_, index) => `key-${index}`);
  const entry: Entry = {
    mark: { epoch: "bench", position: 0, labels: [] },
    expiresAt: Date.now() + KEPT_FOR * 1_000,
    facts: null,
    body: new TextEncoder().encode("x".repeat(size)),
  };
  try {
    return {
      sequential: await medianOf(() => round(store, keys, entry, 1)),
      concurrent: await medianOf(() => round(store, keys, entry, AT_ONCE)),
    };
  } finally {
    for (let from = 0; from < keys.length; from += MOST_KEYS)
      await store.delete(keys.slice(from, from + MOST_KEYS)).catch(() => 0);
  }
}

async function round(store: Store, keys: readonly string[], entry: Entry, atOnce: number): Promise<Rates> {
  let found = 0;
  const set = await rate(keys, atOnce, (key) => store.set(key, entry, KEPT_FOR));
  const get = await rate(keys, atOnce, async (key) => {
    if ((await store.get(key))?.body?.length === entry.body?.length) found += 1;
  });
  if (found < keys.length)
    throw new Error(`the store ${store.name} gave back ${found} of the ${keys.length} values that it took`);
  return { set, get, delete: await rate(keys, atOnce, (key) => store.delete([key])) };
}

/** How many calls a second there are, with so many under way at any time. */
async function rate(
  keys: readonly string[],
  atOnce: number,
  call: (key: string) => Promise<unknown>,
): Promise<number> {
  const rest = keys.values();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const key of rest) await call(key);
    }),
  );
  return Math.round((keys.length / (performance.now() - startedAt)) * 1_000);
}

async function medianOf(once: () => Promise<Rates>): Promise<Rates> {
  const rounds: Rates[] = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await once());
  const median = (name: keyof Rates): number =>
    rounds.map((rates) => rates[name]).toSorted((one, other) => one - other)[ROUNDS >> 1] ?? 0;
  return { set: median("set"), get: median("get"), delete: median("delete") };
}
