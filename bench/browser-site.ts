import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium, type Page } from "playwright";
import { CHROMIUM } from "../test/support/chromium-flags.ts";

/** Documents of each size, so that no engine and no cache lives by a single one. */
export const DOCUMENTS = 20;

export const SIZES = [
  ["1 KB", 1_000],
  ["20 KB", 20_000],
  ["500 KB", 500_000],
] as const;

const CODE = new URL("browser/page.ts", import.meta.url).pathname;

/** A document of about so many bytes, as an API lists things. */
function documentOf(bytes: number, index: number): string {
  const row = (id: number) => ({
    id: id * 7_919 + index,
    name: `Item ${id} of list ${index}`,
    price: id * 1.25,
    tags: ["a", "b", `tag-${id}`],
    isNew: id % 3 === 0,
  });
  const rows = [row(0)];
  const each = JSON.stringify(row(100)).length + 1;
  for (let id = 1; id * each < bytes; id += 1) rows.push(row(id));
  return JSON.stringify(rows);
}

/** A site with documents, and Chromium to show its page. */
export interface Site {
  readonly url: string;
  readonly page: Page;
  /** Another page of it, in a process of its own. */
  readonly other: Page;
  /** The page again, as after a load; the disk stays. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [CODE],
    bundle: true,
    format: "esm",
    target: "es2024",
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
    logLevel: "silent",
  });
  const code = outputFiles[0]?.text ?? "";
  const documents = new Map<string, string>();
  for (const [name, bytes] of SIZES)
    for (let index = 0; index < DOCUMENTS; index += 1)
      documents.set(pathOf(name, index), documentOf(bytes, index));
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const [type, body] =
      path === "/page.js"
        ? ["text/javascript", code]
        : path === "/"
          ? ["text/html", HTML]
          : ["application/json", documents.get(path) ?? "{}"];
    response.writeHead(200, { "content-type": type, "cache-control": "max-age=86400" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("Cannot measure: the site has no port");
  const url = `http://127.0.0.1:${address.port}`;
  const browser = await chromium.launch(CHROMIUM);
  const context = await browser.newContext();
  const page = await context.newPage();
  const other = await context.newPage();
  const load = async (shown: Page): Promise<void> => {
    await shown.goto(url);
    await shown.waitForFunction(() => "sample" in globalThis);
  };
  await load(page);
  await load(other);
  return {
    url,
    page,
    other,
    reload: () => load(page),
    async stop() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const HTML = '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>';

/** Where a document is. */
export function pathOf(size: string, index: number): string {
  return `/${size.replace(" ", "").toLowerCase()}/${index}`;
}
