import { apiCache } from "./api-cache.ts";
import type { ApiCache } from "./api-types.ts";
import { background } from "./background.ts";
import type { sealing } from "./disk/sealing.ts";
import { lazyForwarder } from "./lazy-forward.ts";
import type { ApiCacheOptions } from "./options.ts";
import { remotePurges } from "./remote-purges.ts";

const lazySealing: typeof sealing = async (key, place) =>
  (await import("./disk/sealing.ts")).sealing(key, place);

/**
 * Makes a cache for API calls: a memory in front of IndexedDB, in front of the network. Opens its database at once;
 * without one it works from memory.
 *
 * @throws {TypeError} if an option has the wrong shape
 * @throws {RangeError} if an option is out of range
 */
export function createApiCache(options: ApiCacheOptions = {}): ApiCache {
  return apiCache(options, {
    code: { forwarder: lazyForwarder, purges: remotePurges, sealing: lazySealing },
    loadExtras: (core) => import("./extras.ts").then(({ extras }) => extras(core)),
    work: background(),
  });
}
