import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createCache,
  ledgerView,
  memoryStore,
  redisBus,
  redisLedger,
  redisStore,
  type Cache,
  type RedisClient,
  type ValueEvent,
} from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";
import { tcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { load, STRICT } from "../support/values-load.ts";

const HOST = "127.0.0.1";
/** Generous: who is not held to a limit hangs for ever, or for as long as its client waits. */
const GUARD_MS = 20_000;
const closing: (() => unknown)[] = [];
let server: RedisServer;
let proxy: TcpProxy;

beforeEach(async () => {
  server = await redisServer();
  proxy = await tcpProxy(server.port);
  closing.push(
    () => server.stop(),
    () => proxy.close(),
  );
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function clientOf(kind: string, port: number): Promise<RedisClient> {
  if (kind === "ioredis") {
    const client = new Redis(port, HOST, { retryStrategy: () => 10 });
    client.on("error", () => undefined);
    closing.push(() => client.disconnect());
    return client;
  }
  const client = createClient({ socket: { host: HOST, port, reconnectStrategy: () => 10 } });
  client.on("error", () => undefined);
  closing.push(() => client.isOpen && client.destroy());
  return client.connect();
}

/** A process: a memory, a store and a ledger in Redis, each over the client; all with the defaults but for shorter limits. */
async function opened(kind: string, { maxBlind = "60s" } = {}) {
  const { port } = proxy;
  const client = await clientOf(kind, port);
  const events: ValueEvent[] = [];
  const ledger = redisLedger({ client, prefix: "l", timeout: "300ms" });
  const onEvent = (event: ValueEvent): void => void events.push(event);
  const cache = createCache({
    tiers: [memoryStore(), redisStore({ client, prefix: "v" })],
    ledger,
    view: ledgerView({ ledger, maxBlind, onEvent }),
    bus: redisBus({ publisher: client, subscriber: await clientOf(kind, port) }),
    storeTimeout: "150ms",
    ttl: "1h",
    onEvent,
  });
  return { cache, client, events };
}

/** Every call that reads or fills. */
const asks: Readonly<Record<string, (cache: Cache) => Promise<unknown>>> = {
  get: (cache) => cache.get("absent"),
  has: (cache) => cache.has("absent"),
  getMany: (cache) => cache.getMany(["absent", "missing"]),
  getOrSet: (cache) => cache.getOrSet("made", () => "made"),
  "getOrSet with a lock": (cache) => cache.getOrSet("locked", () => "made", { lock: true }),
  getOrSetMany: (cache) => cache.getOrSetMany(["m1", "m2"], (keys) => keys.map(() => "made")),
  "what memory has": (cache) => cache.get("held"),
  set: (cache) => cache.set("s", 1),
};
const answers: Readonly<Record<string, unknown>> = {
  get: undefined,
  has: false,
  getMany: new Map(),
  getOrSet: "made",
  "getOrSet with a lock": "made",
  getOrSetMany: ["made", "made"],
  "what memory has": "held",
  set: undefined,
};

/** What each came to, all asked at once. */
async function askAll(cache: Cache): Promise<Readonly<Record<string, unknown>>> {
  const outcomes = Object.entries(asks).map(async ([name, ask]) => [name, await guarded(ask(cache))]);
  return Object.fromEntries(await Promise.all(outcomes));
}

async function guarded(work: Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("no answer"), GUARD_MS);
  const outcome = work.catch((error: unknown) => `rejected: ${String(error)}`);
  return Promise.race([outcome, late.promise]).finally(() => clearTimeout(timer));
}

const well = async (cache: Cache, key: string): Promise<unknown> =>
  cache.add(key, "well").catch((error: unknown) => String(error));

const faults: Readonly<Record<string, { fail(): unknown; mend(): unknown }>> = {
  "refuses connections": { fail: () => server.kill(), mend: () => server.start() },
  "is silent": { fail: () => server.freeze(), mend: () => server.resume() },
  "is slower than the limit": {
    fail: () => proxy.turn({ kind: "slow", milliseconds: 1_000 }),
    mend: () => proxy.turn({ kind: "fair" }),
  },
  "hears and is not heard": {
    fail: () => proxy.turn({ kind: "half-open" }),
    mend() {
      proxy.turn({ kind: "fair" });
      proxy.breakAll();
    },
  },
};
const clients = ["ioredis", "redis"];
const rows = Object.keys(faults).flatMap((fault) => clients.map((kind) => [fault, kind] as const));

describe("a Redis that keeps both values and ledger, and fails", () => {
  test.each(rows)(
    "%s, by %s: every call is answered, and it is used again once it is well",
    async (fault, kind) => {
      const { fail, mend } = faults[fault]!;
      const { cache, events } = await opened(kind);
      await cache.set("held", "held");
      await fail();
      expect(await askAll(cache)).toEqual(answers);
      expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["store-error"]));
      expect(events).toContainEqual({ type: "lock-missed", key: "locked", reason: "error" });
      // Nobody may believe that the value is gone everywhere: it is not known to be.
      expect(await guarded(cache.delete("held"))).toMatch(/^rejected/);
      expect(events).toContainEqual({ type: "purge-failed", error: expect.any(Error), isFinal: true });
      await mend();
      await expect.poll(() => well(cache, crypto.randomUUID())).toBe(true);
      await expect
        .poll(() => cache.delete("held").catch((error: unknown) => String(error)))
        .toBeTypeOf("boolean");
      expect(await cache.get("held")).toBeUndefined();
    },
  );

  test.each(rows)("%s from the start, by %s: values are made for who asks", async (fault, kind) => {
    const { fail } = faults[fault]!;
    const { cache } = await opened(kind);
    await fail();
    expect(await guarded(cache.getOrSet("k", () => "made"))).toBe("made");
    expect(await guarded(cache.get("k"))).toBeUndefined();
  });

  test.each(clients)(
    "after some failures nobody waits for it, by %s, until one call finds it well",
    async (kind) => {
      const { cache, events } = await opened(kind);
      await cache.set("held", "held");
      await expect.poll(() => cache.get("held")).toBe("held");
      proxy.turn({ kind: "slow", milliseconds: 1_000 });
      for (let call = 0; call < 6; call += 1) await cache.get(`k${call}`);
      const errors = events.flatMap((event) => (event.type === "store-error" ? [String(event.error)] : []));
      expect(errors.at(0)).toMatch(/^DeadlineError/);
      expect(errors.at(-1)).toMatch(/^BreakerError/);
      proxy.turn({ kind: "fair" });
      await expect.poll(() => well(cache, crypto.randomUUID())).toBe(true);
    },
  );

  test.each(clients)(
    "a client that was closed, by %s: reads are answered, a delete says why it is none",
    async (kind) => {
      const { cache, client } = await opened(kind);
      await cache.set("held", "held");
      if (kind === "ioredis") (client as Redis).disconnect();
      else (client as ReturnType<typeof createClient>).destroy();
      expect(await askAll(cache)).toEqual(answers);
      await expect(cache.delete("held")).rejects.toThrow(/closed/i);
    },
  );
});

describe("under load", () => {
  test.each(clients)(
    "killed and started again, by %s: every call is answered, and nothing acknowledged as deleted comes back",
    async (kind) => {
      const [one, other] = [await opened(kind, STRICT), await opened(kind, STRICT)];
      const { truth, more, end } = load([one.cache, other.cache]);
      await more("acknowledged", 100);
      await server.kill();
      await more("refused", 4);
      await server.start();
      await more("acknowledged", 100);
      await end();
      expect(truth.faults).toEqual([]);
      await expect.poll(() => well(one.cache, crypto.randomUUID())).toBe(true);
    },
  );

  test.each(clients)("frozen for a while, and its connections broken, by %s: the same", async (kind) => {
    const [one, other] = [await opened(kind, STRICT), await opened(kind, STRICT)];
    const { truth, more, end } = load([one.cache, other.cache]);
    await more("acknowledged", 100);
    server.freeze();
    await more("refused", 4);
    server.resume();
    await more("acknowledged", 100);
    proxy.breakAll();
    await more("acknowledged", 100);
    await end();
    expect(truth.faults).toEqual([]);
  });
});
