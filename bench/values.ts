import { LRUCache } from "lru-cache";
import { createCache } from "../src/index.ts";
import { contestant, type Subject } from "./measure.ts";

const COUNT = 1_000;
const VALUE = "x".repeat(100);
const KEYS: readonly string[] = Array.from({ length: COUNT }, (_, index) => `user:${index}`);

/** One after the other, so that no engine learns a single answer. */
function keysInTurn(): () => string {
  let at = 0;
  return () => {
    at = (at + 1) % COUNT;
    return KEYS[at] ?? "";
  };
}

export const valuesSubject: Subject = {
  title: "A hit of a cached function",
  about:
    "1,000 keys, values of 100 characters, all in memory, each hit awaited. Ours has a prefix, a version, a ttl, two tags a value " +
    "and the check against the ledger. The floors are a bare `Map`, awaited, and `lru-cache`'s `fetch()` with a ttl, which " +
    "have none of that. `peek` is the way without a promise.",
  async run(hold) {
    const cache = createCache({ prefix: "shop", version: 3, ttl: "1h" });
    const load = cache.wrap(async (_key: string) => VALUE, {
      key: (key) => key,
      tags: (_, key) => ["users", key],
    });
    const map = new Map(KEYS.map((key) => [key, VALUE]));
    const lru = new LRUCache<string, string>({ max: 10_000, ttl: 3_600_000, fetchMethod: async () => VALUE });
    for (const key of KEYS) {
      await load(key);
      await lru.fetch(key);
    }
    const [first, second, third, fourth, fifth] = Array.from({ length: 5 }, keysInTurn);
    if (!first || !second || !third || !fourth || !fifth) return;
    await hold({
      title: "awaited",
      contestants: [
        contestant("tidemark, `cache.wrap(...)`", async () => load(first())),
        contestant("tidemark, `cache.getOrSet(...)`", async () =>
          cache.getOrSet(second(), async () => VALUE, { ttl: "1h" }),
        ),
        contestant("a bare `Map`", async () => map.get(third())),
        contestant("lru-cache `fetch()`", async () => lru.fetch(fourth())),
      ],
    });
    await hold({
      title: "without a promise",
      contestants: [
        contestant("tidemark, `peek()`", () => load.peek(fifth())),
        contestant("a bare `Map`", () => map.get(third())),
        contestant("lru-cache `get()`", () => lru.get(fourth())),
      ],
    });
  },
};
