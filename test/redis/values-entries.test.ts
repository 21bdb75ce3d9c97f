import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  compressed,
  createCache,
  encodeEntry,
  gzipCodec,
  redisLedger,
  redisStore,
  UnstorableError,
  type CacheOptions,
  type RedisClient,
  type ValueEvent,
} from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

const closing: (() => unknown)[] = [];
let server: RedisServer;
let admin: Redis;
let clients: Readonly<Record<string, RedisClient>>;
let opened = 0;

beforeAll(async () => {
  server = await redisServer();
  const host = "127.0.0.1";
  admin = new Redis(server.port, host);
  const nodeRedis = createClient({ socket: { host, port: server.port } });
  await nodeRedis.connect();
  clients = { ioredis: new Redis(server.port, host, { enableAutoPipelining: true }), redis: nodeRedis };
  closing.push(
    () => server.stop(),
    () => admin.disconnect(),
    () => nodeRedis.destroy(),
    () => (clients["ioredis"] as Redis).disconnect(),
  );
});
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

/** Two processes without a memory: what comes out has been in Redis. */
function pair(kind: string, options: CacheOptions = {}, isCompressed = false) {
  const client = clients[kind];
  if (client === undefined) throw new Error(`There is no ${kind}`);
  const prefix = `e${(opened += 1)}`;
  const events: ValueEvent[] = [];
  const make = () => {
    const store = redisStore({ client, prefix, timeout: "30s", ...clockOf(options) });
    const codec = gzipCodec();
    return createCache({
      tiers: [isCompressed ? compressed(store, { codec, minBytes: 1, maxBytes: "1mb" }) : store],
      ledger: redisLedger({ client, prefix, timeout: "30s" }),
      storeTimeout: "30s",
      onEvent: (event) => events.push(event),
      ...options,
    });
  };
  return { one: make(), other: make(), events, keyOf: (key: string): string => `${prefix}:values:1:${key}` };
}

const clockOf = ({ clock }: CacheOptions) => (clock === undefined ? {} : { clock });

const anyValue = fc.anything({
  ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true },
  ...{ withSparseArray: false, withNullPrototype: false, withUnicodeString: true, maxDepth: 4 },
});

