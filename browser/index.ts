export { createApiCache, type ApiCache } from "./api-cache.ts";
export type { ApiCacheEvent } from "./events.ts";
export type { ApiCacheOptions, DefaultsOptions, DiskOptions, PurgesOptions } from "./options.ts";
export type { ApiCacheStats } from "./stats.ts";
export type { ResourceChange } from "./subscriptions.ts";
