import type { Env, Hono, MiddlewareHandler } from "hono";
import type { EdgeCache } from "./edge-cache.ts";

export interface EdgeCacheMiddlewareOptions<E extends Env> {
  /** The app itself: its handlers are the origin, for fills and for refreshes after the answer. */
  readonly app: Hono<E>;
  readonly edge: EdgeCache;
}

/**
 * Puts the cache in front of an app's own handlers: `app.use("/api/*", edgeCache({ app, edge }))`. What reaches the
 * handlers is a request of the cache's, which the middleware lets through.
 */
export function edgeCache<E extends Env>({ app, edge }: EdgeCacheMiddlewareOptions<E>): MiddlewareHandler<E> {
  const forwarded = new WeakSet<Request>();
  return async function edgeCache(context, next) {
    const { executionCtx } = context;
    if (forwarded.has(context.req.raw)) return next();
    return edge.handle(context.req.raw, {
      async origin(request) {
        forwarded.add(request);
        return app.fetch(request, context.env, executionCtx);
      },
      waitUntil: (work) => executionCtx.waitUntil(work),
    });
  };
}
