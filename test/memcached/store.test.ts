import memjs from "memjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memcachedStore, memoryStore, tieredStore, type CacheEvent, type Entry } from "../../src/index.ts";
import { memcached, type Memcached } from "../support/memcached.ts";
import { storeContract } from "../support/store-contract.ts";

const SILENT = { log: () => undefined };
let servers: readonly [Memcached, Memcached];
let client: memjs.Client;
let opened = 0;

beforeAll(async () => {
  servers = [await memcached(), await memcached()];
  client = clientOf(...servers);
});
afterAll(async () => {
  client.close();
  for (const server of servers) await server.kill();
});

function clientOf(...of: readonly Memcached[]): memjs.Client {
  return memjs.Client.create(of.map(({ address }) => address).join(","), { logger: SILENT, retries: 1 });
}

function entry(facts: unknown = "x", body: Uint8Array | null = null, expiresAt = Date.now() + 60_000): Entry {
  return { mark: { epoch: "e", position: 1, labels: [] }, expiresAt, facts, body };
}

const prefix = (): string => `m${++opened}`;

storeContract("memcachedStore() over two servers", () => ({
  store: memcachedStore({ client, prefix: prefix() }),
}));

describe("a store in Memcached", () => {
  const names = Array.from({ length: 40 }, (_, index) => `key-${index}`);

  test("spreads its keys over the servers", async () => {
    const store = memcachedStore({ client, prefix: prefix() });
    for (const key of names) await store.set(key, entry(key), 60);
    for (const server of servers) {
      const alone = clientOf(server);
      const own = await Promise.all(names.map((key) => alone.get(`m${opened}:${key}`)));
      alone.close();
      const count = own.filter(({ value }) => value !== null).length;
      expect(count).toBeGreaterThan(5);
      expect(count).toBeLessThan(35);
    }
  });

  test("an entry is there until its time is over, by the server's clock or by ours", async () => {
    let now = Date.now();
    const store = memcachedStore({ client, prefix: prefix(), clock: () => now });
    await store.set("short", entry("short"), 1);
    await store.set("k", entry("x", null, now + 60_000), 3_600);
    expect((await store.get("short"))?.facts).toBe("short");
    await expect.poll(() => store.get("short"), { timeout: 10_000 }).toBeUndefined();
    now += 60_000;
    expect(await store.get("k")).toBeUndefined();
  });

  test.each([31, 400, 365_000])(
    "a time of %d days is kept, though the server counts 30 at most",
    async (days) => {
      const ttl = days * 86_400;
      const store = memcachedStore({ client, prefix: prefix() });
      await store.set("k", entry("x", null, Date.now() + ttl * 1_000), ttl);
      expect((await store.get("k"))?.facts).toBe("x");
      expect(await store.add("l", entry("y", null, Date.now() + ttl * 1_000), ttl)).toBe(true);
      expect((await store.get("l"))?.facts).toBe("y");
    },
  );

  test("an entry above maxItemBytes is not kept, nor is the one it was to replace; the call rejects once", async () => {
    const store = memcachedStore({ client, prefix: prefix() });
    await store.set("k", entry("small"), 60);
    const large = entry("large", new Uint8Array(1_000_001));
    await expect(store.set("k", large, 60)).rejects.toThrow(
      /^Cannot keep an entry: its size must not exceed 1000000 bytes, got 1000\d{3}$/,
    );
    expect(await store.get("k")).toBeUndefined();
    await store.set("fits", entry("x", new Uint8Array(999_000)), 60);
    expect((await store.get("fits"))?.body?.byteLength).toBe(999_000);
  });

  test("nor is one that the server itself refuses", async () => {
    const store = memcachedStore({ client, prefix: prefix(), maxItemBytes: "4mb" });
    await store.set("k", entry("small"), 60);
    await expect(store.set("k", entry("large", new Uint8Array(2_000_000)), 60)).rejects.toThrow(/too large/i);
    expect(await store.get("k")).toBeUndefined();
  });

  test("what cannot be read is a miss, is told of, and is removed", async () => {
    const events: CacheEvent[] = [];
    const own = prefix();
    const store = memcachedStore({ client, prefix: own, onEvent: (event) => events.push(event) });
    await client.set(`${own}:k`, Buffer.from([0xff, 0, 0xfe]), {});
    expect(await store.get("k")).toBeUndefined();
    expect(events).toEqual([{ type: "unreadable-entry", store: "memcached", key: "k" }]);
    expect((await client.get(`${own}:k`)).value).toBeNull();
  });

  test("a body that is kept in memory does not keep a larger buffer there", async () => {
    const store = memcachedStore({ client, prefix: prefix() });
    const memory = memoryStore();
    const tiers = tieredStore([
      { name: "hot", store: memory },
      { name: "cold", store },
    ]);
    await store.set("k", entry("x", Uint8Array.of(1, 2, 3)), 60);
    await tiers.get("k");
    expect(memory.peek("k")?.body).toEqual(Uint8Array.of(1, 2, 3));
    expect(memory.peek("k")?.body?.buffer.byteLength).toBe(3);
  });
});

describe("a store in Memcached whose servers fail", () => {
  test("silence rejects within the time limit, and is over when the server speaks again", async () => {
    const server = await memcached();
    const own = clientOf(server);
    const store = memcachedStore({ client: own, timeout: "100ms" });
    await store.set("k", entry(), 60);
    server.freeze();
    const calls = [
      store.get("k"),
      store.set("k", entry(), 60),
      store.delete(["k"]),
      store.add("k", entry(), 60),
    ];
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "DeadlineError" } });
    server.resume();
    await expect
      .poll(() => store.set("k", entry("after"), 60).then(() => "set", String), { timeout: 10_000 })
      .toBe("set");
    expect((await store.get("k"))?.facts).toBe("after");
    own.close();
    await server.kill();
  });

  test("one of two is gone: its keys reject, the other's are served, and all are when it is back, empty", async () => {
    const two = [await memcached(), await memcached()] as const;
    const own = clientOf(...two);
    const store = memcachedStore({ client: own, timeout: "500ms" });
    const names = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    for (const key of names) await store.set(key, entry(key), 60);
    await two[1].kill();
    const outcomes = await Promise.allSettled(names.map((key) => store.get(key)));
    const served = outcomes.flatMap((it) => (it.status === "fulfilled" ? [it.value?.facts] : []));
    expect(served.length).toBeGreaterThan(0);
    expect(served.length).toBeLessThan(20);
    expect(names).toEqual(expect.arrayContaining(served));
    await two[1].start();
    const all = () =>
      Promise.all(names.map((key) => store.get(key))).then((them) => them.filter(Boolean).length, String);
    await expect.poll(all, { timeout: 10_000 }).toBe(served.length);
    own.close();
    for (const server of two) await server.kill();
  });
});

test("memcachedStore() refuses what makes no sense, with a sentence", () => {
  expect(() => memcachedStore({ client, prefix: "a b" })).toThrow(
    /^Cannot use prefix: it must be 1 to 64 letters/,
  );
  expect(() => memcachedStore({ client, timeout: 0 })).toThrow(
    /^Cannot read timeout: it must be more than 0/,
  );
  expect(() => memcachedStore({ client, maxItemBytes: -1 })).toThrow(/^Cannot read maxItemBytes/);
});
