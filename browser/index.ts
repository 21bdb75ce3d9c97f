export { createApiCache, type ApiCache } from "./api-cache.ts";
export type { ApiCacheEvent } from "./events.ts";
export type { ApiCacheOptions, DefaultsOptions, DiskOptions } from "./options.ts";
export type { ApiCacheStats } from "./stats.ts";
