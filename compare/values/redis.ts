import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { freePort } from "../processes.ts";

/** A Redis that fails when it is told to. */
export interface RedisProgram {
  readonly port: number;
  flush(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  resume(): void;
  /** A counter that programs add to. */
  count(key: string): Promise<number>;
  stop(): Promise<void>;
}

export async function redisProgram(): Promise<RedisProgram> {
  const port = await freePort();
  const admin = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  admin.on("error", () => undefined);
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (child === undefined) return;
    const over = once(child, "exit");
    child.kill("SIGKILL");
    await over;
    child = undefined;
  }
  async function start(): Promise<void> {
    const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    child = spawn("redis-server", flags, { stdio: "ignore" });
    await admin.ping();
  }

  await start();
  return {
    port,
    kill,
    start,
    freeze: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    flush: async () => void (await admin.flushall()),
    count: async (key) => Number(await admin.get(key)),
    async stop() {
      admin.disconnect();
      await kill();
    },
  };
}
