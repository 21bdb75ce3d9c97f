import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { memoryStore, redisRestStore, type CacheEvent, type Tier } from "../src/index.ts";
import {
  cacheApiStore,
  createEdgeCache,
  durableEvictions,
  durableLedger,
  durableRedisStore,
  EDGE_PATH,
  edgeRoutes,
  kvStore,
  purgeMethod,
  readConfig,
  remoteOrigin,
  type EdgeVariables,
  type EvictionObject,
  type LedgerObject,
  type LiveObject,
  type RedisObject,
  type TierName,
} from "./index.ts";

export { EvictionObject, LedgerObject, LiveObject, RedisObject } from "./index.ts";

/** The ready-made reverse proxy's environment: see wrangler.toml. */
interface ProxyEnv extends EdgeVariables {
  readonly LEDGER: DurableObjectNamespace<LedgerObject>;
  readonly CACHE_KV?: KVNamespace;
  readonly REDIS?: DurableObjectNamespace<RedisObject>;
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
  tiers: config.tiers.map(tierOf),
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

function tierOf(name: TierName): Tier {
  switch (name) {
    case "memory":
      // Where there is no colder tier for them, long bodies stay here too.
      return {
        name: "hot",
        store: memoryStore({ maxBytes: "64mb", maxEntryBytes: config.tiers.length === 1 ? "32mb" : "2mb" }),
      };
    case "cache":
      return { name: "warm", store: cacheApiStore(), timeout: "250ms" };
    case "kv":
      if (bindings.CACHE_KV === undefined)
        throw new TypeError("Cannot start: TIERS names kv, but CACHE_KV is not bound");
      return { name: "cold", store: kvStore(bindings.CACHE_KV), timeout: "500ms" };
    case "redis":
      if (bindings.REDIS === undefined)
        throw new TypeError("Cannot start: TIERS names redis, but REDIS is not bound");
      return { name: "cold", store: durableRedisStore(bindings.REDIS, { onEvent: log }), timeout: "500ms" };
    case "redis-rest": {
      if (config.redisRest === undefined) throw new TypeError("Cannot start: redis-rest is not configured");
      const { url, token } = config.redisRest;
      const store = redisRestStore({
        url,
        token,
        fetch: (address, init) => fetch(address, init),
        onEvent: log,
      });
      return { name: "cold", store, timeout: "500ms" };
    }
  }
}

function log(event: CacheEvent): void {
  const error = "error" in event && event.error instanceof Error ? { error: event.error.message } : {};
  console.warn(JSON.stringify({ ...event, ...error }));
}
