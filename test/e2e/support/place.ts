import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "../../../scripts/bundle-worker.ts";

/** The ready-made worker in a workerd of its own. */
export interface Place {
  /** A page, and what the cache says of it. */
  read(path: string): Promise<{ readonly code: number; readonly body: string; readonly status: string }>;
  close(): Promise<void>;
}

export async function startPlace(variables: Readonly<Record<string, string>>): Promise<Place> {
  const server = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.NONE),
      cf: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: "edge",
          modules: [{ type: "ESModule", path: "worker.js", contents: await bundleWorker() }],
          compatibilityDate: "2026-11-01",
          bindings: variables,
          durableObjects: {
            LEDGER: { className: "LedgerObject", useSQLite: true },
            REDIS: { className: "RedisObject", useSQLite: true },
          },
        },
      ],
    }),
  );
  const address = await server.ready;
  return {
    async read(path) {
      const response = await fetch(new URL(path, address));
      const status = response.headers.get("cache-status") ?? "";
      return { code: response.status, body: await response.text(), status };
    },
    close: () => server.dispose(),
  };
}
