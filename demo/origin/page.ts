import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { build, stop } from "esbuild";

import type { Representation } from "./answer.ts";

/** Everything the page may load or speak to is its own origin; nothing may run that is not in its script. */
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

/** Bundles the demo's pages in memory: its files by path. Throws what esbuild says of a broken source. */
export async function buildPage(folder: string): Promise<ReadonlyMap<string, Representation>> {
  const [icon, worker, app, gallery, seededScript, seededHtml] = await Promise.all([
    readFile(join(folder, "favicon.svg"), "utf8"),
    bundle(join(folder, "sw.ts"), "iife"),
    filesOf(folder, { path: "/", name: "app", html: "index.html", script: "main.ts" }),
    filesOf(folder, { path: "/gallery", name: "gallery", html: "gallery.html", script: "gallery/main.ts" }),
    bundle(join(folder, "gallery", "seeded-main.ts"), "esm"),
    readFile(join(folder, "seeded.html"), "utf8"),
  ]).finally(() => void stop()); // esbuild's helper process would stay for as long as the origin runs
  return new Map([
    ...app,
    ...gallery,
    ["/gallery/seeded", document(seededHtml)],
    ["/seeded.js", file(seededScript, "text/javascript; charset=utf-8")],
    ["/favicon.svg", file(icon, "image/svg+xml")],
    ["/sw.js", file(worker, "text/javascript; charset=utf-8")],
  ]);
}

interface Page {
  path: string;
  /** Of its script and its style. */
  name: string;
  html: string;
  script: string;
}

/** A document with its script and its style, by their paths. */
async function filesOf(folder: string, page: Page): Promise<[path: string, file: Representation][]> {
  const [html, script, style] = await Promise.all([
    readFile(join(folder, page.html), "utf8"),
    bundle(join(folder, page.script), "esm"),
    bundle(join(folder, "style", `${page.name}.css`), "esm"),
  ]);
  return [
    [page.path, document(html)],
    [`/${page.name}.js`, file(script, "text/javascript; charset=utf-8")],
    [`/${page.name}.css`, file(style, "text/css; charset=utf-8")],
  ];
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

function document(html: string): Representation {
  return file(html, "text/html; charset=utf-8", { "Content-Security-Policy": contentSecurityPolicy });
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