describe.each([
  ["ioredis", false],
  ["redis", false],
  ["ioredis", true],
  ["redis", true],
] as const)("by %s (compressed: %s)", (kind, isCompressed) => {
  test("values of any shape come back as they were", async () => {
    const { one, other } = pair(kind, {}, isCompressed);
    await fc.assert(
      fc.asyncProperty(fc.array(anyValue, { maxLength: 5 }), async (values) => {
        await one.setMany(values.map((value, index) => [`k${index}`, { value }]));
        for (const [index, value] of values.entries())
          expect(await other.get(`k${index}`)).toStrictEqual({ value });
        expect(await other.getMany(values.map((_, index) => `k${index}`))).toStrictEqual(
          new Map(values.map((value, index) => [`k${index}`, { value }])),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("what would not is refused, and leaves nothing in Redis", async () => {
    const { one, keyOf } = pair(kind, {}, isCompressed);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const value of [circle, () => 1, Symbol("s"), new Error("e")]) {
      await expect(one.set("k", value)).rejects.toThrow(UnstorableError);
      expect(await one.getOrSet("k", () => value)).toBe(value);
    }
    expect(await admin.exists(keyOf("k"))).toBe(0);
  });

  test("keys of any kind have a value each, and a delete takes that one alone", async () => {
    const odd = [
      "",
      " ",
      ":",
      "a:b",
      '["a"]',
      "{a}",
      "*",
      "\\*",
      "a\nb",
      "\u0000",
      "\ud800",
      "\udfff",
      "\ufffd",
    ];
    const lists = [["a", "b"], ["a:b"], ["a", 1], ["a", "1"], ["a", null], ["a", true], []];
    const keys = [...odd, ...lists, "k".repeat(100_000)];
    const { one, other } = pair(kind, {}, isCompressed);
    await one.setMany(keys.map((key, index) => [key, index]));
    expect([...(await other.getMany(keys)).values()]).toEqual(keys.map((_, index) => index));
    for (const [index, key] of keys.entries()) {
      expect(await other.delete(key)).toBe(true);
      expect(await other.getMany(keys)).toHaveProperty("size", keys.length - index - 1);
    }
  });
});

describe("what stands in Redis and is none of ours is a miss, and is made anew", () => {
  const mark = { epoch: "e", position: 0, labels: [] };
  const bombs = [deflateRawSync(new Uint8Array(50_000_000)), gzipSync(new Uint8Array(50_000_000))];
  const facts = { kind: "value", ttl: 60_000, grace: 0, cost: 0 };

  test.each([false, true])("bytes of any kind, by any release (compressed: %s)", async (isCompressed) => {
    const { one, other, keyOf } = pair("ioredis", {}, isCompressed);
    await one.set("k", { a: ["text".repeat(100)] });
    const whole = (await admin.getBuffer(keyOf("k"))) ?? Buffer.alloc(0);
    const entryOf = (body: Uint8Array): Uint8Array =>
      encodeEntry(keyOf("k").split(":").slice(1).join(":"), {
        ...{ mark, expiresAt: Date.now() + 60_000, facts, body, stamp: "s" },
      });
    const foreign = fc.oneof(
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...bombs).map((bomb) => Buffer.from(entryOf(bomb))),
    );
    await fc.assert(
      fc.asyncProperty(foreign, async (bytes) => {
        await admin.set(keyOf("k"), bytes);
        expect(await other.getOrSet("k", () => "made anew")).toBe("made anew");
        await other.close();
      }),
      { numRuns: 100 },
    );
    // Nobody vouches for what a change inside a value leaves readable; it is answered, with that or with what is made.
    const changed = fc
      .tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([place, by]) => Buffer.from(whole.map((byte, at) => (at === place ? byte ^ by : byte))));
    await fc.assert(
      fc.asyncProperty(changed, async (bytes) => {
        await admin.set(keyOf("k"), bytes);
        expect(await other.getOrSet("k", () => "made anew")).toBeDefined();
        await other.close();
      }),
      { numRuns: 100 },
    );
  });

  test.each(["a list", "a hash"])("%s, for every call", async (kind) => {
    const { one, keyOf } = pair("redis");
    const plant = () => (kind === "a list" ? admin.rpush(keyOf("k"), "x") : admin.hset(keyOf("k"), "x", "y"));
    const calls: [call: () => Promise<unknown>, answer: unknown][] = [
      [() => one.get("k"), undefined],
      [() => one.getMany(["k"]), new Map()],
      [() => one.getOrSet("k", () => "made anew"), "made anew"],
      [() => one.add("k", "added"), true],
      [() => one.increment("k"), 1],
      [() => one.touch("k", 60), false],
      [() => one.set("k", "set"), undefined],
      [() => one.delete("k"), expect.any(Boolean)],
    ];
    for (const [call, answer] of calls) {
      await admin.del(keyOf("k"));
      await plant();
      expect(await call()).toEqual(answer);
    }
  });
});

describe("past its time", () => {
  test("a value in Redis stands in, for the process that fails and for another; the producer is left alone from its failure on", async () => {
    let now = Date.now();
    const clock = (): number => now;
    const { one, other } = pair("ioredis", { clock, ttl: 10, staleIfError: 100, errorTtl: 5 });
    let calls = 0;
    const broken = (): never => {
      calls += 1;
      now += 3_000; // It takes its time to fail.
      throw new Error("no database");
    };
    await one.set("k", "old");
    now += 11_000;
    expect([await one.get("k"), await other.get("k", { stale: true })]).toEqual([undefined, "old"]);
    expect(await other.getOrSet("k", broken)).toBe("old");
    now += 4_900;
    expect([await other.getOrSet("k", broken), calls]).toEqual(["old", 1]);
    now += 200;
    expect([await other.getOrSet("k", broken), calls]).toEqual(["old", 2]);
    expect([await one.getOrSet("k", broken), calls]).toEqual(["old", 3]);
    now += 100_000;
    await expect(one.getOrSet("k", broken)).rejects.toThrow("no database");
  });
});
