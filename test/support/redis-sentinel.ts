import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createSentinel } from "redis";
import type { RedisClient } from "../../src/index.ts";
import { redisServer } from "./redis-server.ts";

const HOST = "127.0.0.1";

/** A server, its replica, and a sentinel that watches both under the name "one". */
export interface SentinelPlace {
  client(kind: string): Promise<RedisClient>;
  /** Orders the replica to take over; resolves to "OK" once the sentinel knows of one that can. */
  failover(): Promise<unknown>;
  /** Whether the replica has taken over. */
  isOver(): Promise<boolean>;
  close(): Promise<void>;
}

export async function sentinelPlace(): Promise<SentinelPlace> {
  const closing: (() => unknown)[] = [];
  const master = await redisServer();
  const replica = await redisServer("--replicaof", HOST, String(master.port));
  const folder = await mkdtemp(join(tmpdir(), "tidemark-sentinel-"));
  const file = join(folder, "sentinel.conf");
  await writeFile(file, `sentinel monitor one ${HOST} ${master.port} 1\n`);
  const sentinel = await redisServer(file, "--sentinel");
  const [admin, watcher] = [new Redis(sentinel.port, HOST), new Redis(replica.port, HOST)];
  for (const client of [admin, watcher]) client.on("error", () => undefined);
  closing.push(
    () => master.stop(),
    () => replica.stop(),
    () => sentinel.stop(),
    () => rm(folder, { recursive: true, force: true }),
    () => admin.disconnect(),
    () => watcher.disconnect(),
  );
  return {
    async client(kind) {
      const at = { host: HOST, port: sentinel.port };
      if (kind === "ioredis") {
        const client = new Redis({ sentinels: [at], name: "one" });
        client.on("error", () => undefined);
        closing.push(() => client.disconnect());
        return client;
      }
      const client = createSentinel({ name: "one", sentinelRootNodes: [at] });
      client.on("error", () => undefined);
      closing.push(() => client.destroy());
      await client.connect();
      return client;
    },
    failover: () => admin.call("SENTINEL", "FAILOVER", "one").catch(String),
    isOver: async () => (await watcher.info("replication")).includes("role:master"),
    async close() {
      for (const close of closing.splice(0).toReversed()) await close();
    },
  };
}
