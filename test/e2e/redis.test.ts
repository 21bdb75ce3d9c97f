import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisRestBridge, REST_TOKEN, type RedisRestBridge } from "../support/redis-rest-bridge.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";
import { tcpProxy } from "../support/tcp-proxy.ts";
import { serve } from "./support/edge-process.ts";
import { startPlace, type Place } from "./support/place.ts";

let server: RedisServer;
let bridge: RedisRestBridge;
let admin: Redis;
let origin: Awaited<ReturnType<typeof serve>>;
let asked = 0;

beforeAll(async () => {
  origin = await serve((_, response) => {
    asked += 1;
    response.writeHead(200, { "cache-control": "max-age=3600" }).end(`body ${asked}`);
  });
  server = await redisServer();
  admin = new Redis(server.port, "127.0.0.1");
  admin.on("error", () => undefined);
  bridge = await redisRestBridge(server.port);
});
afterAll(async () => {
  await bridge?.close();
  admin?.disconnect();
  await server?.stop();
  await origin?.close();
});

const settings: [tier: string, variables: () => Record<string, string>][] = [
  ["redis", () => ({ REDIS_URL: `redis://127.0.0.1:${server.port}` })],
  ["redis-rest", () => ({ REDIS_REST_URL: bridge.url, REDIS_REST_TOKEN: REST_TOKEN })],
];

describe.each(settings)("the ready-made worker with %s as its store", (tier, variables) => {
  /** A place with nothing but that store, so that what it serves from its cache lies in Redis. */
  const place = (): Promise<Place> => startPlace({ ORIGIN_URL: origin.url, TIERS: tier, ...variables() });

  test("what it serves from its cache lies there, and nowhere else", async () => {
    const it = await place();
    const path = `/${tier}/kept`;
    const { body } = await it.read(path);
    await expect.poll(async () => (await it.read(path)).status).toContain("detail=cold");
    expect((await it.read(path)).body).toBe(body);
    expect((await admin.keys("tidemark:edge:1:*")).join()).toContain(path);
    await admin.flushall();
    const anew = await it.read(path);
    expect(anew.status).toContain("fwd=uri-miss");
    expect(anew.body).not.toBe(body);
    await it.close();
  });

  test("while Redis is silent, or gone, every request is answered; when it is back, so is the cache", async () => {
    const it = await place();
    const path = `/${tier}/outage`;
    const isHit = async (): Promise<boolean> => (await it.read(path)).status.includes(";hit");
    await expect.poll(isHit, { timeout: 10_000 }).toBe(true);
    server.freeze();
    for (let index = 0; index < 3; index += 1) expect((await it.read(path)).code).toBe(200);
    server.resume();
    await expect.poll(isHit, { timeout: 20_000 }).toBe(true);
    await server.kill();
    for (let index = 0; index < 3; index += 1) expect((await it.read(path)).code).toBe(200);
    await server.start();
    await expect.poll(isHit, { timeout: 20_000 }).toBe(true);
    await it.close();
  });
});

test("a connection whose way back is lost is given up for another", async () => {
  const proxy = await tcpProxy(server.port);
  const it = await startPlace({
    ORIGIN_URL: origin.url,
    TIERS: "redis",
    REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
  });
  const isHit = async (): Promise<boolean> => (await it.read("/lost")).status.includes(";hit");
  await expect.poll(isHit, { timeout: 10_000 }).toBe(true);
  proxy.turn({ kind: "half-open" });
  for (let index = 0; index < 3; index += 1) expect((await it.read("/lost")).code).toBe(200);
  proxy.turn({ kind: "fair" });
  await expect.poll(isHit, { timeout: 20_000 }).toBe(true);
  await it.close();
  await proxy.close();
});
