export { createApiCache } from "./api-cache.ts";
export type {
  ApiCache,
  LocalPurge,
  MutateOptions,
  PrefetchOptions,
  ResourceState,
  SubscribeOptions,
} from "./api-types.ts";
export { dehydrate } from "./dehydrated.ts";
export type { Dehydrated, DehydratedResponse, DehydrateOptions } from "./dehydrated.ts";
export type { ApiCacheEvent } from "./events.ts";
export type { ApiCacheOptions, DefaultsOptions, DiskOptions, PurgesOptions } from "./options.ts";
export { ResponseError } from "./response-error.ts";
export type { ApiCacheStats } from "./stats.ts";
export type { ResourceChange } from "./subscriptions.ts";
