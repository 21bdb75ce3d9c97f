import { DurableObject } from "cloudflare:workers";
import { connect } from "cloudflare:sockets";
import { systemClock } from "../src/index.ts";
import { readRedisUrl, type RedisAddress } from "./redis/address.ts";
import { redisConnection, type RedisConnection } from "./redis/connection.ts";
import type { Reply, Word } from "./redis/resp.ts";

/** Settings of {@link RedisObject}, from the Worker's environment. */
export interface RedisEnv {
  /** Secret. Such as `rediss://:password@host:6379/0`; `rediss` means TLS. */
  readonly REDIS_URL?: string;
}

/** How long a server may be silent before the connection counts as lost. Callers may have less patience. */
const LIMIT = 2;

/**
 * Holds one connection to Redis for all Workers that ask it: a Worker itself cannot keep one, since a socket belongs to the
 * request that opened it. What is asked for at once travels together. It keeps nothing, so that nothing is lost with it.
 *
 * @throws {TypeError} at the first call, if `REDIS_URL` is no address
 */
export class RedisObject extends DurableObject<RedisEnv> {
  #connection: RedisConnection | undefined;

  /** Sends commands in one piece; resolves to their answers, in order. */
  async send(commands: readonly (readonly Word[])[]): Promise<readonly Reply[]> {
    this.#connection ??= redisConnection({
      address: readRedisUrl(this.env.REDIS_URL ?? ""),
      connect: socketTo,
      limit: LIMIT,
      clock: systemClock,
    });
    return this.#connection.send(commands);
  }
}

function socketTo({ hostname, port, tls }: RedisAddress): Socket {
  return connect({ hostname, port }, { secureTransport: tls ? "on" : "off", allowHalfOpen: false });
}
