import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { freePort } from "../compare/processes.ts";
import { bundleWorker } from "../scripts/bundle-worker.ts";

/** A worker in a workerd of its own, reached without a proxy between. */
export interface DirectWorker {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * @param file its module, in the folder `workerd`
 * @param objects its durable objects' classes by the names they are bound to
 */
export async function directWorker(
  file: string,
  objects: Readonly<Record<string, string>>,
  bindings: Readonly<Record<string, string>> = {},
): Promise<DirectWorker> {
  const contents = await bundleWorker(new URL(`workerd/${file}`, import.meta.url));
  const port = await freePort();
  const server = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      cf: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: "bench",
          modules: [{ type: "ESModule", path: "worker.js", contents }],
          compatibilityDate: "2026-11-01",
          bindings,
          durableObjects: Object.fromEntries(
            Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
          ),
          unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        },
      ],
    }),
  );
  await server.ready;
  return { url: `http://127.0.0.1:${port}`, stop: () => server.dispose() };
}
