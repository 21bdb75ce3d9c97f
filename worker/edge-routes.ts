import { Hono } from "hono";
import { readAuthority, type OnEvent } from "../src/index.ts";
import type { EdgeCache } from "./edge-cache.ts";
import { purgeApi } from "./purge-api.ts";

/** Where the cache's own routes are mounted by custom. */
export const EDGE_PATH = "/_tidemark";

export interface EdgeRoutesOptions {
  readonly edge: EdgeCache;
  /** Bearer tokens that may purge; none = nobody may. */
  readonly purgeTokens: readonly string[];
  /** Hosts of which a purge may speak, besides the one it is sent to. @defaultValue none */
  readonly publicHosts?: readonly string[];
  readonly onEvent?: OnEvent | undefined;
}

/** The cache's own routes: purging, the feed of purges, and `GET /health`. Mount them at {@link EDGE_PATH}. */
export function edgeRoutes({ edge, purgeTokens, publicHosts = [], onEvent }: EdgeRoutesOptions): Hono {
  const routes = new Hono();
  routes.get("/health", async (context) => {
    const snapshot = await edge.view.read();
    const ledger = snapshot === undefined ? "out of reach" : "ok";
    return context.json({ status: snapshot === undefined ? "degraded" : "ok", ledger }, 200, {
      "cache-control": "no-store",
    });
  });
  routes.route(
    "/",
    purgeApi({
      ledger: edge.ledger,
      view: edge.view,
      tokens: () => purgeTokens,
      hosts: (request) =>
        [new URL(request.url).host, ...publicHosts].flatMap((host) => readAuthority(host) ?? []),
      ...(onEvent !== undefined && { onEvent }),
    }),
  );
  routes.all("*", (context) =>
    context.json({ error: "No such route" }, 404, { "cache-control": "no-store" }),
  );
  return routes;
}
