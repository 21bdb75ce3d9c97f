import { build } from "esbuild";

/** The ready-made worker as one module, as wrangler would deploy it. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL("../worker/main.ts", import.meta.url).pathname],
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
