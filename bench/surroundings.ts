import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { resolve } from "node:path";

/** Where and with what something was measured. */
export interface Surroundings {
  readonly date: string;
  readonly machine: string;
  /** How many processes wanted to run in the last minute: above the number of threads, times are too long. */
  readonly load: number;
  /** Packages that are measured or measure, with their versions. */
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = [
  ...["@epic-web/cachified", "@keyv/redis", "@tanstack/query-core", "@tusbar/cache-control"],
  ...["async-cache-dedupe", "axios-cache-interceptor", "bentocache", "cache-control-parser", "cacheable"],
  ...["http-cache-semantics", "idb-keyval", "ioredis", "lru-cache", "mitata", "parse-cache-control"],
  ...["redis", "undici", "workbox-strategies", "workerd"],
];

export function surroundings(): Surroundings {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${model}, ${availableParallelism()} threads, ${process.platform} ${process.arch}`,
    load: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      v8: process.versions.v8,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    },
  };
}

function versionOf(name: string): string {
  const file = resolve(import.meta.dirname, "../node_modules", name, "package.json");
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
  return String((manifest as { version?: unknown }).version); // An npm package's manifest is an object.
}
