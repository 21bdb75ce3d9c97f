import {
  memoryStore,
  redisRestStore,
  toBytes,
  type ByteSize,
  type OnEvent,
  type Tier,
} from "../src/index.ts";
import { cacheApiStore } from "./cache-api-store.ts";
import { readTiers, type TierName, type TierVariables } from "./config-tiers.ts";
import { durableRedisStore } from "./durable-redis.ts";
import { kvStore } from "./kv-store.ts";
import type { RedisObject } from "./redis-object.ts";

/** The variables and bindings by which a worker's environment says where entries lie: see wrangler.toml. */
export interface TierEnv extends TierVariables {
  /** For `kv`. */
  readonly CACHE_KV?: KVNamespace;
  /** For `redis`. */
  readonly REDIS?: DurableObjectNamespace<RedisObject>;
}

/** Options of {@link tiersFrom}. */
export interface TiersOptions {
  /** The most that the memory tier holds; an isolate has 128 MB for everything. @defaultValue "64mb" */
  readonly memory?: ByteSize;
  readonly onEvent?: OnEvent;
}

/**
 * The tiers that an environment names, as in the ready-made worker: `TIERS`, with what each tier needs. Call it once for each
 * cache: its memory is that cache's alone, and what lies outside may be shared.
 *
 * @throws {TypeError | RangeError} with one sentence that names the option, the variable or the binding at fault; secrets are never quoted
 */
export function tiersFrom(env: TierEnv, { memory = "64mb", onEvent }: TiersOptions = {}): readonly Tier[] {
  const { tiers, redisRest } = readTiers(env);
  const bytes = toBytes(memory, "memory");
  const reporting = onEvent === undefined ? {} : { onEvent };
  return tiers.map(tierOf);

  function tierOf(name: TierName): Tier {
    switch (name) {
      case "memory":
        // Where there is no colder tier for them, long bodies stay here too.
        return {
          name: "hot",
          store: memoryStore({
            maxBytes: bytes,
            maxEntryBytes:
              tiers.length === 1 ? Math.ceil(bytes / 2) : Math.min(bytes, toBytes("2mb", "memory")),
          }),
        };
      case "cache":
        return { name: "warm", store: cacheApiStore(), timeout: "250ms" };
      case "kv":
        return { name: "cold", store: kvStore(bound(env.CACHE_KV, name, "CACHE_KV")), timeout: "500ms" };
      case "redis":
        return {
          name: "cold",
          store: durableRedisStore(bound(env.REDIS, name, "REDIS"), reporting),
          timeout: "500ms",
        };
      case "redis-rest": {
        if (redisRest === undefined) throw new TypeError("Cannot start: redis-rest is not configured");
        const store = redisRestStore({
          ...redisRest,
          fetch: (address, init) => fetch(address, init),
          ...reporting,
        });
        return { name: "cold", store, timeout: "500ms" };
      }
    }
  }
}

function bound<T>(binding: T | undefined, tier: TierName, name: string): T {
  if (binding === undefined)
    throw new TypeError(`Cannot start: TIERS names ${tier}, but ${name} is not bound`);
  return binding;
}
