import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { freePort } from "../compare/processes.ts";

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
  const { outputFiles } = await build({
    entryPoints: [new URL(`workerd/${file}`, import.meta.url).pathname],
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    write: false,
    logLevel: "silent",
  });
  const port = await freePort();
  const server = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      cf: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: "bench",
          modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0]?.text ?? "" }],
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
