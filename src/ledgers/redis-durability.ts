import type { Seconds } from "../clock.ts";
import { cannot } from "../errors.ts";
import type { RedisCommands } from "../redis.ts";

/** Who must have a purge before it is acknowledged, besides the memory of the server that carried it out. */
export interface RedisDurability {
  /** So many replicas, by `WAIT`. @defaultValue 0 */
  readonly replicas?: number;
  /** The server's own append-only file, on disk, by `WAITAOF` (Redis 7.2 or later). @defaultValue false */
  readonly aof?: boolean;
}

/** Runs a write, and resolves once it is as durable as was asked for; rejects when that is not known. */
export type DurableWrite = <Answer>(write: () => Promise<Answer>) => Promise<Answer>;

/**
 * `WAIT` and `WAITAOF` answer for what their own connection has written. Where a client has silently connected anew
 * between the write and the question, the answer says nothing, so the connection is asked for its identity before and
 * after.
 *
 * @throws {RangeError} if `replicas` is not a whole number from 0 on
 * @throws {TypeError} if the client speaks to a cluster, where no two commands need share a connection
 */
export function durableWrites(
  { send, isCluster }: RedisCommands,
  { replicas = 0, aof = false }: RedisDurability,
  timeout: Seconds,
): DurableWrite {
  if (!Number.isSafeInteger(replicas) || replicas < 0)
    throw new RangeError(cannot("wait for replicas", "it must be a whole number from 0 on", replicas));
  if (replicas === 0 && !aof) return (write) => write();
  if (isCluster)
    throw new TypeError(
      cannot("wait for durability", "a cluster's client cannot be held to one node", "a cluster"),
    );
  // Half of it, so that the caller learns why before its own time is over.
  const patience = String(Math.ceil(timeout * 500));

  async function connection(): Promise<string> {
    const [id, info] = await Promise.all([send(["CLIENT", "ID"]), send(["INFO", "server"])]);
    const [, server] = /^run_id:(\w+)/m.exec(String(info)) ?? [];
    if (typeof id !== "number" || server === undefined)
      throw new Error("Redis does not say who it is, so it cannot be told whether a purge is durable");
    return `${server} ${id}`;
  }

  return async (write) => {
    const before = await connection();
    const answer = await write();
    if (aof) {
      const written = await send(["WAITAOF", "1", "0", patience]);
      if (!Array.isArray(written) || written[0] !== 1)
        throw new Error("Redis has not written the purge to its append-only file in time");
    }
    if (replicas > 0) {
      const reached = await send(["WAIT", String(replicas), patience]);
      if (typeof reached !== "number" || reached < replicas)
        throw new Error(`The purge has reached ${String(reached)} of ${replicas} replicas in time`);
    }
    if ((await connection()) !== before)
      throw new Error("The connection to Redis broke before the purge was durable");
    return answer;
  };
}
