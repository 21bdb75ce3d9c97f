import { LRUCache } from "lru-cache";
import { createCache, memoryStore } from "../src/index.ts";
import { contestant, sized, type Effort, type Subject } from "./measure.ts";
import { VALUE_PEERS } from "./value-peers.ts";
import { seeded, zipf } from "./zipf.ts";

const VALUE = "x".repeat(100);
const TTL_MS = 3_600_000;
/** A power of two, so that to take the next one costs next to nothing. */
const DRAWS = 2 ** 17;

/** One after the other, so that no engine learns a single answer. */
function inTurn(keys: readonly string[]): () => string {
  let at = 0;
  return () => {
    at = (at + 1) % keys.length;
    return keys[at] ?? "";
  };
}

/** By Zipf's law, the same draws in each run. */
function byZipf(keys: readonly string[]): () => string {
  const draw = zipf(keys.length, seeded(7));
  const draws = Uint32Array.from({ length: DRAWS }, draw);
  let at = 0;
  return () => {
    at = (at + 1) & (DRAWS - 1);
    return keys[draws[at] ?? 0] ?? "";
  };
}

const load = async (_key: string): Promise<string> => VALUE;

function ours() {
  const tiers = [memoryStore({ maxBytes: "256mb" })];
  const cache = createCache({ prefix: "shop", version: 3, ttl: "1h", tiers });
  const wrapped = cache.wrap(load, { key: (key) => key, tags: (_, key) => ["users", key] });
  return { cache, wrapped };
}

async function awaited(
  hold: Parameters<Subject["run"]>[0],
  title: string,
  keys: readonly string[],
  order: (keys: readonly string[]) => () => string,
): Promise<void> {
  const { cache, wrapped } = ours();
  const map = new Map(keys.map((key) => [key, VALUE]));
  const peers = VALUE_PEERS.map(({ name, open }) => ({ name, read: open(load, TTL_MS, 2 * keys.length) }));
  for (const key of keys) {
    await wrapped(key);
    for (const { read } of peers) await read(key);
  }
  const next = order(keys);
  await hold({
    title,
    contestants: [
      contestant("tidemark, `cache.wrap(...)`", () => wrapped(next())),
      contestant("tidemark, `cache.getOrSet(...)`", () =>
        cache.getOrSet(next(), () => load(""), { ttl: "1h" }),
      ),
      contestant("a bare `Map`", async () => map.get(next())),
      ...peers.map(({ name, read }) => contestant(name, () => read(next()))),
    ],
  });
}

async function run(hold: Parameters<Subject["run"]>[0], effort: Effort): Promise<void> {
  const few = Array.from({ length: 1_000 }, (_, index) => `user:${index}`);
  const many = Array.from({ length: sized(100_000, effort) }, (_, index) => `user:${index}`);
  await awaited(hold, "awaited, 1,000 keys in turn", few, inTurn);
  await awaited(hold, `awaited, ${many.length.toLocaleString("en")} keys by Zipf's law`, many, byZipf);

  const { wrapped } = ours();
  const map = new Map(few.map((key) => [key, VALUE]));
  const lru = new LRUCache<string, string>({ max: 10_000, ttl: TTL_MS });
  for (const key of few) {
    await wrapped(key);
    lru.set(key, VALUE);
  }
  const next = inTurn(few);
  await hold({
    title: "without a promise, 1,000 keys in turn",
    contestants: [
      contestant("tidemark, `peek()`", () => wrapped.peek(next())),
      contestant("a bare `Map`", () => map.get(next())),
      contestant("lru-cache `get()`", () => lru.get(next())),
    ],
  });
}

export const valuesSubject: Subject = {
  title: "A hit of a cached function",
  about:
    "Values of 100 characters, all in memory, each hit awaited. Ours has a prefix, a version, a ttl, two tags a value and the " +
    "check against the ledger; the others have a ttl and nothing of the rest. A bare `Map`, awaited, is the floor. Zipf's law " +
    "has exponent 0.99; each contestant meets the same draws. `peek` is the way without a promise.",
  run: (hold, _, effort) => run(hold, effort),
};
