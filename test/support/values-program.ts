// A process of its own with a cache of values over a Redis: `valuesProcess()` starts it and tells it what to do.
import { Redis } from "ioredis";
import { createClient } from "redis";
import {
  createCache,
  memoryStore,
  redisBus,
  redisLedger,
  redisStore,
  type CacheOptions,
  type GetOrSetOptions,
  type RedisClient,
} from "../../src/index.ts";

/** What is said to the process; it answers each with an {@link Answer} of the same number. */
export interface Order {
  readonly id: number;
  readonly work: Work;
}

export type Work =
  /** A member of the cache. */
  | { readonly do: "call"; readonly member: string; readonly args: readonly unknown[] }
  /** So many `getOrSet` at once; the producer reads the truth from Redis, tells that it was asked, and waits for `open`. */
  | {
      readonly do: "fill";
      readonly key: string;
      readonly times: number;
      readonly options: GetOrSetOptions;
    }
  /** From now on producers of the key do not wait. */
  | { readonly do: "open"; readonly key: string };

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What the process says by itself. */
export type News = { readonly news: "ready" } | { readonly news: "asked"; readonly key: string };

/** How it is to be made. */
export interface ProgramOptions {
  readonly port: number;
  readonly client: "ioredis" | "redis";
  readonly hasBus: boolean;
  readonly cache: CacheOptions;
}

const HOST = "127.0.0.1";

function say(message: Answer | News): void {
  process.send?.(message);
}

async function connection({ client, port }: ProgramOptions): Promise<RedisClient> {
  if (client === "ioredis") {
    const connected = new Redis(port, HOST);
    connected.on("error", () => undefined);
    return connected;
  }
  const connected = createClient({ socket: { host: HOST, port } });
  connected.on("error", () => undefined);
  return connected.connect();
}

async function main(options: ProgramOptions): Promise<void> {
  const client = await connection(options);
  const truth = new Redis(options.port, HOST);
  const cache = createCache({
    tiers: [memoryStore(), redisStore({ client, prefix: "v" })],
    ledger: redisLedger({ client, prefix: "l" }),
    storeTimeout: "5s",
    ...(options.hasBus && { bus: redisBus({ publisher: client, subscriber: await connection(options) }) }),
    ...options.cache,
  });
  const gates = new Map<string, PromiseWithResolvers<void>>();

  function gate(key: string): PromiseWithResolvers<void> {
    const known = gates.get(key) ?? Promise.withResolvers<void>();
    gates.set(key, known);
    return known;
  }

  async function make(key: string): Promise<unknown> {
    const value = await truth.get(`truth:${key}`);
    await truth.incr(`produced:${key}`);
    say({ news: "asked", key });
    await gate(key).promise;
    return value;
  }

  async function carryOut(work: Work): Promise<unknown> {
    switch (work.do) {
      case "open":
        gate(work.key).resolve();
        return undefined;
      case "fill": {
        const { key, times, options: how } = work;
        const all = Array.from({ length: times }, () => cache.getOrSet(key, () => make(key), how));
        return Promise.all(all);
      }
      case "call": {
        const member = Reflect.get(cache, work.member) as (...args: readonly unknown[]) => unknown; // One of its members.
        return member(...work.args);
      }
    }
  }

  process.on("message", ({ id, work }: Order) => {
    carryOut(work).then(
      (value) => say({ id, value }),
      (error: unknown) => say({ id, error: String(error) }),
    );
  });
  say({ news: "ready" });
}

await main(JSON.parse(process.argv[2] ?? "") as ProgramOptions); // As `valuesProcess` writes it.
