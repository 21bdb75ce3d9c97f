import { createWholeApiCache } from "../browser/whole.ts";
import type { ApiCache, ApiCacheOptions } from "../browser/index.ts";
import { matcher, type Match } from "./match.ts";

export type { Match };

/** The lib gives `self` the type of a plain worker; this code only ever runs in a service worker. */
declare const self: ServiceWorkerGlobalScope & typeof globalThis;

/** Options of `serveFrom`; those of the cache are as for `createApiCache`. */
export interface ServeOptions extends ApiCacheOptions {
  /** Which requests are answered. */
  readonly match: Match | readonly Match[];
  /**
   * Takes over pages that are open already: `skipWaiting()` when installed, `clients.claim()` when activated.
   *
   * @defaultValue false: both are left to the script
   */
  readonly takeOver?: boolean;
}

/**
 * Has the cache answer what pages fetch, whatever they fetch it with: call it while the script of a service worker runs for
 * the first time. GET and HEAD are answered as `api.fetch` does; other methods go to the network as they come and, when they
 * succeed, make what is stored for their URL invalid. Navigations, images and all else that scripts do not fetch are left
 * to the browser, as is what does not match. A request fails only where it would have failed without it.
 *
 * @returns the cache, for what the script itself has to tell it: `clear()` at logout
 * @throws {TypeError} if an option has the wrong shape
 * @throws {RangeError} if an option is out of range
 */
export function serveFrom({ match, takeOver = false, ...options }: ServeOptions): ApiCache {
  const isOurs = matcher(match, self.location.href);
  const { api, settled } = createWholeApiCache(options);

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    // What scripts fetch with `no-cors`, and what elements load, has answers that nobody here can read.
    if (request.mode !== "cors" && request.mode !== "same-origin") return;
    if (!isOurs(new URL(request.url), request)) return;
    const answer = api.fetch(request);
    event.respondWith(answer);
    // What goes on behind the answer is lost if the browser ends the worker before.
    event.waitUntil(answer.then(settled, settled));
  });
  if (takeOver) {
    self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
    self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  }
  return api;
}
