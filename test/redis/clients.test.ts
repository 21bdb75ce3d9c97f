import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import { writeFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerView, redisCommands, redisLedger, redisSubscriber } from "../../src/index.ts";
import type { LedgerDelta, PurgeOrder, RedisClient } from "../../src/index.ts";
import { freePort, redisServer, type RedisServer } from "../support/redis-server.ts";

const closing: (() => unknown)[] = [];
let opened = 0;
let single: RedisServer;

beforeAll(async () => {
  single = await redisServer();
  closing.push(() => single.stop());
});
afterAll(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });
const prefix = (): string => `c${++opened}`;

async function clusterOfOne(): Promise<RedisServer> {
  // By itself it would take the port that lies 10,000 higher, if there is one.
  const busPort = String(await freePort());
  const cluster = [
    "--cluster-enabled",
    "yes",
    "--cluster-announce-ip",
    "127.0.0.1",
    "--cluster-port",
    busPort,
  ];
  const server = await redisServer(...cluster);
  closing.push(() => server.stop());
  const admin = new Redis(server.port, "127.0.0.1");
  await admin.cluster("ADDSLOTSRANGE", "0", "16383");
  while (!(await admin.cluster("INFO")).includes("cluster_state:ok"));
  admin.disconnect();
  return server;
}

/** A sentinel that watches the single server under the name "one". */
async function sentinelOf({ port }: RedisServer): Promise<RedisServer> {
  const file = join(await mkdtemp(join(tmpdir(), "tidemark-sentinel-")), "sentinel.conf");
  await writeFile(file, `sentinel monitor one 127.0.0.1 ${port} 1\n`);
  const server = await redisServer(file, "--sentinel");
  closing.push(() => server.stop());
  return server;
}

async function connected(kind: string): Promise<RedisClient> {
  const node = { host: "127.0.0.1", port: single.port };
  switch (kind) {
    case "Redis of ioredis": {
      const client = new Redis(node);
      closing.push(() => client.disconnect());
      return client;
    }
    case "Redis of ioredis, with pipelines and a key prefix of its own": {
      const client = new Redis({ ...node, enableAutoPipelining: true, keyPrefix: "app:" });
      closing.push(() => client.disconnect());
      return client;
    }
    case "Cluster of ioredis": {
      const { port } = await clusterOfOne();
      const client = new Cluster([{ host: "127.0.0.1", port }]);
      closing.push(() => client.disconnect());
      return client;
    }
    case "createClient of redis": {
      const client = createClient({ socket: node });
      closing.push(() => client.destroy());
      return client.connect();
    }
    case "createClient of redis, by RESP2": {
      const client = createClient({ socket: node, RESP: 2 });
      closing.push(() => client.destroy());
      return client.connect();
    }
    case "createCluster of redis": {
      const { port } = await clusterOfOne();
      const client = createCluster({ rootNodes: [{ socket: { host: "127.0.0.1", port } }] });
      closing.push(() => client.destroy());
      await client.connect();
      return client;
    }
    default: {
      const { port } = await sentinelOf(single);
      const client = createSentinel({ name: "one", sentinelRootNodes: [{ host: "127.0.0.1", port }] });
      client.on("error", () => undefined);
      closing.push(() => client.destroy());
      await client.connect();
      return client;
    }
  }
}

const KINDS = [
  "Redis of ioredis",
  "Redis of ioredis, with pipelines and a key prefix of its own",
  "Cluster of ioredis",
  "createClient of redis",
  "createClient of redis, by RESP2",
  "createCluster of redis",
  "createSentinel of redis",
];

describe.each(KINDS)("by %s", (kind) => {
  let client: RedisClient;
  let subscriber: RedisClient;
  beforeAll(async () => {
    client = await connected(kind);
    const isCluster = kind.includes("Cluster");
    subscriber = isCluster || kind.includes("Sentinel") ? client : await connected(kind);
  });

  test("commands are answered, and errors reject with the server's words", async () => {
    const { send } = redisCommands(client);
    const key = `{${prefix()}}:text`;
    expect(await send(["SET", key, "caf\u00e9"], key)).toBe("OK");
    expect(await send(["GET", key], key)).toBe("caf\u00e9");
    expect(await send(["STRLEN", key], key)).toBe(5);
    await expect(send(["LPUSH", key, "x"], key)).rejects.toThrow("WRONGTYPE");
  });

  test("a purge is carried out, told of, logged and heard", async () => {
    const ledger = redisLedger({ client, subscriber, prefix: prefix() });
    const heard: LedgerDelta[] = [];
    let onNews = (): void => undefined;
    const news = new Promise<void>((resolve) => (onNews = resolve));
    const stop = await ledger.listen((delta) => {
      heard.push(delta);
      onNews();
    });
    const receipt = await ledger.purge({
      ...hard("tag:1", "tag:caf\u00e9"),
      reason: '"why"',
      idempotencyKey: "k",
    });
    await news;
    await stop();
    await ledger.purge(hard("tag:2"));
    const { epoch, position } = receipt;
    expect(heard).toEqual([
      {
        ...{ epoch, position, floor: 0, since: position - 1 },
        changes: [
          ["tag:1", position, 0],
          ["tag:caf\u00e9", position, 0],
        ],
      },
    ]);
    expect(await ledger.since(receipt)).toMatchObject({
      since: position,
      changes: [["tag:2", position + 1, 0]],
    });
    expect(await ledger.history({ limit: 10 })).toMatchObject([
      { selectors: ["tag:2"] },
      { reason: '"why"' },
    ]);
  });
});

