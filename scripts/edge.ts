// Runs the built worker in workerd in front of any origin: no dev server, no proxy, nothing re-encoded on the way.
import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { bundleWorker } from "./bundle-worker.ts";
import { readConfig } from "../worker/config.ts";
import type { TierName } from "../worker/config-tiers.ts";

const USAGE = `Usage: npm run edge -- --origin URL [--port 9800] [--profile safe|rfc] [--tiers memory,cache,kv] [--persist DIR]
The environment variable PURGE_TOKEN is the bearer token for purges; without it nobody may purge. Tier redis needs REDIS_URL,
tier redis-rest REDIS_REST_URL and REDIS_REST_TOKEN.`;

interface EdgeArguments {
  readonly origin: string;
  readonly port: number;
  readonly profile: string;
  readonly tiers: string;
  readonly persist: string | undefined;
}

function readArguments(args: readonly string[]): EdgeArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      origin: { type: "string" },
      port: { type: "string", default: "9800" },
      profile: { type: "string", default: "safe" },
      tiers: { type: "string", default: "memory,cache,kv" },
      persist: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  if (values.origin === undefined) throw new Error(`Cannot start: --origin is missing\n${USAGE}`);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`Cannot start: --port must be a port number, got ${JSON.stringify(values.port)}`);
  }
  const { origin, profile, tiers, persist } = values;
  return { origin, port, profile, tiers, persist };
}

function options(script: string, { origin, port, profile, tiers, persist }: EdgeArguments): MiniflareOptions {
  const config = {
    ORIGIN_URL: origin,
    PURGE_TOKEN: process.env["PURGE_TOKEN"] ?? "",
    PROFILE: profile,
    TIERS: tiers,
    REDIS_URL: process.env["REDIS_URL"] ?? "",
    REDIS_REST_URL: process.env["REDIS_REST_URL"] ?? "",
    REDIS_REST_TOKEN: process.env["REDIS_REST_TOKEN"] ?? "",
  };
  // The worker would refuse to start with the same sentence; here it is told before anything runs.
  const wanted: readonly TierName[] = readConfig(config).tiers;
  return convertV4MiniflareOptions({
    log: new Log(LogLevel.ERROR),
    cf: false,
    telemetry: { enabled: false },
    ...(persist !== undefined && { resourcePersistencePath: resolve(persist) }),
    workers: [
      {
        name: "tidemark-edge",
        modules: [{ type: "ESModule", path: "worker.js", contents: script }],
        compatibilityDate: "2026-11-01",
        bindings: config,
        durableObjects: {
          LEDGER: { className: "LedgerObject", useSQLite: true },
          ...(wanted.includes("redis") && { REDIS: { className: "RedisObject", useSQLite: true } }),
          LIVE: { className: "LiveObject", useSQLite: true },
        },
        ...(wanted.includes("kv") && { kvNamespaces: { CACHE_KV: "tidemark" } }),
        unsafeDirectSockets: [{ host: "127.0.0.1", port }],
      },
    ],
  });
}

async function insistOnFree(port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, "127.0.0.1"), "listening");
  } catch (error) {
    throw new Error(`Cannot start: port ${port} is taken; choose another with --port`, { cause: error });
  } finally {
    probe.close();
  }
}

async function main(): Promise<void> {
  const edge = readArguments(process.argv.slice(2));
  await insistOnFree(edge.port);
  const server = new Miniflare(options(await bundleWorker(), edge));
  const stop = async (): Promise<void> => {
    await server.dispose();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // Miniflare's own listener would end this process before workerd has written what it holds.
    process.removeAllListeners(signal);
    process.once(signal, () => void stop());
  }
  await server.ready;
  const health = await fetch(`http://127.0.0.1:${edge.port}/_tidemark/health`);
  if (!health.ok) throw new Error(`Cannot start: the edge answers ${health.status}`);
  console.log(`ready http://127.0.0.1:${edge.port} in front of ${edge.origin}`);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
