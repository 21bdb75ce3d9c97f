import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort, start } from "../compare/processes.ts";
import { ensureTool, REDIS } from "../scripts/ensure-tool.ts";

/** A Redis of its own on a loopback port, with a client. */
export interface RunningRedis {
  readonly client: Redis;
  stop(): Promise<void>;
}

/** @param settings as on the command line; it saves nothing unless they say so */
export async function runRedis(...settings: readonly string[]): Promise<RunningRedis> {
  const left = ensureTool(REDIS);
  if (left !== undefined) throw new Error(`Cannot measure: ${left}`);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
  const own = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const server = await start([REDIS.file, ...own, ...settings], port);
  const client = new Redis(port, "127.0.0.1");
  await client.ping();
  return {
    client,
    async stop() {
      client.disconnect();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
