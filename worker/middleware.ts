import type { Env, ExecutionContext, Hono, MiddlewareHandler } from "hono";
import type { EdgeCache } from "./edge-cache.ts";

export interface EdgeCacheMiddlewareOptions<E extends Env> {
  /** The app itself: its handlers are the origin, for fills and for refreshes after the answer. */
  readonly app: Hono<E>;
  readonly edge: EdgeCache;
}

/**
 * Puts the cache in front of an app's own handlers: `app.use("/api/*", edgeCache({ app, edge }))`. What reaches the
 * handlers is a request of the cache's, which the middleware lets through.
 *
 * A handler that answers with what it has fetched may leave its Content-Encoding: the body is kept decoded, and the platform
 * encodes it anew for each client. A handler must not encode a body itself.
 */
export function edgeCache<E extends Env>({ app, edge }: EdgeCacheMiddlewareOptions<E>): MiddlewareHandler<E> {
  // Told by its execution context: other middleware may replace the request on its way.
  const inner = new WeakSet<object>();
  return async function edgeCache(context, next) {
    const { executionCtx } = context;
    if (inner.has(executionCtx)) return next();
    const waitUntil = (work: Promise<unknown>): void => executionCtx.waitUntil(work);
    return edge.handle(context.req.raw, {
      async origin(request) {
        const own: ExecutionContext = {
          waitUntil,
          passThroughOnException: () => executionCtx.passThroughOnException(),
          props: executionCtx.props,
        };
        inner.add(own);
        return decoded(await app.fetch(request, context.env, own));
      },
      waitUntil,
    });
  };
}

/** Inside a worker a body is read decoded, whatever its fields say: they must say the same. */
function decoded(response: Response): Response {
  if (!response.headers.has("content-encoding")) return response;
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  const etag = headers.get("etag");
  // RFC 9110, 8.8.1: the tag names the encoded bytes, so of the decoded ones it is only a weak validator.
  if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
  return new Response(response.body, { status: response.status, headers });
}
