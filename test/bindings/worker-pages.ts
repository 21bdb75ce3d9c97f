import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Plugin } from "vite";

const script = fileURLToPath(new URL("sw.ts", import.meta.url));

/** Under `/worker-pages/` an empty page, and beside it `sw.js`: a service worker in one file, as it is deployed. */
export function workerPages(): Plugin {
  return {
    name: "worker-pages",
    configureServer({ middlewares }) {
      let code: Promise<string> | undefined;
      middlewares.use("/worker-pages", (request, response) => {
        if (!request.url?.startsWith("/sw.js")) {
          response.setHeader("content-type", "text/html");
          response.end("<!doctype html><title>A page with a service worker</title>");
          return;
        }
        response.setHeader("content-type", "text/javascript");
        code ??= bundled();
        void code.then(
          (text) => response.end(text),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      });
    },
  };
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [script],
    bundle: true,
    format: "iife",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
