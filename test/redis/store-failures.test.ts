import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { redisStore, type Entry, type RedisClient, type WideStore } from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";
import { tcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const HOST = "127.0.0.1";
const closing: (() => unknown)[] = [];
let server: RedisServer;

beforeEach(async () => {
  server = await redisServer();
  closing.push(() => server.stop());
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function ioredis(port: number, options: { readonly enableReadyCheck?: boolean } = {}): Redis {
  const client = new Redis(port, HOST, { retryStrategy: () => 10, ...options });
  client.on("error", () => undefined);
  closing.push(() => client.disconnect());
  return client;
}

async function nodeRedis(port: number) {
  const client = createClient({
    socket: { host: HOST, port, reconnectStrategy: () => 10 },
    commandOptions: { timeout: 0 },
  });
  client.on("error", () => undefined);
  closing.push(() => client.isOpen && client.destroy());
  await client.connect();
  return client;
}

const clientOf = async (kind: string, port: number): Promise<RedisClient> =>
  kind === "redis" ? nodeRedis(port) : ioredis(port);

function entry(facts: unknown = "x", body: Uint8Array | null = null): Entry {
  return {
    mark: { epoch: "e", position: 1, labels: [] },
    expiresAt: Date.now() + 60_000,
    facts,
    body,
  };
}

async function proxied(): Promise<TcpProxy> {
  const proxy = await tcpProxy(server.port);
  closing.push(() => proxy.close());
  return proxy;
}

/** All that a store can be asked, each once. */
function everyCall(store: WideStore): readonly Promise<unknown>[] {
  return [
    store.get("k"),
    store.getMany(["k", "l"]),
    store.set("k", entry(), 60),
    store.setMany([{ key: "k", entry: entry(), ttl: 60 }]),
    store.delete(["k"]),
    store.add("k", entry(), 60),
    store.replace("k", entry(), 60, undefined),
    store.increment("k", 1),
    store.clear(),
    store.keys("*")[Symbol.asyncIterator]().next(),
  ];
}

const slow = expect.objectContaining({ name: "DeadlineError" });
const clients = ["ioredis", "redis"];

describe.each(clients)(
  "a store whose Redis fails, by %s, answers every call within its time limit",
  (kind) => {
    test("when it is silent: each rejects, and all is well when it speaks again", async () => {
      const store = redisStore({ client: await clientOf(kind, server.port), timeout: "100ms" });
      await store.set("k", entry("before"), 60);
      server.freeze();
      for (const outcome of await Promise.allSettled(everyCall(store)))
        expect(outcome).toEqual({ status: "rejected", reason: slow });
      server.resume();
      await expect.poll(() => store.set("k", entry("after"), 60).then(() => "set", String)).toBe("set");
      expect((await store.get("k"))?.facts).toBe("after");
    });

    test("when the way back is lost: each rejects, and all is well once the connection is another", async () => {
      const proxy = await proxied();
      const store = redisStore({ client: await clientOf(kind, proxy.port), timeout: "100ms" });
      await store.set("k", entry("before"), 60);
      proxy.turn({ kind: "half-open" });
      for (const outcome of await Promise.allSettled(everyCall(store)))
        expect(outcome).toEqual({ status: "rejected", reason: slow });
      proxy.turn({ kind: "fair" });
      proxy.breakAll();
      await expect.poll(() => store.set("k", entry("after"), 60).then(() => "set", String)).toBe("set");
      expect((await store.get("k"))?.facts).toBe("after");
    });

    test("when it is slower than the limit: the answers that come late are nobody else's", async () => {
      const proxy = await proxied();
      const store = redisStore({ client: await clientOf(kind, proxy.port), timeout: "150ms" });
      const names = ["a", "b", "c", "d"];
      for (const name of names) await store.set(name, entry(name), 60);
      proxy.turn({ kind: "slow", milliseconds: 300 });
      await expect(store.get("a")).rejects.toEqual(slow);
      await expect(store.get("b")).rejects.toEqual(slow);
      proxy.turn({ kind: "fair" });
      for (const name of names)
        await expect
          .poll(() =>
            store.get(name).then(
              (it) => it?.facts,
              () => undefined,
            ),
          )
          .toBe(name);
    });

    test("when it refuses connections, and is well again when it takes them", async () => {
      const store = redisStore({ client: await clientOf(kind, server.port), timeout: "200ms" });
      await store.set("k", entry(), 60);
      await server.kill();
      for (const outcome of await Promise.allSettled(everyCall(store)))
        expect(outcome.status).toBe("rejected");
      await server.start();
      await expect.poll(() => store.set("k", entry("again"), 60).then(() => "set", String)).toBe("set");
      expect((await store.get("k"))?.facts).toBe("again");
    });

    test("when it is killed under load and started again: every call settles, no value is another key's", async () => {
      const store = redisStore({ client: await clientOf(kind, server.port), timeout: "200ms" });
      let [calls, wrong, isOver] = [0, 0, false];
      const lines = Array.from({ length: 16 }, async (_, line) => {
        for (let round = 0; !isOver; round += 1) {
          const key = `${line}-${round % 5}`;
          await store.set(key, entry(key, new Uint8Array(500)), 60).catch(() => undefined);
          const got = await store.get(key).catch(() => undefined);
          calls += 2;
          if (got !== undefined && got.facts !== key) wrong += 1;
        }
      });
      const until = (count: number) => expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(count);
      await until(500);
      await server.kill();
      await until(calls + 32);
      await server.start();
      await until(calls + 500);
      isOver = true;
      await Promise.all(lines);
      expect(wrong).toBe(0);
      await expect.poll(() => store.set("k", entry("well"), 60).then(() => "set", String)).toBe("set");
    });

    test("when answers break off or come byte by byte: an entry is whole or not there", async () => {
      const proxy = await proxied();
      const store = redisStore({ client: await clientOf(kind, proxy.port), timeout: "500ms" });
      const body = Uint8Array.from({ length: 5_000 }, (_, index) => index % 251);
      await store.set("k", entry("whole", body), 60);
      proxy.turn({ kind: "dripping" });
      expect((await store.get("k"))?.body).toEqual(body);
      for (const after of [1, 5, 40, 200, 3_000]) {
        proxy.turn({ kind: "cut", after });
        const got = await store.get("k").catch(() => undefined);
        if (got !== undefined) expect(got.body).toEqual(body);
        await expect
          .poll(() =>
            store.get("k").then(
              (it) => it?.body,
              () => undefined,
            ),
          )
          .toEqual(body);
      }
    });

    test("when the client was closed: each rejects with a sentence that says so", async () => {
      const client = await clientOf(kind, server.port);
      const store = redisStore({ client });
      await store.set("k", entry(), 60);
      if ("disconnect" in client && kind === "ioredis") (client as Redis).disconnect();
      else (client as Awaited<ReturnType<typeof nodeRedis>>).destroy();
      for (const outcome of await Promise.allSettled(everyCall(store))) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: expect.objectContaining({ message: expect.stringMatching(/closed/i) }),
        });
      }
    });
  },
);

