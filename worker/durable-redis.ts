import {
  gather,
  redisStore,
  type RedisArgument,
  type RedisCommands,
  type RedisStoreSettings,
  type WideStore,
} from "../src/index.ts";
import { isError } from "./redis/connection.ts";
import type { Reply } from "./redis/resp.ts";
import type { RedisObject } from "./redis-object.ts";

/** Options of {@link durableRedis}. */
export interface DurableRedisOptions {
  /** Which object of the namespace: each holds a connection of its own. @defaultValue "tidemark" */
  readonly object?: string;
}

/** Options of {@link durableRedisStore}. */
export interface DurableRedisStoreOptions extends DurableRedisOptions, RedisStoreSettings {}

/** Commands of one call to the object. */
const MOST_COMMANDS = 256;

/**
 * Redis, over the one connection that a Durable Object holds: for stores and for `redisLedger`. The commands of one tick are
 * one call to the object.
 */
export function durableRedis(
  namespace: DurableObjectNamespace<RedisObject>,
  { object = "tidemark" }: DurableRedisOptions = {},
): RedisCommands {
  const ask = gather<readonly RedisArgument[], Reply>(MOST_COMMANDS, async (commands) => {
    // A stub whose object has failed stays broken, and belongs to its request: each call takes a new one.
    const stub: unknown = namespace.get(namespace.idFromName(object));
    // The platform's types of a call lose themselves in lists of lists.
    return (stub as Pick<RedisObject, "send">).send(commands);
  });

  async function sendBytes(command: readonly RedisArgument[]): Promise<unknown> {
    const reply = await ask(command);
    if (isError(reply)) throw new Error(reply.error);
    return reply;
  }

  return {
    isCluster: false,
    sendBytes,
    send: async (command) => inText(await sendBytes(command)),
  };
}

/**
 * Keeps entries in Redis, over the one connection that a Durable Object holds for all Workers. As `redisStore` otherwise.
 *
 * @throws {TypeError | RangeError} if an option has the wrong shape or value
 */
export function durableRedisStore(
  namespace: DurableObjectNamespace<RedisObject>,
  { object, ...settings }: DurableRedisStoreOptions = {},
): WideStore {
  return redisStore({ client: durableRedis(namespace, object === undefined ? {} : { object }), ...settings });
}

function inText(reply: unknown): unknown {
  if (reply instanceof Uint8Array) return new TextDecoder().decode(reply);
  return Array.isArray(reply) ? reply.map(inText) : reply;
}
