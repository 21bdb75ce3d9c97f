// Caches that are called from the program whose values they keep.
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisBusDriver, redisDriver } from "bentocache/drivers/redis";
import { Cacheable } from "cacheable";
import { Redis } from "ioredis";
import KeyvRedis from "@keyv/redis";
import { freePort, start } from "./processes.ts";
import type { Contender, Racer, Truth } from "./race.ts";

const KEY = "page";
const TTL = "1h";

/** A cache in a process, and one more instance on the same Redis that drops what the first has. */
type Drop = "here" | "elsewhere";

export const LIBRARIES: readonly Contender[] = [
  contender("bentocache", "delete", (truth) => bento(truth, (cache) => cache.delete({ key: KEY }))),
  contender("bentocache", "tag", (truth) => bento(truth, (cache) => cache.deleteByTag({ tags: ["page"] }))),
  contender("bentocache", "delete by another process", (truth) => bentoOnRedis(truth)),
  contender("cacheable", "delete", (truth) => cacheable(truth, "here")),
  contender("cacheable", "delete by another process", (truth) => cacheable(truth, "elsewhere")),
];

function contender(
  cache: string,
  by: string,
  open: (truth: Truth) => Promise<Omit<Racer, "boundMs">>,
): Contender {
  return { cache, by, start: async (truth) => ({ ...(await open(truth)), boundMs: 0 }) };
}

function inMemory() {
  return new BentoCache({
    default: "cache",
    stores: { cache: bentostore().useL1Layer(memoryDriver({ maxItems: 100 })) },
  });
}

function onRedis(port: number) {
  const connection = { host: "127.0.0.1", port };
  return new BentoCache({
    default: "cache",
    stores: {
      cache: bentostore()
        .useL1Layer(memoryDriver({ maxItems: 100 }))
        .useL2Layer(redisDriver({ connection }))
        .useBus(redisBusDriver({ connection })),
    },
  });
}

type Bento = ReturnType<typeof inMemory>;

async function bento(
  truth: Truth,
  drop: (cache: Bento) => Promise<unknown>,
): Promise<Omit<Racer, "boundMs">> {
  const cache = inMemory();
  return {
    read: () => cache.getOrSet({ key: KEY, ttl: TTL, tags: ["page"], factory: () => truth.read() }),
    drop: async () => void (await drop(cache)),
    close: () => cache.disconnectAll(),
  };
}

async function bentoOnRedis(truth: Truth): Promise<Omit<Racer, "boundMs">> {
  const redis = await redisServer();
  const [cache, other] = [onRedis(redis.port), onRedis(redis.port)];
  return {
    read: () => cache.getOrSet({ key: KEY, ttl: TTL, factory: () => truth.read() }),
    drop: async () => void (await other.delete({ key: KEY })),
    async close() {
      await Promise.all([cache.disconnectAll(), other.disconnectAll()]);
      await redis.stop();
    },
  };
}

async function cacheable(truth: Truth, where: Drop): Promise<Omit<Racer, "boundMs">> {
  const redis = where === "elsewhere" ? await redisServer() : undefined;
  const make = (): Cacheable =>
    new Cacheable(redis === undefined ? {} : { secondary: new KeyvRedis(`redis://127.0.0.1:${redis.port}`) });
  const cache = make();
  const other = redis === undefined ? cache : make();
  return {
    read: async () => String(await cache.getOrSet(KEY, () => truth.read(), { ttl: TTL })),
    drop: async () => void (await other.delete(KEY)),
    async close() {
      await Promise.all([cache.disconnect(), other.disconnect()]);
      await redis?.stop();
    },
  };
}

async function redisServer(): Promise<{ port: number; stop: () => Promise<void> }> {
  const port = await freePort();
  const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const { stop } = await start(["/usr/bin/redis-server", ...flags], port);
  const probe = new Redis(port, "127.0.0.1");
  await probe.ping();
  probe.disconnect();
  return { port, stop };
}
