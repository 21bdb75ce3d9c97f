// One of several processes that ask for the same key at the same time: [which cache] [Redis port]. Told to begin by a message.
import { once } from "node:events";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisBusDriver, redisDriver } from "bentocache/drivers/redis";
import { Redis } from "ioredis";
import {
  createCache,
  memoryStore,
  redisLedger,
  redisStore,
  redisSubscriber,
  type Bus,
} from "../src/index.ts";

/** To be made: the key, how many ask, and how long it takes. */
export interface StampedeOrder {
  readonly key: string;
  readonly callers: number;
  readonly producerMs: number;
  /** When all begin, by the machine's clock. */
  readonly at: number;
}

export interface StampedeTold {
  readonly calls: number;
  /** How long each waited, in milliseconds. */
  readonly waits: readonly number[];
}

type Reader = (key: string, produce: () => Promise<string>) => Promise<unknown>;

async function busOver(client: Redis, listener: Redis): Promise<Bus> {
  const heard = new Set<(message: string) => void>();
  await redisSubscriber(listener).subscribe("stampede", (message) => heard.forEach((hear) => hear(message)));
  return {
    publish: async (message) => void (await client.publish("stampede", message)),
    subscribe(hear) {
      heard.add(hear);
      return () => void heard.delete(hear);
    },
  };
}

async function open(which: string, port: number): Promise<Reader> {
  if (which === "bentocache") {
    const connection = { host: "127.0.0.1", port };
    const store = bentostore()
      .useL1Layer(memoryDriver({ maxItems: 1_000 }))
      .useL2Layer(redisDriver({ connection }))
      .useBus(redisBusDriver({ connection }));
    const cache = new BentoCache({ default: "cache", stores: { cache: store } });
    return (key, factory) => cache.getOrSet({ key, ttl: "1h", factory });
  }
  const client = new Redis(port, "127.0.0.1");
  const cache = createCache({
    ttl: "1h",
    tiers: [memoryStore(), { store: redisStore({ client, timeout: "10s" }), timeout: "10s" }],
    ledger: redisLedger({ client }),
    ...(which === "locked" && { lock: true, bus: await busOver(client, new Redis(port, "127.0.0.1")) }),
  });
  return (key, produce) => cache.getOrSet(key, produce);
}

async function stampede(
  read: Reader,
  { key, callers, producerMs, at }: StampedeOrder,
): Promise<StampedeTold> {
  await new Promise((resolve) => void setTimeout(resolve, Math.max(0, at - Date.now())));
  let calls = 0;
  const produce = async (): Promise<string> => {
    calls += 1;
    await new Promise((resolve) => void setTimeout(resolve, producerMs));
    return "made";
  };
  const begun = performance.now();
  const waits = await Promise.all(
    Array.from({ length: callers }, async () => {
      await read(key, produce);
      return performance.now() - begun;
    }),
  );
  return { calls, waits };
}

const [which = "", port = ""] = process.argv.slice(2);
const read = await open(which, Number(port));
// So that no connection is opened, and no code compiled, while it counts.
for (let times = 0; times < 30; times += 1) await read(`warm-up:${process.pid}:${times}`, async () => "warm");
process.on("message", (order) => {
  void stampede(read, order as StampedeOrder).then((told) => process.send?.(told)); // As the parent sends them.
});
process.send?.("ready");
await once(process, "disconnect");
process.exit(0);
