import type { Ledger } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import type { Store, Write } from "../../../src/store.ts";
import { decodeEntry, encodeEntry } from "../../../src/stores/frame.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Cache } from "../../../src/values/cache-types.ts";
import { createCache } from "../../../src/values/cache.ts";
import type { ValueEvent } from "../../../src/values/events.ts";
import type { CacheOptions } from "../../../src/values/options.ts";

export const START = Date.parse("2026-11-01T12:00:00Z");

/** A store as one outside the process is: frames of bytes, nothing at once, and calls that a test can count or break. */
export function outside(clock: () => number) {
  const shelf = memoryStore<Uint8Array>({ clock, maxBytes: "64mb", maxEntryBytes: "64mb" });
  const calls: string[] = [];
  const line = {
    is: "up" as "up" | "refused" | "silent",
    until: Promise.resolve(),
    /** What happens before a call is carried out. */
    before: async (_call: string): Promise<void> => undefined,
  };
  const asked = async (call: string): Promise<void> => {
    calls.push(call);
    await line.until;
    await line.before(call);
    if (line.is === "refused") throw new Error("connection refused");
    if (line.is === "silent") await new Promise(() => undefined);
    await Promise.resolve();
  };
  /** The frame as the body of an entry that only this store knows. */
  const write = ({ key, entry, ttl }: Write): Write => {
    const frame = encodeEntry(key, entry);
    return { key, entry: { ...entry, body: frame }, ttl };
  };
  const read = (key: string, entry: Awaited<ReturnType<Store["get"]>>) =>
    entry === undefined ? undefined : reread(key, entry);
  const reread = (
    key: string,
    { body, expiresAt, facts }: NonNullable<Awaited<ReturnType<Store["get"]>>>,
  ) => {
    const whole = decodeEntry(key, body ?? new Uint8Array());
    return whole && { ...whole, expiresAt, facts };
  };
  const store: Store = {
    name: "outside",
    async get(key) {
      await asked(`get ${key}`);
      return read(key, await shelf.get(key));
    },
    async getMany(keys) {
      await asked(`getMany ${keys.length}`);
      return Promise.all(keys.map(async (key) => read(key, await shelf.get(key))));
    },
    async set(key, entry, ttl) {
      await asked(`set ${key}`);
      const framed = write({ key, entry, ttl });
      await shelf.set(key, framed.entry, ttl);
    },
    async setMany(writes) {
      await asked(`setMany ${writes.length}`);
      await shelf.setMany(writes.map(write));
    },
    async delete(keys) {
      await asked(`delete ${keys.join(" ")}`);
      return shelf.delete(keys);
    },
    async add(key, entry, ttl) {
      await asked(`add ${key}`);
      return shelf.add(key, write({ key, entry, ttl }).entry, ttl);
    },
    async replace(key, entry, ttl, seen) {
      await asked(`replace ${key}`);
      return shelf.replace(key, write({ key, entry, ttl }).entry, ttl, seen);
    },
    async increment(key, by) {
      await asked(`increment ${key}`);
      return shelf.increment(key, by);
    },
    keys: (pattern) => shelf.keys(pattern),
  };
  return { store, shelf, calls, line };
}

/** Some processes that share a store and a ledger, each with a memory of its own. Their clock moves when a test says so. */
export function processes(options: CacheOptions = {}, count = 2) {
  let now = START;
  const clock = (): number => now;
  const shared = outside(clock);
  const ledger = memoryLedger({ epoch: "e", clock });
  const line = { is: "up" as "up" | "down" };
  const far: Ledger = {
    async since(known) {
      if (line.is === "down") throw new Error("no ledger");
      return ledger.since(known);
    },
    async purge(order) {
      if (line.is === "down") throw new Error("no ledger");
      return ledger.purge(order);
    },
  };
  const events: ValueEvent[] = [];
  const caches = Array.from({ length: count }, () =>
    createCache({
      tiers: [memoryStore({ clock }), shared.store],
      ledger: far,
      clock,
      onEvent: (event) => events.push(event),
      ...options,
    }),
  );
  const [one, other] = caches as [Cache, Cache];
  return {
    one,
    other,
    caches,
    shared,
    ledgerLine: line,
    events,
    clock,
    pass: (seconds: number): void => void (now += seconds * 1_000),
  };
}

/** One process with memory alone. */
export function alone(options: CacheOptions = {}) {
  let now = START;
  const clock = (): number => now;
  const events: ValueEvent[] = [];
  const cache = createCache({
    tiers: [memoryStore({ clock })],
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { cache, events, clock, pass: (seconds: number): void => void (now += seconds * 1_000) };
}

/** A producer that answers when a test says so, and counts its calls. */
export function gated<T>() {
  const turns: PromiseWithResolvers<T>[] = [];
  return {
    producer: (): Promise<T> => {
      const turn = Promise.withResolvers<T>();
      turns.push(turn);
      return turn.promise;
    },
    calls: (): number => turns.length,
    /** Ends the call of that number, from 0. */
    end: (value: T, call = 0): void => turns[call]?.resolve(value),
    fail: (error: unknown, call = 0): void => turns[call]?.reject(error),
    /** Resolves once the producer has been called so often. */
    async called(times = 1): Promise<void> {
      while (turns.length < times) await soon();
    },
  };
}

/** Lets all that is ready happen. */
export async function turn(): Promise<void> {
  for (let step = 0; step < 20; step += 1) await Promise.resolve();
}

/** Lets promises and timers that are due happen. */
export const soon = (): Promise<void> =>
  new Promise((resolve) => void setImmediate(() => setTimeout(resolve, 0)));
