import type { WideStore } from "../wide.ts";
import { toBase64 } from "./base64.ts";
import { storeOverRedis } from "./over-redis.ts";
import { redisRest, type RedisRestOptions } from "./rest.ts";
import type { RedisStoreSettings } from "./settings.ts";

/** Options of {@link redisRestStore}. */
export interface RedisRestStoreOptions extends RedisStoreSettings, RedisRestOptions {}

/**
 * Keeps entries in Redis over HTTP, as Upstash speaks it: all calls of one tick travel in one request, its gets as one
 * `MGET`. Entries are written as base64, a third longer than over TCP; stores of either kind read what the other wrote.
 *
 * Calls reject when the server cannot be reached, refuses, answers in another form, or is silent for longer than `timeout`.
 *
 * @throws {TypeError | RangeError} if an option has the wrong shape or value; the token is never quoted
 */
export function redisRestStore({ url, token, fetch, ...settings }: RedisRestStoreOptions): WideStore {
  const { timeout = "1s" } = settings;
  const commands = redisRest({ url, token, fetch, timeout });
  return storeOverRedis(commands, { name: "redis-rest", ...settings, wrap: toBase64 });
}
