import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createCache,
  memoryStore,
  redisBus,
  redisLedger,
  redisStore,
  type Bus,
  type RedisClient,
  type RedisSubscriber,
} from "../../src/index.ts";
import { redisPlace } from "../support/redis-places.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

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

function ioredis(options: { readonly keyPrefix?: string } = {}): Redis {
  const client = new Redis(server.port, HOST, { retryStrategy: () => 10, ...options });
  client.on("error", () => undefined);
  closing.push(() => client.disconnect());
  return client;
}

async function nodeRedis(RESP: 2 | 3): Promise<RedisClient> {
  const client = createClient({
    RESP,
    socket: { host: HOST, port: server.port, reconnectStrategy: () => 10 },
  });
  client.on("error", () => undefined);
  closing.push(() => client.destroy());
  return client.connect();
}

const kinds: Readonly<
  Record<string, () => Promise<readonly [publisher: RedisClient, subscriber: RedisClient]>>
> = {
  ioredis: async () => [ioredis(), ioredis()],
  "ioredis with a key prefix of its own": async () => [ioredis({ keyPrefix: "app:" }), ioredis()],
  redis: async () => [await nodeRedis(3), await nodeRedis(3)],
  "redis by RESP2": async () => [await nodeRedis(2), await nodeRedis(2)],
  "Cluster of ioredis": async () => {
    const place = await redisPlace("Cluster of ioredis");
    closing.push(() => place.close());
    const nodes = place.admins.map(({ options: { port = 0 } }) => ({ host: HOST, port }));
    const subscriber = new Cluster(nodes);
    closing.push(() => subscriber.disconnect());
    return [place.client, subscriber];
  },
  "createCluster of redis": async () => {
    const place = await redisPlace("createCluster of redis");
    closing.push(() => place.close());
    const rootNodes = place.admins.map(({ options: { port = 0 } }) => ({ socket: { host: HOST, port } }));
    const subscriber = createCluster({ rootNodes });
    closing.push(() => subscriber.destroy());
    await subscriber.connect();
    return [place.client, subscriber];
  },
};

/** What a listener has heard, once the line is open. */
async function listening(bus: Bus) {
  const heard: string[] = [];
  const stop = bus.subscribe((message) => void heard.push(message));
  await expect
    .poll(async () => {
      await Promise.resolve(bus.publish("open?")).catch(() => undefined);
      return heard.length;
    })
    .toBeGreaterThan(0);
  const clear = (): void => void heard.splice(0);
  return { heard, stop, clear };
}

/** In no order: the nodes of a cluster pass on what they are told side by side. */
const words = (heard: readonly string[]) => heard.filter((message) => message !== "open?").toSorted();

describe.each(Object.keys(kinds))("redisBus() by %s", (kind) => {
  test("carries text of any kind from one to all who listen, until they stop, and begins anew", async () => {
    const [publisher, subscriber] = (await kinds[kind]?.()) ?? [];
    if (publisher === undefined || subscriber === undefined) throw new Error(`There is no ${kind}`);
    const bus = redisBus({ publisher, subscriber, channel: "café" });
    const first = await listening(bus);
    const second = await listening(bus);
    const said = ["é😀", "", "purged:e.1", "x".repeat(100_000)].toSorted();
    for (const message of said) await bus.publish(message);
    await expect.poll(() => [words(first.heard), words(second.heard)]).toEqual([said, said]);
    first.stop();
    first.stop();
    await bus.publish("for one");
    await expect.poll(() => words(second.heard)).toContain("for one");
    expect(words(first.heard)).toEqual(said);
    second.stop();
    const third = await listening(bus);
    await bus.publish("again");
    await expect.poll(() => words(third.heard)).toEqual(["again"]);
    third.stop();
  });
});

