import { cannot } from "./errors.ts";

/** One word of a command. */
export type RedisArgument = string | Uint8Array;

/**
 * What this library needs of a Redis client. `redisCommands` makes one of the clients it knows; any other connection can
 * be put behind these members. Ledgers need the first two; stores need `sendBytes`, too.
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
  /** As `send`, but arguments may be bytes, and bulk strings come back as bytes. */
  sendBytes?(command: readonly RedisArgument[], key?: string): Promise<unknown>;
  /** The nodes of a cluster that keep its keys, each by itself. Left out where there is but one, or nobody can tell. */
  nodes?(): Promise<readonly RedisCommands[]>;
  /** What the connection puts before each key by itself; patterns, and keys in answers, are as the server has them. */
  readonly keyPrefix?: string;
}

/** Hears what is published on a channel. */
export interface RedisSubscriber {
  /** Resolves once the server has confirmed, to what ends it. A channel has one listener at a time. */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>;
}

/** `Redis` and `Cluster` of the package `ioredis`. */
export interface IoredisClient {
  readonly isCluster: boolean;
  readonly options?: { readonly keyPrefix?: string | undefined };
  call(command: string, args: string[]): Promise<unknown>;
  callBuffer(command: string, args: string[]): Promise<unknown>;
  /** Of a cluster alone. */
  nodes?(role: "master"): readonly IoredisClient[];
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  off(event: "message", listener: (channel: string, message: string) => void): unknown;
}

interface NodeRedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

/** As much as is used of the options of a command of `redis`. */
export interface NodeRedisCommandOptions {
  readonly typeMapping?: object;
}

/** What `createClient` of the package `redis` makes. */
export interface NodeRedisClient extends NodeRedisSubscriber {
  sendCommand(command: readonly string[], options?: NodeRedisCommandOptions): Promise<unknown>;
}

/** What `createCluster` of the package `redis` makes. */
export interface NodeRedisCluster extends NodeRedisSubscriber {
  getSlotMaster(slot: number): unknown;
  readonly masters: readonly object[];
  nodeClient(node: never): Promise<NodeRedisClient>;
  sendCommand(
    key: string | undefined,
    isReadonly: boolean,
    command: string[],
    options?: NodeRedisCommandOptions,
  ): Promise<unknown>;
}

/** What `createSentinel` of the package `redis` makes. */
export interface NodeRedisSentinel extends NodeRedisSubscriber {
  getSentinelNode(): unknown;
  sendCommand(isReadonly: boolean, command: string[], options?: NodeRedisCommandOptions): Promise<unknown>;
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
  if (has(client, "call")) return ofIoredis(client);
  if (has(client, "getSlotMaster")) return ofNodeRedisCluster(client);
  if (has(client, "getSentinelNode")) {
    return {
      isCluster: false,
      send: (command) => client.sendCommand(false, [...command]),
      sendBytes: (command) => client.sendCommand(false, inBuffers(command), asBuffers()),
    };
  }
  if (has(client, "sendCommand")) return ofNodeRedis(client);
  throw new TypeError(cannot("use Redis", "it needs a client of ioredis or redis", client));
}

function ofIoredis(client: IoredisClient): RedisCommands {
  const { isCluster } = client;
  const keyPrefix = client.options?.keyPrefix ?? "";
  return {
    isCluster,
    keyPrefix,
    send: ([name = "", ...args]) => client.call(name, args),
    sendBytes: ([name = "", ...args]) => callInBytes(client, String(name), inBuffers(args)),
    nodes: async () => (client.nodes?.("master") ?? [client]).map((node) => ofIoredis(node)),
  };
}

/** By the command's own method, as ioredis loses the name of a `callBuffer` that it puts into a pipeline by itself. */
async function callInBytes(client: IoredisClient, name: string, args: string[]): Promise<unknown> {
  const own = (client as unknown as Readonly<Record<string, unknown>>)[`${name.toLowerCase()}Buffer`]; // Checked next.
  return typeof own === "function" ? own.apply(client, args) : client.callBuffer(name, args);
}

function ofNodeRedis(client: NodeRedisClient): RedisCommands {
  return {
    isCluster: false,
    send: (command) => client.sendCommand(command),
    sendBytes: (command) => client.sendCommand(inBuffers(command), asBuffers()),
  };
}

function ofNodeRedisCluster(client: NodeRedisCluster): RedisCommands {
  return {
    isCluster: true,
    send: (command, key) => client.sendCommand(key, false, [...command]),
    sendBytes: (command, key) => client.sendCommand(key, false, inBuffers(command), asBuffers()),
    // A cluster's `masters` are what its `nodeClient` takes; their type is the client's own affair.
    nodes: () =>
      Promise.all(client.masters.map(async (node) => ofNodeRedis(await client.nodeClient(node as never)))),
  };
}

/** Node's own kind of bytes, which both clients insist on. */
interface BufferMaker {
  from(bytes: ArrayBufferLike, offset: number, length: number): Uint8Array;
}

/** Wherever one of these clients runs, there is a `Buffer`; elsewhere nobody asks. */
function bufferMaker(): BufferMaker {
  const { Buffer } = globalThis as { readonly Buffer?: BufferMaker }; // Node's global, or its stand-in.
  if (Buffer === undefined)
    throw new TypeError(cannot("use Redis", "its client needs a global Buffer", "none"));
  return Buffer;
}

/** The words as the clients take them. Their types know `Buffer`, which ours do not. */
function inBuffers(words: readonly RedisArgument[]): string[] {
  return words.map((word) => {
    if (typeof word === "string") return word;
    return bufferMaker().from(word.buffer, word.byteOffset, word.byteLength) as unknown as string;
  });
}

/** Makes `redis` hand out bulk strings, type `$` of the protocol, as bytes. */
function asBuffers(): NodeRedisCommandOptions {
  return { typeMapping: { [BULK_STRING]: bufferMaker() } };
}

const BULK_STRING = 36;

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
