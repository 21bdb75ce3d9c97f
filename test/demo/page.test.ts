import { resolve } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import type { Representation } from "../../demo/origin/answer.ts";
import { answer } from "../../demo/origin/answer.ts";
import { buildPage } from "../../demo/origin/page.ts";
import { startAt } from "./support.ts";

let page: ReadonlyMap<string, Representation>;
beforeAll(async () => {
  page = await buildPage(resolve(import.meta.dirname, "../../demo/page"));
}, 60_000);

function get(path: string, headers: Record<string, string> = {}): Response {
  const file = page.get(path);
  if (file === undefined) throw new Error(`the page has no ${path}`);
  return answer(new Request(`http://origin.test${path}`, { headers }), file, startAt);
}

describe("the demo page", () => {
  test("has three documents with their scripts and styles, a worker and an icon", () => {
    expect([...page.keys()].toSorted()).toEqual([
      "/",
      "/app.css",
      "/app.js",
      "/favicon.svg",
      "/gallery",
      "/gallery.css",
      "/gallery.js",
      "/gallery/seeded",
      "/seeded.js",
      "/sw.js",
    ]);
  });

  test("is kept but asked about every time, and confirmed by 304", () => {
    for (const path of page.keys()) {
      const full = get(path);
      expect(full.headers.get("Cache-Control"), path).toBe("no-cache");
      const again = get(path, { "If-None-Match": full.headers.get("ETag") ?? "" });
      expect(again.status, path).toBe(304);
    }
  });

  test("may load and reach nothing but its own origin", async () => {
    for (const [path, style] of [
      ["/", "/app.css"],
      ["/gallery", "/gallery.css"],
      ["/gallery/seeded", "/gallery.css"],
    ] as const) {
      const document = get(path);
      expect(document.headers.get("Content-Security-Policy")).toMatch(
        /^default-src 'none'; script-src 'self'/,
      );
      const html = await document.text();
      for (const [, address] of html.matchAll(/<(?:link|script|img)[^>]*(?:href|src)="([^"]*)"/g)) {
        expect([...page.keys()]).toContain(address);
      }
      expect(await get(style).text()).not.toMatch(/url\(|@import/);
    }
  });

  test("never parses data as HTML", async () => {
    for (const path of ["/app.js", "/gallery.js", "/seeded.js"]) {
      expect(await get(path).text()).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
    }
  });
});
