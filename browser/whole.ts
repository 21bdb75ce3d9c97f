import { apiCache } from "./api-cache.ts";
import type { ApiCache } from "./api-types.ts";
import { background } from "./background.ts";
import { sealing } from "./disk/sealing.ts";
import { extras } from "./extras.ts";
import { fedPurges } from "./fed-purges.ts";
import { forwarder } from "./forward.ts";
import { openLive } from "./live.ts";
import type { ApiCacheOptions } from "./options.ts";

/** A cache whose code is all there. */
export interface WholeApiCache {
  readonly api: ApiCache;
  /** Resolves once what goes on behind the answers so far is done. */
  readonly settled: () => Promise<void>;
}

/** As `createApiCache`, for where `import()` is forbidden; throws what that does. */
export function createWholeApiCache(options: ApiCacheOptions): WholeApiCache {
  const work = background();
  const api = apiCache(options, {
    code: { forwarder, purges: (feed) => fedPurges(feed, openLive), sealing },
    loadExtras: async (core) => extras(core),
    work,
  });
  return { api, settled: work.settled };
}
