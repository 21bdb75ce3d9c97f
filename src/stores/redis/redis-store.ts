import { compressed, type CompressedOptions } from "../../layers/compressed.ts";
import { type RedisClient, type RedisCommands, redisCommands } from "../../redis.ts";
import type { WideStore } from "../wide.ts";
import { storeOverRedis } from "./over-redis.ts";
import type { RedisStoreSettings } from "./settings.ts";

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends RedisStoreSettings {
  /** A connected client of `ioredis` or `redis` (Redis 6.2 or later), alone, behind Sentinel or of a cluster. */
  readonly client: RedisClient | RedisCommands;
  /**
   * Compresses bodies, as `compressed` does: `true` is the same as `{}`. Entries that were written otherwise are a miss.
   *
   * @defaultValue they stay as they are
   */
  readonly compression?: CompressedOptions | boolean | undefined;
}

/**
 * Keeps entries in Redis, by a client that is handed in and stays its owner's. The gets of one tick are one `MGET` (in a
 * cluster one pipeline for each node); `clear` and `keys` go through the keys in pages. An entry whose time is over is
 * gone, by Redis's clock or by ours, whichever comes first.
 *
 * Calls reject when Redis cannot be reached, refuses, or is silent for longer than `timeout`.
 *
 * @throws {TypeError} if the client is none that it knows, or an option has the wrong shape
 * @throws {RangeError} if `timeout` is not more than 0
 */
export function redisStore({ client, compression = false, ...settings }: RedisStoreOptions): WideStore {
  const store = storeOverRedis(redisCommands(client), { name: "redis", ...settings });
  return compression === false ? store : compressed(store, compression === true ? {} : compression);
}
