import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { build, stop } from "esbuild";

import type { Representation } from "./answer.ts";

/** Everything the page may load or speak to is its own origin; nothing may run that is not in app.js. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Bundles the demo page in memory: its files by path. Throws what esbuild says of a broken source. */
export async function buildPage(folder: string): Promise<ReadonlyMap<string, Representation>> {
  const [html, icon, app, style, worker] = await Promise.all([
    readFile(join(folder, "index.html"), "utf8"),
    readFile(join(folder, "favicon.svg"), "utf8"),
    bundle(join(folder, "main.ts"), "esm"),
    bundle(join(folder, "style", "app.css"), "esm"),
    bundle(join(folder, "sw.ts"), "iife"),
  ]).finally(() => void stop()); // esbuild's helper process would stay for as long as the origin runs
  return new Map([
    ["/", file(html, "text/html; charset=utf-8", { "Content-Security-Policy": contentSecurityPolicy })],
    ["/favicon.svg", file(icon, "image/svg+xml")],
    ["/app.js", file(app, "text/javascript; charset=utf-8")],
    ["/app.css", file(style, "text/css; charset=utf-8")],
    ["/sw.js", file(worker, "text/javascript; charset=utf-8")],
  ]);
}

async function bundle(entry: string, format: "esm" | "iife"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format,
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    charset: "utf8",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

function file(body: string, contentType: string, headers: Record<string, string> = {}): Representation {
  return {
    body,
    contentType,
    // Kept, but asked about every time: a rebuilt page shows at once.
    cacheControl: "no-cache",
    headers: { "X-Content-Type-Options": "nosniff", ...headers },
  };
}
