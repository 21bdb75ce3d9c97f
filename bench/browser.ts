import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium, type Page } from "playwright";
import { CHROMIUM } from "../test/support/chromium-flags.ts";
import type { BenchPage } from "./browser/shape.ts";
import { sized, type Contestant, type Subject } from "./measure.ts";
import { quantile } from "./sheet.ts";

const SIZES = [
  ["1 KB", 1_000],
  ["20 KB", 20_000],
  ["500 KB", 500_000],
] as const;

const DISK = [
  "idb-keyval and `Response`, by hand",
  "TanStack Query, persister on idb-keyval",
  "axios-cache-interceptor on idb-keyval",
  "Workbox CacheFirst",
  "the browser's HTTP cache",
] as const;

const MEMORY = [
  "a `Map` of texts and `Response`",
  "TanStack Query, memory",
  "axios-cache-interceptor, memory",
] as const;

/** Documents of each size, so that no engine and no cache lives by a single one. */
const DOCUMENTS = 20;
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

interface Site {
  readonly url: string;
  readonly page: Page;
  /** The page again, as after a load; the disk stays. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

async function startSite(): Promise<Site> {
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
  const page = await browser.newPage();
  const reload = async (): Promise<void> => {
    await page.goto(url);
    await page.waitForFunction(() => "sample" in globalThis);
  };
  await reload();
  return {
    url,
    page,
    reload,
    async stop() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const HTML = '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>';

function pathOf(size: string, index: number): string {
  return `/${size.replace(" ", "").toLowerCase()}/${index}`;
}

/** A way to read documents, in the page. */
async function way(site: Site, name: string, urls: readonly string[], together = 1): Promise<Contestant> {
  await site.page.evaluate(([given, all]) => (globalThis as unknown as BenchPage).prepare(given, all), [
    name,
    urls,
  ] as const);
  return {
    name,
    sample: (milliseconds) =>
      site.page.evaluate(
        ([given, time, many]) => (globalThis as unknown as BenchPage).sample(given, time, many),
        [name, milliseconds, together] as const,
      ),
  };
}

async function waysOf(
  site: Site,
  names: readonly [string, ...string[]],
  urls: readonly string[],
  together = 1,
): Promise<[Contestant, ...Contestant[]]> {
  const [ours, ...others] = names;
  const contestants: [Contestant, ...Contestant[]] = [await way(site, ours, urls, together)];
  for (const name of others) contestants.push(await way(site, name, urls, together));
  return contestants;
}

async function run(site: Site, [hold, show, effort]: Parameters<Subject["run"]>): Promise<void> {
  for (const [size] of SIZES) {
    const urls = Array.from({ length: DOCUMENTS }, (_, index) => site.url + pathOf(size, index));
    await hold({
      title: `from disk, ${size}`,
      contestants: await waysOf(site, ["tidemark, disk", ...DISK], urls),
    });
    await hold({
      title: `from memory, ${size}`,
      contestants: await waysOf(site, ["tidemark, memory", ...MEMORY], urls),
    });
  }
  const small = Array.from({ length: DOCUMENTS }, (_, index) => site.url + pathOf("1 KB", index));
  await hold({
    title: "from disk, 1 KB, 50 at once, each",
    contestants: await waysOf(site, ["tidemark, disk", "idb-keyval and `Response`, by hand"], small, 50),
  });

  const rivals = ["tidemark, disk", "idb-keyval and `Response`, by hand"] as const;
  for (const count of [10, sized(10_000, effort)]) {
    const times = new Map<string, number[]>(rivals.map((name) => [name, []]));
    for (const name of rivals)
      await site.page.evaluate(([given, many]) => (globalThis as unknown as BenchPage).fill(given, many), [
        name,
        count,
      ] as const);
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const name of rivals) {
        await site.reload();
        const time = await site.page.evaluate(
          ([given, url]) => (globalThis as unknown as BenchPage).first(given, url),
          [name, small[0] ?? ""] as const,
        );
        times.get(name)?.push(time * 1e6);
      }
    }
    show({
      title: `the first value after a load, ${count.toLocaleString("en")} entries on disk`,
      columns: [
        { name: "median", unit: "ns" },
        { name: "best", unit: "ns" },
      ],
      rows: [...times].map(([name, all]) => ({ name, values: [quantile(all, 0.5), Math.min(...all)] })),
    });
  }

  const stalls = new Map<string, number[]>(rivals.map((name) => [name, []]));
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const name of rivals) {
      const longest = await site.page.evaluate(
        (given) => (globalThis as unknown as BenchPage).stall(given),
        name,
      );
      stalls.get(name)?.push(longest * 1e6);
    }
  }
  show({
    title: "the longest read while 100 entries of 20 KB are written",
    columns: [
      { name: "median", unit: "ns" },
      { name: "best", unit: "ns" },
    ],
    rows: [...stalls].map(([name, all]) => ({ name, values: [quantile(all, 0.5), Math.min(...all)] })),
  });
}

export const browserSubject: Subject = {
  title: "A value in the browser",
  about:
    "Chromium, headless. Until the parsed value of a JSON document is in hand: `(await cache.fetch(url)).json()`, and what others of " +
    "the trade offer for the same. 20 documents of a size in turn, each read before. _From disk_ means that nothing is in memory: ours " +
    "has a memory of one byte, TanStack Query a new client for each read. Ours parses the response's HTTP anew, checks what it reads and " +
    "asks the purges known; by hand there is none of that.",
  async run(...given) {
    const site = await startSite();
    try {
      await run(site, given);
    } finally {
      await site.stop();
    }
  },
};
