import type { Entry, Store } from "../src/index.ts";

/** Calls a second. */
export interface Rates {
  readonly set: number;
  readonly get: number;
  readonly delete: number;
}

/** What is to be measured. */
export interface Load {
  /** How many keys. */
  readonly values: number;
  /** Characters of each value. */
  readonly size: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
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
 * Measures a store, and leaves no key behind.
 *
 * @throws {Error} if the store fails, or does not give back what it took; the signal's reason
 */
export async function measure(store: Store, { values, size, signal }: Load): Promise<Measured> {
  const keys = Array.from({ length: values }, (_, index) => `key-${index}`);
  const entry: Entry = {
    mark: { epoch: "bench", position: 0, labels: [] },
    expiresAt: Date.now() + KEPT_FOR * 1_000,
    facts: null,
    body: new TextEncoder().encode("x".repeat(size)),
  };
  try {
    return {
      sequential: await medianOf(() => round({ store, keys, entry, signal, atOnce: 1 })),
      concurrent: await medianOf(() => round({ store, keys, entry, signal, atOnce: AT_ONCE })),
    };
  } finally {
    for (let from = 0; from < keys.length; from += MOST_KEYS)
      await store.delete(keys.slice(from, from + MOST_KEYS)).catch(() => 0);
  }
}

interface Round {
  readonly store: Store;
  readonly keys: readonly string[];
  readonly entry: Entry;
  readonly atOnce: number;
  readonly signal: AbortSignal;
}

async function round(how: Round): Promise<Rates> {
  const { store, keys, entry } = how;
  let found = 0;
  const set = await rate(how, (key) => store.set(key, entry, KEPT_FOR));
  const get = await rate(how, async (key) => {
    if ((await store.get(key))?.body?.length === entry.body?.length) found += 1;
  });
  if (found < keys.length)
    throw new Error(`the store ${store.name} gave back ${found} of the ${keys.length} values that it took`);
  return { set, get, delete: await rate(how, (key) => store.delete([key])) };
}

/** How many calls a second there are, with so many under way at any time. None is under way once it has failed. */
async function rate(
  { keys, atOnce, signal }: Round,
  call: (key: string) => Promise<unknown>,
): Promise<number> {
  const rest = keys.values();
  let isOver = false;
  const startedAt = performance.now();
  const lines = await Promise.allSettled(
    Array.from({ length: atOnce }, async () => {
      try {
        for (const key of rest) {
          if (isOver) return;
          signal.throwIfAborted();
          await call(key);
        }
      } catch (error) {
        isOver = true;
        throw error;
      }
    }),
  );
  for (const line of lines) if (line.status === "rejected") throw line.reason;
  return Math.round((keys.length / (performance.now() - startedAt)) * 1_000);
}

async function medianOf(once: () => Promise<Rates>): Promise<Rates> {
  const rounds: Rates[] = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await once());
  const median = (name: keyof Rates): number =>
    rounds.map((rates) => rates[name]).toSorted((one, other) => one - other)[ROUNDS >> 1] ?? 0;
  return { set: median("set"), get: median("get"), delete: median("delete") };
}
