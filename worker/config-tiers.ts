import { bad, listOf } from "./config-text.ts";
import { readRedisUrl } from "./redis/address.ts";

/** Names of tiers, hot to cold. */
export type TierName = "memory" | "cache" | OriginStore;

/** The coldest tier, which all places share: one of them, or none. */
export type OriginStore = "kv" | "redis-rest" | "redis";

/** Which stores a worker uses, and what they need to know. */
export interface TierVariables {
  /** `memory`, `cache` and one of `kv`, `redis-rest` and `redis`, or some of these. @defaultValue "memory,cache,kv" */
  readonly TIERS?: string;
  /** For `redis-rest`: the address of a Redis over HTTP, as Upstash speaks it. */
  readonly REDIS_REST_URL?: string;
  /** Secret. For `redis-rest`: what it knows us by. */
  readonly REDIS_REST_TOKEN?: string;
  /** Secret. For `redis`, which goes through the Durable Object bound as REDIS: such as `rediss://:password@host:6379`. */
  readonly REDIS_URL?: string;
}

/** The same, checked. */
export interface TierConfig {
  readonly tiers: readonly TierName[];
  /** Where `tiers` name it. */
  readonly redisRest: { readonly url: string; readonly token: string } | undefined;
}

/**
 * Reads which tiers there are to be.
 *
 * @throws {TypeError} with one sentence that names the variable at fault; secrets are never quoted
 */
export function readTiers(variables: TierVariables): TierConfig {
  const { TIERS = "memory,cache,kv" } = variables;
  const tiers = listOf(TIERS);
  if (tiers.length === 0 || !tiers.every(isTier))
    throw bad("TIERS", "it must list some of memory, cache, kv, redis-rest and redis", TIERS);
  if (tiers.filter((tier) => tier !== "memory" && tier !== "cache").length > 1)
    throw bad("TIERS", "it must name one of kv, redis-rest and redis at most", TIERS);
  if (tiers.includes("redis")) readRedisUrl(variables.REDIS_URL ?? "");
  return { tiers, redisRest: tiers.includes("redis-rest") ? readRedisRest(variables) : undefined };
}

function readRedisRest({ REDIS_REST_URL = "", REDIS_REST_TOKEN = "" }: TierVariables) {
  if (!/^https?:$/.test(URL.canParse(REDIS_REST_URL) ? new URL(REDIS_REST_URL).protocol : ""))
    throw new TypeError(
      "Cannot start: TIERS names redis-rest, but REDIS_REST_URL is no http or https address",
    );
  if (REDIS_REST_TOKEN === "")
    throw new TypeError("Cannot start: TIERS names redis-rest, but REDIS_REST_TOKEN is not set");
  return { url: REDIS_REST_URL, token: REDIS_REST_TOKEN };
}

function isTier(name: string): name is TierName {
  return ["memory", "cache", "kv", "redis-rest", "redis"].includes(name);
}
