// 100 reads of one key at once, in each of several processes: how often is the producer called?
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { CONTENDERS } from "./contenders.ts";
import type { ValueContender } from "./contender.ts";
import type { RedisProgram } from "./redis.ts";
import { pause } from "./trials.ts";

const PROCESSES = 4;
const READS = 100;
const PRODUCER_MS = 200;
const COUNTER = "produced";

/** Calls of the producer, in all processes together. */
export async function stampede({ name }: ValueContender, redis: RedisProgram): Promise<number> {
  await redis.flush();
  const args = [name, `${redis.port}`];
  const children = Array.from({ length: PROCESSES }, () => fork(fileURLToPath(import.meta.url), args));
  await Promise.all(children.map((child) => once(child, "message")));
  const over = children.map((child) => once(child, "exit"));
  for (const child of children) child.send("go");
  for (const [code] of await Promise.all(over))
    if (code !== 0) throw new Error(`A process of ${name} ended with ${code}`);
  return redis.count(COUNTER);
}

/** One of the processes. */
async function main(name: string, port: number): Promise<void> {
  const contender = CONTENDERS.find((each) => each.name === name);
  if (contender === undefined) throw new Error(`There is no ${name}`);
  const cache = await contender.onRedis(port);
  const counter = new Redis(port, "127.0.0.1");
  await cache.read("before", async () => "value");
  process.send?.("ready");
  await once(process, "message");
  const produce = async (): Promise<string> => {
    await counter.incr(COUNTER);
    await pause(PRODUCER_MS);
    return "value";
  };
  await Promise.all(Array.from({ length: READS }, () => cache.read("key", produce)));
  await cache.close();
  counter.disconnect();
  process.disconnect();
  process.exit(0);
}

const [, file, name, port] = process.argv;
if (file === fileURLToPath(import.meta.url) && name !== undefined) await main(name, Number(port));