describe("listen()", () => {
  const clientOf = ({ port }: RedisServer): Redis => {
    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 10, maxRetriesPerRequest: 1 });
    client.on("error", () => undefined);
    closing.push(() => client.disconnect());
    return client;
  };

  test("gives deltas that a view takes in, so that it knows of a purge elsewhere without asking", async () => {
    const name = prefix();
    const here = redisLedger({ client: clientOf(single), subscriber: clientOf(single), prefix: name });
    const view = ledgerView({ ledger: here, bound: "1h", maxBlind: "1h" });
    await view.read();
    const heard = new Promise<void>((resolve) => {
      void here
        .listen((delta) => {
          view.apply(delta);
          resolve();
        })
        .then(() => redisLedger({ client: clientOf(single), prefix: name }).purge(hard("tag:1")));
    });
    await heard;
    expect(view.read()).toMatchObject({ position: 1, selectors: new Map([["tag:1", { hard: 1, soft: 0 }]]) });
  });

  test("what was published while the line was down comes with the next question", async () => {
    const server = await redisServer("--appendonly", "yes", "--appendfsync", "always");
    closing.push(() => server.stop());
    const options = { prefix: prefix(), survivesRestart: true };
    const listening = clientOf(server);
    const ledger = redisLedger({ client: clientOf(server), subscriber: listening, ...options });
    const view = ledgerView({ ledger, bound: 0 });
    await view.read();
    await ledger.listen((delta) => view.apply(delta));
    listening.disconnect();
    await redisLedger({ client: clientOf(server), ...options }).purge(hard("tag:1"));
    expect(await view.read()).toMatchObject({ position: 1 });
  });

  test("leaves out what is no news, and what is too long to publish", async () => {
    const name = prefix();
    const publisher = clientOf(single);
    const ledger = redisLedger({ client: publisher, subscriber: clientOf(single), prefix: name });
    const heard: LedgerDelta[] = [];
    await ledger.purge(hard("tag:1"));
    let onLast = (): void => undefined;
    const last = new Promise<void>((resolve) => (onLast = resolve));
    const stop = await ledger.listen((delta) => {
      heard.push(delta);
      if (delta.changes[0]?.[0] === "tag:last") onLast();
    });
    for (const message of ["", "null", "{", "[]", '{"epoch":1}', '{"epoch":"e","position":1,"mode":"hard"}'])
      await publisher.publish(`{${name}}:purges`, message);
    await publisher.publish(
      `{${name}}:purges`,
      '{"epoch":"e","position":-1,"mode":"hard","selectors":["tag:1"]}',
    );
    await publisher.publish(`{${name}}:purges`, '{"epoch":"e","position":1,"mode":"hard","selectors":[1]}');
    await ledger.purge(hard(`tag:${"x".repeat(300_000)}`));
    await ledger.purge(hard("tag:last"));
    await last;
    expect(heard).toHaveLength(1);
    await stop();
  });

  test("needs a connection of its own", async () => {
    await expect(redisLedger({ client: clientOf(single) }).listen(() => undefined)).rejects.toThrow(
      "subscriber",
    );
  });

  test("a server that does not take a subscription rejects, and nothing stays behind", async () => {
    const server = await redisServer();
    closing.push(() => server.stop());
    const client = clientOf(server);
    await server.kill();
    const before = client.listenerCount("message");
    await expect(redisSubscriber(client).subscribe("x", () => undefined)).rejects.toThrow();
    expect(client.listenerCount("message")).toBe(before);
  });
});

test.each([undefined, null, "redis://x", {}, 7])("what is no client is refused: %o", (value) => {
  // As plain JavaScript could call it.
  const client = value as RedisClient;
  expect(() => redisCommands(client)).toThrow(TypeError);
  expect(() => redisSubscriber(client)).toThrow(TypeError);
});
