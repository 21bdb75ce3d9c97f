import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redisCommands, redisLedger, type PurgeOrder, type RedisCommands } from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

let server: RedisServer;
let replica: RedisServer;
let client: Redis;
let opened = 0;

beforeAll(async () => {
  server = await redisServer();
  replica = await redisServer("--replicaof", "127.0.0.1", String(server.port));
  client = new Redis(server.port, "127.0.0.1");
  client.on("error", () => undefined);
  await client.set("first", "x");
  await client.wait(1, 10_000);
});
afterAll(async () => {
  client.disconnect();
  await replica.stop();
  await server.stop();
});

const order: PurgeOrder = { selectors: ["tag:1"], mode: "hard" };
const prefix = (): string => `d${++opened}`;

test("a purge that has to be on a replica is there when it is acknowledged", async () => {
  const name = prefix();
  const receipt = await redisLedger({ client, prefix: name, durability: { replicas: 1 } }).purge(order);
  const copy = new Redis(replica.port, "127.0.0.1");
  expect(await copy.hget(`{${name}}:head`, "position")).toBe(String(receipt.position));
  copy.disconnect();
});

test("a purge that its replicas do not confirm is not acknowledged, nor is its replay; nobody else waits", async () => {
  const name = prefix();
  const waiting = redisLedger({ client, prefix: name, timeout: "300ms", durability: { replicas: 1 } });
  await waiting.purge(order);
  replica.freeze();
  try {
    await expect(waiting.purge({ ...order, idempotencyKey: "k" })).rejects.toThrow();
    await expect(waiting.purge({ ...order, idempotencyKey: "k" })).rejects.toThrow();
    await redisLedger({ client: client.duplicate(), prefix: name }).purge(order);
  } finally {
    replica.resume();
  }
  expect(await waiting.purge({ ...order, idempotencyKey: "k" })).toMatchObject({ isReplay: true });
});

test("a replay over another connection waits for the purge that it tells of", async () => {
  const name = prefix();
  const keyed = { ...order, idempotencyKey: "k" };
  const another = client.duplicate();
  const waiting = redisLedger({
    client: another,
    prefix: name,
    timeout: "600ms",
    durability: { replicas: 1 },
  });
  replica.freeze();
  try {
    await redisLedger({ client, prefix: name }).purge(keyed);
    await expect(waiting.purge(keyed)).rejects.toThrow("0 of 1 replicas");
  } finally {
    replica.resume();
  }
  expect(await waiting.purge(keyed)).toMatchObject({ position: 1, isReplay: true });
  another.disconnect();
});

test("a replica that was asked for and is not there keeps every purge from being acknowledged", async () => {
  const ledger = redisLedger({ client, prefix: prefix(), timeout: "300ms", durability: { replicas: 2 } });
  await expect(ledger.purge(order)).rejects.toThrow("1 of 2 replicas");
});

test("a file that the server cannot wait for keeps every purge from being acknowledged", async () => {
  const ledger = redisLedger({ client, prefix: prefix(), durability: { aof: true } });
  await expect(ledger.purge(order)).rejects.toThrow(/WAITAOF|append-only/);
});

/** The commands of a client, with the answers to some of them made up. */
function answering(answers: Readonly<Record<string, unknown>>): RedisCommands {
  const { send, isCluster } = redisCommands(client);
  return {
    isCluster,
    send: async (command, key) => {
      const [name = ""] = command;
      return name in answers ? answers[name] : send(command, key);
    },
  };
}

test.each([
  [[1, 0], "acknowledged"],
  [[0, 0], "append-only"],
  ["OK", "append-only"],
])("where WAITAOF says %o: %s", async (said, outcome) => {
  const ledger = redisLedger({
    client: answering({ WAITAOF: said }),
    prefix: prefix(),
    durability: { aof: true },
  });
  if (outcome === "acknowledged") expect(await ledger.purge(order)).toMatchObject({ position: 1 });
  else await expect(ledger.purge(order)).rejects.toThrow(outcome);
});

test("a connection that broke before the question was answered proves nothing", async () => {
  const { send } = redisCommands(client);
  const broken: RedisCommands = {
    isCluster: false,
    async send(command, key) {
      const answer = await send(command, key);
      if (command[0] === "EVALSHA" || command[0] === "EVAL") {
        client.disconnect(true);
        await client.ping();
      }
      return answer;
    },
  };
  const ledger = redisLedger({ client: broken, prefix: prefix(), durability: { replicas: 1 } });
  await expect(ledger.purge(order)).rejects.toThrow("broke before");
});

test.each([
  [{ durability: { replicas: -1 } }, RangeError],
  [{ durability: { replicas: 0.5 } }, RangeError],
  [{ prefix: "a:b" }, TypeError],
  [{ prefix: "" }, TypeError],
  [{ timeout: 0 }, RangeError],
  [{ retention: "long" }, TypeError],
  [{ logLength: 0 }, RangeError],
])("redisLedger() refuses %o", (options, error) => {
  expect(() => redisLedger({ client, ...options })).toThrow(error);
});

test("redisLedger() refuses to hold a cluster to what one connection has written", () => {
  const cluster: RedisCommands = { isCluster: true, send: async () => undefined };
  expect(() => redisLedger({ client: cluster, durability: { replicas: 1 } })).toThrow(TypeError);
  expect(() => redisLedger({ client: cluster })).not.toThrow();
});

test("a server that does not tell which run of it this is has to be vouched for", async () => {
  const muted = await redisServer();
  const io = new Redis(muted.port, "127.0.0.1");
  await io.acl("SETUSER", "default", "-info");
  await expect(redisLedger({ client: io }).purge(order)).rejects.toThrow("UNSURE");
  expect(await redisLedger({ client: io, survivesRestart: true }).purge(order)).toMatchObject({
    position: 1,
  });
  io.disconnect();
  await muted.stop();
});
