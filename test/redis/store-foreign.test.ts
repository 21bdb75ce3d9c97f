import fc from "fast-check";
import { type Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  encodeEntry,
  memoryStore,
  redisStore,
  tieredStore,
  type CacheEvent,
  type Entry,
  type WideStore,
} from "../../src/index.ts";
import { redisPlace, type RedisPlace } from "../support/redis-places.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

let server: RedisServer;
let client: Redis;
let events: CacheEvent[];
let store: WideStore;

beforeAll(async () => {
  server = await redisServer();
  client = new Redis(server.port, "127.0.0.1");
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await client.flushall();
  events = [];
  store = redisStore({ client, prefix: "p", onEvent: (event) => events.push(event) });
});

function entry(facts: unknown = "x", body: Uint8Array | null = Uint8Array.of(1, 2, 3)): Entry {
  return { mark: { epoch: "e", position: 1, labels: ["l"] }, expiresAt: Date.now() + 60_000, facts, body };
}

const frame = (key = "k"): Buffer => Buffer.from(encodeEntry(key, entry()));
const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString("base64"));

describe("what stands under a key and is no entry of it", () => {
  const foreign: [name: string, bytes: Buffer][] = [
    ["nothing at all", Buffer.alloc(0)],
    ["text", Buffer.from("hello")],
    ["JSON", Buffer.from('{"__proto__":{"polluted":true}}')],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0, 0xc0])],
    ["a truncated entry", frame().subarray(0, -1)],
    ["a truncated header", frame().subarray(0, 20)],
    ["an entry with more behind it", Buffer.concat([frame(), Buffer.from("x")])],
    ["an entry of a later form", Buffer.concat([Buffer.from("TDM9"), frame().subarray(4)])],
    ["an entry of an earlier form", Buffer.concat([Buffer.from("TDM1"), frame().subarray(4)])],
    ["another key's entry", frame("other")],
    ["a header as long as all memory", Buffer.concat([Buffer.from("TDM2"), Buffer.alloc(80, 0xff)])],
    ["half of an entry in base64", base64(frame()).subarray(0, 21)],
    ["what looks like base64 and is none", Buffer.from("VERNM*** not base64 ***")],
  ];
  test.each(foreign)("%s is a miss, is told of, and is removed", async (_, bytes) => {
    await client.set("p:k", bytes);
    expect(await store.get("k")).toBeUndefined();
    expect(events).toEqual([{ type: "unreadable-entry", store: "redis", key: "k" }]);
    expect(await client.exists("p:k")).toBe(0);
  });

  test("a list is a miss for every call, and a set takes its place", async () => {
    const calls: [name: string, call: () => Promise<unknown>, expected: unknown][] = [
      ["get", () => store.get("k"), undefined],
      ["getMany", () => store.getMany(["k"]), [undefined]],
      ["increment", () => store.increment("k", 1), undefined],
      ["replace", () => store.replace("k", entry(), 60, "seen"), true],
    ];
    for (const [name, call, expected] of calls) {
      await client.lpush("p:k", "x");
      expect([name, await call()]).toEqual([name, expected]);
    }
    await store.set("k", entry("mine"), 60);
    expect((await store.get("k"))?.facts).toBe("mine");
  });

  test("in a cluster, too, a list is a miss", async () => {
    const place: RedisPlace = await redisPlace("Cluster of ioredis");
    try {
      const cluster = redisStore({ client: place.client, prefix: "p" });
      await (place.client as Cluster).lpush("p:k", "x"); // As that place says.
      expect(await cluster.get("k")).toBeUndefined();
    } finally {
      await place.close();
    }
  });

  test("does not keep add from writing", async () => {
    await client.set("p:k", "garbage");
    expect(await store.add("k", entry("mine"), 60)).toBe(true);
    expect((await store.get("k"))?.facts).toBe("mine");
  });

  test("an entry in base64 is read, so that stores that can carry only text share with those that carry bytes", async () => {
    await client.set("p:k", base64(frame()));
    expect(await store.get("k")).toMatchObject({ facts: "x", body: Uint8Array.of(1, 2, 3) });
    expect(events).toEqual([]);
  });

  test("whatever bytes there are, a get is a miss and rejects never; what one change damages is never served as it is not", async () => {
    const whole = frame();
    const damaged = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length))
      .map(([at, byte, length]) =>
        Buffer.from(whole)
          .fill(byte, at, at + 1)
          .subarray(0, length),
      );
    const random = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, random), async (bytes) => {
        await client.set("p:k", bytes);
        const got = await store.get("k");
        if (got !== undefined) {
          const { mark, facts } = got;
          expect({ mark, facts }).toEqual({ mark: entry().mark, facts: "x" });
        }
      }),
      { numRuns: 500 },
    );
    expect(Object.prototype).not.toHaveProperty("polluted");
  });
});

