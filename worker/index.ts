export { cacheApiStore } from "./cache-api-store.ts";
export { cacheFor, type CacheForOptions } from "./cache-for.ts";
export { readConfig, type EdgeConfig, type EdgeVariables } from "./config.ts";
export type { TierName, TierVariables } from "./config-tiers.ts";
export { durableLedger } from "./durable-ledger.ts";
export {
  durableRedis,
  durableRedisStore,
  type DurableRedisOptions,
  type DurableRedisStoreOptions,
} from "./durable-redis.ts";
export { createEdgeCache, type EdgeCache, type EdgeCacheOptions } from "./edge-cache.ts";
export { EDGE_PATH, edgeRoutes, purgeMethod, type EdgeRoutesOptions } from "./edge-routes.ts";
export { EvictionObject, type EvictionEnv, type EvictionReport } from "./eviction-object.ts";
export { durableEvictions, type Evictions } from "./evictions.ts";
export type { DeadLetter } from "./eviction-queue.ts";
export type { EvictionItem } from "./eviction-sinks.ts";
export type { Explanation, StoredExplanation } from "./explain.ts";
export type { RequestContext, RequestHandler } from "./handle.ts";
export { kvLedger, type KvLedgerOptions } from "./kv-ledger.ts";
export { kvStore } from "./kv-store.ts";
export { LedgerObject, type LedgerEnv } from "./ledger-object.ts";
export { LiveObject, type LiveEnv } from "./live-object.ts";
export type { LiveOptions } from "./live-routes.ts";
export { edgeCache, type EdgeCacheMiddlewareOptions } from "./middleware.ts";
export type { Origin } from "./origin.ts";
export { purgeApi, type PurgeApiOptions } from "./purge-api.ts";
export { RedisObject, type RedisEnv } from "./redis-object.ts";
export { readCredentials, type PurgeCredential, type PurgeRight } from "./purge-credentials.ts";
export type { PurgeDeskOptions } from "./purge-desk.ts";
export type { PurgeLimits } from "./purge-rate.ts";
export { remoteOrigin } from "./reverse-proxy.ts";
export type { RequestOptions, RouteOptions } from "./routes.ts";
export type { SelectionOptions } from "./selection.ts";
export { tiersFrom, type TierEnv, type TiersOptions } from "./tiers.ts";
export { valueCache, type ValueCacheEnv, type ValueCacheOptions } from "./values.ts";
