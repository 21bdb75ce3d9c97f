import { build } from "esbuild";

const READY_MADE = new URL("../worker/main.ts", import.meta.url);

/** A worker as one module, as wrangler would deploy it. @param entry its main module; @defaultValue the ready-made worker */
export async function bundleWorker(entry: URL = READY_MADE): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry.pathname],
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    write: false,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("Cannot start: the worker could not be bundled");
  return file.text;
}
