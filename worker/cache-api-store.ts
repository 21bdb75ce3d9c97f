import { decodeEntry, encodeEntry, fitKey, type Store } from "../src/index.ts";

/** Well below the platform's limit for URLs, percent-encoding included. */
const MAX_KEY_BYTES = 1_024;

/**
 * Keeps entries in the Cache API: one data centre's own, shared by its isolates. Only bytes and a time to live are
 * entrusted to it. Its Age, conditions, ranges and Vary differ from place to place, so none of them is used.
 *
 * @param open the cache; called inside a request, since the platform gives it only there
 */
export function cacheApiStore(open: () => Cache | Promise<Cache> = () => caches.open("tidemark")): Store {
  return {
    name: "cache-api",
    async get(key) {
      const cache = await open();
      const found = await cache.match(await urlOf(key));
      if (found === undefined) return undefined;
      const entry = decodeEntry(key, new Uint8Array(await found.arrayBuffer()));
      return entry !== undefined && entry.expiresAt > Date.now() ? entry : undefined;
    },
    async set(key, entry, ttl) {
      const cache = await open();
      if (ttl <= 0) {
        await cache.delete(await urlOf(key));
        return;
      }
      const headers = {
        "cache-control": `public, max-age=${Math.ceil(ttl)}`,
        "content-type": "application/octet-stream",
      };
      await cache.put(await urlOf(key), new Response(encodeEntry(key, entry), { headers }));
    },
    async delete(keys) {
      const cache = await open();
      const gone = await Promise.all(keys.map(async (key) => cache.delete(await urlOf(key))));
      return gone.filter(Boolean).length;
    },
  };
}

/** The Cache API takes URLs for keys. `.invalid` is nobody's host. */
async function urlOf(key: string): Promise<string> {
  return `https://tidemark.invalid/${encodeURIComponent(await fitKey(key, MAX_KEY_BYTES))}`;
}
