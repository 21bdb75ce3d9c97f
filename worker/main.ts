import { env } from "cloudflare:workers";
import { Hono } from "hono";
import type { CacheEvent } from "../src/index.ts";
import {
  createEdgeCache,
  durableEvictions,
  durableLedger,
  EDGE_PATH,
  edgeRoutes,
  purgeMethod,
  readConfig,
  remoteOrigin,
  tiersFrom,
  type EdgeVariables,
  type EvictionObject,
  type LedgerObject,
  type LiveObject,
  type TierEnv,
} from "./index.ts";

export { EvictionObject, LedgerObject, LiveObject, RedisObject } from "./index.ts";

/** The ready-made reverse proxy's environment: see wrangler.toml. */
interface ProxyEnv extends EdgeVariables, TierEnv {
  readonly LEDGER: DurableObjectNamespace<LedgerObject>;
  readonly LIVE?: DurableObjectNamespace<LiveObject>;
  readonly EVICTION?: DurableObjectNamespace<EvictionObject>;
}

// The environment is the same for every request of an isolate, so a bad one fails the start and not a request.
const bindings = env as ProxyEnv; // What wrangler.toml binds; the variables are checked next.
const config = readConfig(bindings);
const origin = remoteOrigin(config.originUrl);

const edge = createEdgeCache({
  evictions: bindings.EVICTION && durableEvictions(bindings.EVICTION),
  ledger: durableLedger(bindings.LEDGER),
  tiers: tiersFrom(bindings, { onEvent: log }),
  keys: { prefix: "edge", version: config.version },
  rules: { profile: config.profile },
  bound: config.bound,
  originTimeout: config.originTimeout,
  maxBodyBytes: config.maxBodyBytes,
  routes: config.routes,
  onEvent: log,
});

const purging = {
  edge,
  purgeTokens: config.purgeTokens,
  purgeCredentials: config.purgeCredentials,
  publicHosts: config.publicHosts,
  ...(config.purgeCors.length > 0 && { cors: { origins: config.purgeCors } }),
  onEvent: log,
};
for (const warning of config.warnings) console.warn(warning);

const app: Hono = new Hono();
app.use(purgeMethod(purging));
app.route(EDGE_PATH, edgeRoutes({ ...purging, live: bindings.LIVE && { namespace: bindings.LIVE } }));
app.all("*", (context) =>
  edge.handle(context.req.raw, { origin, waitUntil: (work) => context.executionCtx.waitUntil(work) }),
);

export default app;

function log(event: CacheEvent): void {
  const error = "error" in event && event.error instanceof Error ? { error: event.error.message } : {};
  console.warn(JSON.stringify({ ...event, ...error }));
}