describe("a store whose Redis refuses says so, in Redis's words", () => {
  test("a replica that may not write: reads are answered", async () => {
    await redisStore({ client: ioredis(server.port) }).set("k", entry("there"), 60);
    const replica = await redisServer("--replicaof", HOST, String(server.port));
    closing.push(() => replica.stop());
    const store = redisStore({ client: ioredis(replica.port) });
    await expect
      .poll(() =>
        store.get("k").then(
          (it) => it?.facts,
          () => undefined,
        ),
      )
      .toBe("there");
    await expect(store.set("k", entry(), 60)).rejects.toThrow("READONLY");
    await expect(store.delete(["k"])).rejects.toThrow("READONLY");
    await expect(store.replace("k", entry(), 60, undefined)).rejects.toThrow("READONLY");
  });

  test("one that is full: reads and deletes are answered", async () => {
    const client = ioredis(server.port);
    const store = redisStore({ client });
    await store.set("k", entry("there"), 60);
    await client.config("SET", "maxmemory", "1");
    await expect(store.set("l", entry(), 60)).rejects.toThrow("OOM");
    await expect(store.add("l", entry(), 60)).rejects.toThrow("OOM");
    expect((await store.get("k"))?.facts).toBe("there");
    expect(await store.delete(["k"])).toBe(1);
  });

  test("one that still loads its data", async () => {
    const saving = ioredis(server.port);
    for (let index = 0; index < 500; index += 1) await saving.set(`key-${index}`, "x");
    await saving.save();
    await server.kill();
    await server.start("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024");
    const client = ioredis(server.port, { enableReadyCheck: false });
    const store = redisStore({ client, timeout: "30s" });
    for (const outcome of await Promise.allSettled(everyCall(store))) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: expect.objectContaining({ message: expect.stringContaining("LOADING") }),
      });
    }
  });
});
