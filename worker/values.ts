import { waitUntil as keepGoing } from "cloudflare:workers";
import type { Context, MiddlewareHandler } from "hono";
import { createCache, type Cache, type CacheOptions } from "../src/index.ts";
import type { EdgeCache } from "./edge-cache.ts";

/** Options of {@link valueCache}. Those of `createCache`; producers may take 25 s unless they say otherwise. */
export interface ValueCacheOptions extends Omit<CacheOptions, "waitUntil"> {
  /**
   * Shares this cache's ledger and its view of it: a purge of a tag drops the responses and the values that carry it.
   *
   * @defaultValue `ledger` and `view`, as for `createCache`
   */
  readonly edge?: Pick<EdgeCache, "ledger" | "view">;
}

/** What {@link valueCache} adds to an app's environment: `new Hono<ValueCacheEnv>()`. */
export interface ValueCacheEnv<V = unknown> {
  Variables: { cache: Cache<V> };
}

/**
 * Puts a cache of values on `c.var.cache`, one for the whole isolate: `app.use(valueCache({ edge, tiers }))`. What a handler
 * calls there is kept going by its own request, so no call needs a `waitUntil`, and callers that wait for another
 * request's producer get its value although that request's client has left.
 *
 * The cache is made with the first request, as nothing random may be made before that on Workers.
 *
 * @param options those of `createCache`, or a function of the environment that returns them
 * @throws {TypeError | RangeError} from the first request, if an option makes no sense
 */
export function valueCache<Bindings extends object = object, V = unknown>(
  options: ValueCacheOptions | ((env: Bindings) => ValueCacheOptions),
): MiddlewareHandler<ValueCacheEnv<V> & { Bindings: Bindings }> {
  let made: Cache<V> | undefined;
  return async function valueCache(context, next) {
    made ??= isolateCache<V>(typeof options === "function" ? options(context.env) : options);
    context.set("cache", requestCache(made, keeperOf(context)));
    await next();
  };
}

function isolateCache<V>({ edge, ...options }: ValueCacheOptions): Cache<V> {
  const shared = edge && { ledger: edge.ledger, view: edge.view };
  return createCache<V>({ producerTimeout: PATIENCE, ...shared, ...options, waitUntil: keepGoing });
}

/** Workers end what `waitUntil` keeps going 30 s after the client has left: a producer is given up before that. */
const PATIENCE = { hard: "25s" };

type WaitUntil = (work: Promise<unknown>) => void;

/** The request's own; without one, as where a test calls the app, the platform's, which is of the request at hand too. */
function keeperOf(context: Context): WaitUntil {
  try {
    const { executionCtx } = context;
    return (work) => executionCtx.waitUntil(work);
  } catch {
    return keepGoing;
  }
}

/** The same cache, for the calls of one request. Calls without such an option are kept going by the platform's own. */
function requestCache<V>(cache: Cache<V>, waitUntil: WaitUntil): Cache<V> {
  const own = { waitUntil };
  return {
    ...cache,
    getOrSet: (key, producer, options) => cache.getOrSet(key, producer, { ...own, ...options }),
    getOrSetMany: (keys, loader, options) => cache.getOrSetMany(keys, loader, { ...own, ...options }),
    wrap: (fn, options) => cache.wrap(fn, { ...own, ...options }),
    set: (key, value, options) => cache.set(key, value, { ...own, ...options }),
    setMany: (values, options) => cache.setMany(values, { ...own, ...options }),
    add: (key, value, options) => cache.add(key, value, { ...own, ...options }),
    namespace: (name, options) => requestCache(cache.namespace(name, options), waitUntil),
  };
}