describe("redisBus() over a line that breaks", () => {
  test.each(["ioredis", "redis"])("by %s: hears again once the server is back", async (kind) => {
    const [publisher, subscriber] = (await kinds[kind]?.()) ?? [];
    if (publisher === undefined || subscriber === undefined) throw new Error(`There is no ${kind}`);
    const bus = redisBus({ publisher, subscriber });
    const { heard, clear } = await listening(bus);
    await server.kill();
    await server.start();
    clear();
    await expect
      .poll(async () => {
        await Promise.resolve(bus.publish("back")).catch(() => undefined);
        return heard;
      })
      .toContain("back");
  });

  test("a subscription that fails is reported and tried again, until nobody wants to hear", async () => {
    const errors: unknown[] = [];
    let tries = 0;
    let ended = 0;
    const subscriber: RedisSubscriber = {
      async subscribe(_, onMessage) {
        tries += 1;
        if (tries < 3) throw new Error(`no ${tries}`);
        onMessage("heard");
        return async () => void (ended += 1);
      },
    };
    const bus = redisBus({
      publisher: ioredis(),
      subscriber,
      onError: (error) => errors.push(String(error)),
    });
    const heard: string[] = [];
    const stop = bus.subscribe((message) => void heard.push(message));
    await expect.poll(() => heard).toEqual(["heard"]);
    expect(errors).toEqual(["Error: no 1", "Error: no 2"]);
    stop();
    await expect.poll(() => ended).toBe(1);
    tries = 0;
    bus.subscribe(() => undefined)();
    await expect.poll(() => errors.length).toBeLessThanOrEqual(3);
    expect(ended).toBe(1);
  });

  test("a silent server costs no memory: what waits is bounded, the rest is lost", async () => {
    let sent = 0;
    const publisher = {
      isCluster: false,
      send: () => {
        sent += 1;
        return new Promise(() => undefined);
      },
    };
    const bus = redisBus({ publisher, subscriber: ioredis() });
    for (let count = 0; count < 5_000; count += 1) void bus.publish("m");
    expect(sent).toBe(1_000);
  });
});

test("what strangers publish on the channel costs no value, no purge and no epoch of the ledger", async () => {
  const make = () =>
    createCache({
      tiers: [memoryStore(), redisStore({ client: ioredis(), prefix: "v" })],
      ledger: redisLedger({ client: ioredis(), prefix: "l" }),
      bus: redisBus({ publisher: ioredis(), subscriber: ioredis() }),
      storeTimeout: "5s",
    });
  const [one, other] = [make(), make()];
  const stranger = ioredis();
  await one.set("k", "v", { tags: ["t"] });
  expect(await other.get("k")).toBe("v");
  const { epoch, position } = await one.purge({ tags: ["another"] });
  const made = [
    `purged:${epoch}.${2 ** 50}`,
    `purged:${crypto.randomUUID()}.7`,
    `freed:v:values:1:!k`,
    JSON.stringify({ delta: { epoch, position: 2 ** 50, floor: 2 ** 50, since: null, changes: [] } }),
    "x".repeat(1_000_000),
  ];
  for (const message of made) await stranger.publish("tidemark:bus", message);
  await expect.poll(() => one.get("k")).toBe("v");
  expect([one.peek("k"), await other.get("k"), other.peek("k")]).toEqual(["v", "v", "v"]);
  expect(await one.purge({ tags: ["t"] })).toMatchObject({ epoch, position: position + 1 });
  await expect.poll(() => [one.peek("k"), other.peek("k")]).toEqual([undefined, undefined]);
  await Promise.all([one.close(), other.close()]);
});

test.each([
  [{ publisher: {} }, "Cannot use Redis: it needs a client of ioredis or redis"],
  [{ subscriber: {} }, "Cannot listen to Redis: it needs a client of ioredis or redis"],
  [{ channel: "" }, "Cannot use a channel: it must be a text that is not empty"],
])("redisBus() refuses %o with a sentence", (options, sentence) => {
  const client = ioredis();
  expect(() => redisBus({ publisher: client, subscriber: client, ...(options as object) })).toThrow(sentence);
});
