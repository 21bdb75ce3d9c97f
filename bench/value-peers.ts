import { cachified, type CacheEntry } from "@epic-web/cachified";
import { createCache as dedupeCache } from "async-cache-dedupe";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { Cacheable } from "cacheable";
import { LRUCache } from "lru-cache";

/** Makes what is not kept. */
export type Load = (key: string) => Promise<string>;

/** A cache of others that reads through: what it has not is loaded, and kept for `ttl` milliseconds. */
export interface ValuePeer {
  readonly name: string;
  readonly open: (load: Load, ttl: number, most: number) => (key: string) => Promise<unknown>;
}

/** Caches of the trade, each in memory and as its documentation shows it. */
export const VALUE_PEERS: readonly ValuePeer[] = [
  {
    name: "lru-cache `fetch()`",
    open(load, ttl, most) {
      const cache = new LRUCache<string, string>({ max: most, ttl, fetchMethod: load });
      return (key) => cache.fetch(key);
    },
  },
  {
    name: "async-cache-dedupe",
    open(load, ttl, most) {
      const storage = { type: "memory", options: { size: most } } as const;
      const cache = dedupeCache({ ttl: ttl / 1_000, storage }).define("load", load);
      return (key) => cache.load(key);
    },
  },
  {
    name: "@epic-web/cachified over lru-cache",
    open(load, ttl, most) {
      const cache = new LRUCache<string, CacheEntry>({ max: most });
      return (key) => cachified({ key, cache, ttl, getFreshValue: () => load(key) });
    },
  },
  {
    name: "bentocache",
    open(load, ttl, most) {
      const driver = memoryDriver({ maxItems: most, serialize: false });
      const cache = new BentoCache({ default: "cache", stores: { cache: bentostore().useL1Layer(driver) } });
      return (key) => cache.getOrSet({ key, ttl, factory: () => load(key) });
    },
  },
  {
    name: "cacheable",
    open(load, ttl) {
      const cache = new Cacheable();
      return (key) => cache.getOrSet(key, () => load(key), { ttl });
    },
  },
];