describe("a store in Redis", () => {
  async function commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    await client.config("RESETSTAT");
    await work();
    const stats = await client.info("commandstats");
    return Object.fromEntries(
      Array.from(
        stats.matchAll(/cmdstat_(mget|get|set|unlink|scan|keys|flushdb):calls=(\d+)/g),
        ([, name, calls]) => [name, Number(calls)],
      ),
    );
  }

  test("asks for what is got in one tick by one MGET", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `k${index}`);
    await store.setMany(names.map((key) => ({ key, entry: entry(key), ttl: 60 })));
    const gets = await commandsOf(async () => {
      const got = await Promise.all(names.map((key) => store.get(key)));
      expect(got.map((it) => it?.facts)).toEqual(names);
    });
    expect(gets).toEqual({ mget: 1 });
    expect(await commandsOf(() => store.getMany([...names, ...names, ...names]))).toEqual({ mget: 2 });
  });

  test("clears its own prefix in pages, and nothing else, whatever characters a prefix shares", async () => {
    const names = Array.from({ length: 1_200 }, (_, index) => `k${index}`);
    await store.setMany(names.map((key) => ({ key, entry: entry(key), ttl: 60 })));
    for (const key of ["px:k", "p", "P:k", "{p}:head"]) await client.set(key, "someone else's");
    const commands = await commandsOf(() => store.clear());
    expect(commands).not.toHaveProperty("keys");
    expect(commands).not.toHaveProperty("flushdb");
    expect((await client.keys("*")).sort()).toEqual(["P:k", "p", "px:k", "{p}:head"]);
  });

  test("keeps an entry no longer than it has, by Redis's own clock", async () => {
    await store.set("k", { ...entry(), expiresAt: Date.now() + 5_000 }, 60);
    expect(await client.pttl("p:k")).toBeLessThanOrEqual(5_000);
    await store.set("k", { ...entry(), expiresAt: Date.now() + 1e15 }, Infinity);
    expect(await client.pttl("p:k")).toBeGreaterThan(300_000_000_000);
    await store.set("k", entry(), Number.NaN);
    expect(await client.exists("p:k")).toBe(0);
  });

  test("compresses long bodies where it is told to, and reads no others", async () => {
    const long = new TextEncoder().encode("tidemark ".repeat(1_000));
    const plain = redisStore({ client, prefix: "p" });
    const small = redisStore({ client, prefix: "p", compression: true });
    await small.set("k", entry("x", long), 60);
    expect(await client.strlen("p:k")).toBeLessThan(1_000);
    expect(Buffer.from((await small.get("k"))?.body ?? []).equals(Buffer.from(long))).toBe(true);
    expect((await small.getMany(["k", "none"])).map((it) => it?.facts)).toEqual(["x", undefined]);
    await plain.set("k", entry("x", Uint8Array.of(7, 7, 7)), 60);
    expect(await small.get("k")).toBeUndefined();
    const later = redisStore({ client, prefix: "p", compression: { minBytes: "100kb" } });
    await later.set("k", entry("x", long), 60);
    expect(await client.strlen("p:k")).toBeGreaterThan(9_000);
    expect((await later.get("k"))?.body?.byteLength).toBe(9_000);
  });

  test("two stores with different prefixes do not see each other's entries", async () => {
    const other = redisStore({ client, prefix: "q" });
    await store.set("k", entry("p"), 60);
    expect(await other.get("k")).toBeUndefined();
    await other.clear();
    expect((await store.get("k"))?.facts).toBe("p");
  });

  test("a body that is kept in memory does not keep a larger buffer there", async () => {
    await store.setMany(["a", "b", "c"].map((key) => ({ key, entry: entry(key), ttl: 60 })));
    const memory = memoryStore();
    const tiers = tieredStore([
      { name: "hot", store: memory },
      { name: "cold", store },
    ]);
    for (const key of ["a", "b", "c"]) {
      await tiers.get(key);
      expect(memory.peek(key)?.body).toEqual(Uint8Array.of(1, 2, 3));
      expect(memory.peek(key)?.body?.buffer.byteLength).toBe(3);
    }
  });
});

describe("redisStore() refuses what makes no sense", () => {
  test("with a sentence", () => {
    expect(() => redisStore({ client, timeout: 0 })).toThrow(
      new RangeError("Cannot read timeout: it must be more than 0, got 0"),
    );
    expect(() => redisStore({ client, prefix: "a b" })).toThrow(
      /^Cannot use prefix: it must be 1 to 64 letters/,
    );
    expect(() => redisStore({ client: {} as never })).toThrow(
      /^Cannot use Redis: it needs a client of ioredis or redis/,
    );
    expect(() => redisStore({ client: { isCluster: false, send: async () => null } })).toThrow(
      'Cannot keep entries in Redis: the connection needs sendBytes, got "none"',
    );
  });
});
