import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll } from "vitest";
import { redisLedger } from "../../src/index.ts";
import { ledgerContract } from "../support/ledger-contract.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

let server: RedisServer;
let io: Redis;
let node: ReturnType<typeof createClient>;
let opened = 0;

beforeAll(async () => {
  server = await redisServer();
  io = new Redis(server.port, "127.0.0.1");
  node = createClient({ socket: { host: "127.0.0.1", port: server.port } });
  node.on("error", () => undefined);
  await node.connect();
});
afterAll(async () => {
  io.disconnect();
  node.destroy();
  await server.stop();
});

ledgerContract("redisLedger() by ioredis", () => {
  const prefix = `l${++opened}`;
  return { ledger: redisLedger({ client: io, prefix }) };
});
ledgerContract("redisLedger() by redis, beside one by ioredis", () => {
  const prefix = `l${++opened}`;
  return { ledger: redisLedger({ client: node, prefix }), other: redisLedger({ client: io, prefix }) };
});
