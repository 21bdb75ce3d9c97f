import { Hono, type MiddlewareHandler } from "hono";
import type { OnEvent } from "../src/index.ts";
import type { EdgeCache } from "./edge-cache.ts";
import { allowPages, type AllowedPages } from "./cors.ts";
import { evictionRoutes } from "./eviction-routes.ts";
import { liveRoutes, type LiveOptions } from "./live-routes.ts";
import { jsonAnswer } from "./purge-answers.ts";
import { purgeApi } from "./purge-api.ts";
import type { PurgeCredential } from "./purge-credentials.ts";
import { purgeDesk, type PurgeDeskOptions } from "./purge-desk.ts";
import { answerPurgeMethod } from "./purge-method.ts";
import type { PurgeLimits } from "./purge-rate.ts";
import { isInReach } from "./purge-scope.ts";

/** Where the cache's own routes are mounted by custom. */
export const EDGE_PATH = "/_tidemark";

export interface EdgeRoutesOptions {
  readonly edge: EdgeCache;
  /** Bearer tokens with every right. Neither these nor credentials: nobody may purge. @defaultValue none */
  readonly purgeTokens?: readonly string[];
  /** Credentials with limits. @defaultValue none */
  readonly purgeCredentials?: readonly PurgeCredential[];
  /** How much may be asked for, in this isolate. @defaultValue see {@link PurgeLimits} */
  readonly purgeLimits?: PurgeLimits;
  /** Hosts of which a purge may speak, besides the one it is sent to. @defaultValue none */
  readonly publicHosts?: readonly string[];
  /** How browsers hear of purges as they happen. @defaultValue they do not, and ask when they read */
  readonly live?: LiveOptions | undefined;
  /** Pages that may use the routes from a browser, all but `/live`, which has its own `origins`, and `/health`. @defaultValue none */
  readonly cors?: AllowedPages | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/**
 * The cache's own routes: purging, the feed and the log of purges, `GET /health`, and for who has the right `explain`
 * `GET /explain?url=/path&header.accept-language=fr`: what a request would get, and why. Mount them at {@link EDGE_PATH}.
 *
 * @throws {TypeError | RangeError} if an option cannot be read
 */
export function edgeRoutes(options: EdgeRoutesOptions): Hono {
  const { edge, cors, live } = options;
  const own = deskOptions(options);
  const desk = purgeDesk(own);
  const routes = new Hono();
  allowPages(routes, ["/explain", "/evictions", "/evictions/retry"], cors);
  routes.get("/health", async () => {
    const snapshot = await edge.view.read();
    const ledger = snapshot === undefined ? "out of reach" : "ok";
    return jsonAnswer({ status: snapshot === undefined ? "degraded" : "ok", ledger });
  });
  routes.get("/explain", async ({ req }) => {
    const credential = await desk.admit(req.raw, "explain");
    if (credential instanceof Response) return credential;
    const url = readTarget(req.query("url"), req.url);
    if (url === undefined) return jsonAnswer({ error: "url must be a path or an http or https URL" }, 400);
    if (!isInReach(credential, url))
      return jsonAnswer({ error: "url lies outside of what this credential may see" }, 403);
    const fields = Object.entries(req.query()).flatMap(([name, value]) =>
      name.startsWith("header.") ? [[name.slice("header.".length).toLowerCase(), value] as const] : [],
    );
    return jsonAnswer(await edge.explain(url, fields));
  });
  routes.route("/", purgeApi({ ...own, targets: edge.targets, ...(cors && { cors }) }));
  routes.route("/", liveRoutes(live));
  routes.route("/", evictionRoutes(edge.evictions, desk));
  routes.all("*", () => jsonAnswer({ error: "No such route" }, 404));
  return routes;
}

/**
 * Middleware that answers `PURGE` on any URL, as caches and the plug-ins of content systems send it, and refuses `BAN`;
 * see {@link answerPurgeMethod}. All else goes on. Put it before everything, so that neither reaches an origin:
 * `app.use(purgeMethod({ edge, purgeTokens }))`.
 *
 * @throws {TypeError | RangeError} if an option cannot be read
 */
export function purgeMethod(options: EdgeRoutesOptions): MiddlewareHandler {
  const desk = purgeDesk(deskOptions(options));
  return async function purgeMethod({ req }, next) {
    const answer = answerPurgeMethod(desk, req.raw);
    return answer ?? next();
  };
}

function deskOptions({
  edge,
  purgeTokens = [],
  purgeCredentials = [],
  purgeLimits,
  publicHosts = [],
  onEvent,
}: EdgeRoutesOptions): PurgeDeskOptions {
  return {
    ledger: edge.ledger,
    view: { ...edge.view, bound: edge.bound },
    resourceOf: edge.resourceOf,
    evictions: edge.evictions,
    tokens: () => purgeTokens,
    credentials: () => purgeCredentials,
    hosts: (request) => [new URL(request.url).host, ...publicHosts],
    ...(purgeLimits && { limits: purgeLimits }),
    ...(onEvent && { onEvent }),
  };
}

/** A path is one of the host that the request came to. */
function readTarget(target: string | undefined, asked: string): string | undefined {
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const url = new URL(target, asked);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}
