import { Hono } from "hono";
import { readAuthority, type OnEvent } from "../src/index.ts";
import type { EdgeCache } from "./edge-cache.ts";
import { liveRoutes, type LiveOptions } from "./live-routes.ts";
import { purgeApi } from "./purge-api.ts";
import { purgeAccess } from "./purge-auth.ts";

/** Where the cache's own routes are mounted by custom. */
export const EDGE_PATH = "/_tidemark";

export interface EdgeRoutesOptions {
  readonly edge: EdgeCache;
  /** Bearer tokens that may purge; none = nobody may. */
  readonly purgeTokens: readonly string[];
  /** Hosts of which a purge may speak, besides the one it is sent to. @defaultValue none */
  readonly publicHosts?: readonly string[];
  /** How browsers hear of purges as they happen. @defaultValue they do not, and ask when they read */
  readonly live?: LiveOptions | undefined;
  readonly onEvent?: OnEvent | undefined;
}

const NO_STORE = { "cache-control": "no-store" };
const REFUSED = { ...NO_STORE, "www-authenticate": "Bearer" };

/**
 * The cache's own routes: purging, the feed of purges, `GET /health`, and behind a purge token
 * `GET /explain?url=/path&header.accept-language=fr`: what a request would get, and why. Mount them at {@link EDGE_PATH}.
 */
export function edgeRoutes({ edge, purgeTokens, publicHosts = [], live, onEvent }: EdgeRoutesOptions): Hono {
  const routes = new Hono();
  routes.get("/health", async (context) => {
    const snapshot = await edge.view.read();
    const ledger = snapshot === undefined ? "out of reach" : "ok";
    return context.json({ status: snapshot === undefined ? "degraded" : "ok", ledger }, 200, NO_STORE);
  });
  routes.get("/explain", async (context) => {
    const access = await purgeAccess(context.req.header("authorization"), purgeTokens);
    if (access !== "granted") return context.json({ error: "This needs a purge token" }, 401, REFUSED);
    const url = readTarget(context.req.query("url"), context.req.url);
    if (url === undefined)
      return context.json({ error: "url must be a path or an http or https URL" }, 400, NO_STORE);
    const fields = Object.entries(context.req.query()).flatMap(([name, value]) =>
      name.startsWith("header.") ? [[name.slice("header.".length).toLowerCase(), value] as const] : [],
    );
    return context.json(await edge.explain(url, fields), 200, NO_STORE);
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
  routes.route("/", liveRoutes(live));
  routes.all("*", (context) => context.json({ error: "No such route" }, 404, NO_STORE));
  return routes;
}

/** A path is one of the host that the request came to. */
function readTarget(target: string | undefined, asked: string): string | undefined {
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const url = new URL(target, asked);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}
