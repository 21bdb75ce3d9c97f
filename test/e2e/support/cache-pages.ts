import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright";
import { scriptedOrigin, type Logged, type Scripted } from "../../browser/origin-server.ts";
import { CHROMIUM } from "../../support/chromium-flags.ts";
import type { CachePage, Told } from "./cache-page.ts";

/** A site whose pages are empty but for the browser cache, with a scripted origin beside them, and a browser to show it. */
export interface CachePages {
  readonly url: string;
  readonly browser: Browser;
  /** Another tab of a context; it has the cache's code, and no cache yet. */
  tab(context: BrowserContext): Promise<Page>;
  /** Says how a path is answered, and gives its address. */
  script(path: string, ...row: readonly Scripted[]): Promise<string>;
  log(path: string): Promise<readonly Logged[]>;
  release(path: string): Promise<void>;
  stop(): Promise<void>;
}

const HTML = '<!doctype html><title>page</title><script type="module" src="/page.js"></script>';

export async function startCachePages(): Promise<CachePages> {
  const { outputFiles } = await build({
    entryPoints: [new URL("cache-page.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    target: "es2024",
    write: false,
    logLevel: "silent",
  });
  const code = outputFiles[0]?.text ?? "";
  const origin = scriptedOrigin();
  const server = createServer((request, response) => {
    if (request.url === "/page") response.writeHead(200, { "content-type": "text/html" }).end(HTML);
    else if (request.url === "/page.js")
      response.writeHead(200, { "content-type": "text/javascript" }).end(code);
    else void origin(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The site has no port");
  const url = `http://127.0.0.1:${address.port}`;
  const browser = await chromium.launch(CHROMIUM);

  async function control(command: string, path: string, row?: readonly Scripted[]): Promise<Logged[]> {
    const init = row === undefined ? {} : { body: JSON.stringify(row) };
    const answer = await fetch(`${url}/!${command}?${encodeURIComponent(path)}`, { method: "POST", ...init });
    return (await answer.json()) as Logged[]; // Our own server's.
  }

  return {
    url,
    browser,
    async tab(context) {
      const page = await context.newPage();
      await page.goto(`${url}/page`);
      await page.waitForFunction(() => "ask" in globalThis);
      return page;
    },
    async script(path, ...row) {
      await control("script", path, row);
      return `${url}${path}`;
    },
    log: (path) => control("log", path),
    release: async (path) => void (await control("release", path)),
    async stop() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Gives a page its cache. */
export async function openCache(page: Page, name: string, user = "one"): Promise<void> {
  await page.evaluate(
    ([given, partition]) => (globalThis as unknown as CachePage).open({ name: given }, partition),
    [name, user] as const,
  );
}

export function ask(page: Page, url: string): Promise<Told> {
  return page.evaluate((address) => (globalThis as unknown as CachePage).ask(address), url);
}

export function eventsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => (globalThis as unknown as CachePage).events.map(({ type }) => type));
}

/** Kills a tab's process: no code of the page runs any more. */
export async function kill(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  void session.send("Page.crash").catch(() => undefined);
  await crashed;
}
