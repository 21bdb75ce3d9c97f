import { cannot } from "./errors.ts";

/**
 * What this library needs of a Redis client. `redisCommands` makes one of the clients it knows; any other connection can
 * be put behind these two members.
 */
export interface RedisCommands {
  /**
   * Sends one command and resolves to its answer: bulk strings as text, numbers as numbers. Rejects with the server's
   * error, whose message begins with its code.
   *
   * @param key the key that decides which node of a cluster is asked; left out where any will do
   */
  send(command: readonly string[], key?: string): Promise<unknown>;
  /** Whether commands go to the nodes of a cluster, so that no two of them need share a connection. */
  readonly isCluster: boolean;
}

/** Hears what is published on a channel. */
export interface RedisSubscriber {
  /** Resolves once the server has confirmed, to what ends it. A channel has one listener at a time. */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>;
}

/** `Redis` and `Cluster` of the package `ioredis`. */
export interface IoredisClient {
  readonly isCluster: boolean;
  call(command: string, args: string[]): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  off(event: "message", listener: (channel: string, message: string) => void): unknown;
}

interface NodeRedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

/** What `createClient` of the package `redis` makes. */
export interface NodeRedisClient extends NodeRedisSubscriber {
  sendCommand(command: readonly string[]): Promise<unknown>;
}

/** What `createCluster` of the package `redis` makes. */
export interface NodeRedisCluster extends NodeRedisSubscriber {
  getSlotMaster(slot: number): unknown;
  sendCommand(key: string | undefined, isReadonly: boolean, command: string[]): Promise<unknown>;
}

/** What `createSentinel` of the package `redis` makes. */
export interface NodeRedisSentinel extends NodeRedisSubscriber {
  getSentinelNode(): unknown;
  sendCommand(isReadonly: boolean, command: string[]): Promise<unknown>;
}

/** A connected client of `ioredis` or of `redis`, alone, behind Sentinel or of a cluster. */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel;

/**
 * One way to send commands, whichever client there is. Everything goes to the node that may write.
 *
 * @throws {TypeError} if it is none of the clients it knows, nor a {@link RedisCommands} itself
 */
export function redisCommands(client: RedisClient | RedisCommands): RedisCommands {
  if (has(client, "send")) return client;
  if (has(client, "call")) {
    const { isCluster } = client;
    return { isCluster, send: ([name = "", ...args]) => client.call(name, args) };
  }
  if (has(client, "getSlotMaster"))
    return { isCluster: true, send: (command, key) => client.sendCommand(key, false, [...command]) };
  if (has(client, "getSentinelNode"))
    return { isCluster: false, send: (command) => client.sendCommand(false, [...command]) };
  if (has(client, "sendCommand")) return { isCluster: false, send: (command) => client.sendCommand(command) };
  throw new TypeError(cannot("use Redis", "it needs a client of ioredis or redis", client));
}

/**
 * One way to listen, whichever client there is. Both kinds subscribe anew when their connection comes back; what was
 * published meanwhile is lost.
 *
 * @throws {TypeError} if it is none of the clients it knows, nor a {@link RedisSubscriber} itself
 */
export function redisSubscriber(client: RedisClient | RedisSubscriber): RedisSubscriber {
  if (has(client, "call"))
    return { subscribe: (channel, onMessage) => listenByEvent(client, channel, onMessage) };
  if (has(client, "sendCommand")) {
    return {
      async subscribe(channel, onMessage) {
        await client.subscribe(channel, (message) => onMessage(message));
        return async () => void (await client.unsubscribe(channel));
      },
    };
  }
  if (has(client, "subscribe")) return client;
  throw new TypeError(cannot("listen to Redis", "it needs a client of ioredis or redis", client));
}

async function listenByEvent(
  client: IoredisClient,
  channel: string,
  onMessage: (message: string) => void,
): Promise<() => Promise<void>> {
  const listener = (from: string, message: string): void => {
    if (from === channel) onMessage(message);
  };
  client.on("message", listener);
  try {
    await client.subscribe(channel);
  } catch (error) {
    client.off("message", listener);
    throw error;
  }
  return async () => {
    client.off("message", listener);
    await client.unsubscribe(channel);
  };
}

function has<Value, Member extends Members<Value>>(
  value: Value,
  member: Member,
): value is Extract<Value, Readonly<Record<Member, unknown>>> {
  return typeof value === "object" && value !== null && member in value;
}

/** The names of the members of any of a union's types. */
type Members<Value> = Value extends unknown ? keyof Value : never;
