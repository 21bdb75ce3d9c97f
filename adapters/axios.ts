import type { ApiCache } from "../browser/index.ts";

/** Part of the options of `axios.create`. */
export interface ResourceAxios {
  readonly adapter: "fetch";
  readonly env: {
    readonly fetch: (input: URL | Request | string, init?: RequestInit) => Promise<Response>;
  };
}

/**
 * Lets axios fetch by the cache, with its fetch adapter: `axios.create({ ...resourceAxios(api), baseURL })`. Needs axios 1.12.
 * `fetchOptions: { cache: "no-cache" }` and the other modes of fetch work for a request; the response's header field
 * `cache-status` tells where it came from.
 */
export function resourceAxios(api: Pick<ApiCache, "fetch">): ResourceAxios {
  return { adapter: "fetch", env: { fetch: (input, init) => api.fetch(input, init) } };
}

/** What is needed of a storage of axios-cache-interceptor. */
export interface HeedingStorage<Value, Config> {
  set(key: string, value: Value, request?: Config): void | PromiseLike<void>;
  remove(key: string, request?: Config): void | PromiseLike<void>;
}

/**
 * Makes a storage of axios-cache-interceptor heed purges: an entry goes when its URL is purged, changed or updated, in
 * whichever tab, and a response that was on its way then is not kept. For an axios that fetches by the cache, and with the
 * interceptor's `cacheTakeover: false`, without which it asks for everything with `no-store`:
 *
 * ```ts
 * const plain = axios.create(resourceAxios(api));
 * const cached = setupCache(plain, {
 *   storage: heedChanges(api, plain, buildMemoryStorage()),
 *   cacheTakeover: false,
 * });
 * ```
 */
export function heedChanges<Value, Config extends object, Storage extends HeedingStorage<Value, Config>>(
  api: Pick<ApiCache, "onChange">,
  axios: { getUri(request?: object): string },
  storage: Storage & HeedingStorage<Value, Config>,
): Storage {
  const stops = new Map<string, () => void>();

  function unwatch(key: string): void {
    stops.get(key)?.();
    stops.delete(key);
  }

  return {
    ...storage,
    set(key, value, request) {
      if (request !== undefined && !stops.has(key)) {
        const url = new URL(axios.getUri(request), location.href);
        const forget = (): void => {
          unwatch(key);
          void storage.remove(key);
        };
        stops.set(key, api.onChange(url, forget));
      }
      return storage.set(key, value, request);
    },
    remove(key, request) {
      unwatch(key);
      return storage.remove(key, request);
    },
  };
}
