import type { Page } from "playwright";
import { DOCUMENTS, SIZES, pathOf, startSite, type Site } from "./browser-site.ts";
import type { BenchPage } from "./browser/shape.ts";
import { sized, type Contestant, type Subject } from "./measure.ts";
import { quantile } from "./sheet.ts";

const OURS = "tidemark, disk";

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

type Given = Parameters<Subject["run"]>;

/** Calls what a page has in reach. */
function inPage<Args extends readonly unknown[], T>(
  page: Page,
  call: (page: BenchPage, ...args: Args) => T | Promise<T>,
  ...args: Args
): Promise<T> {
  return page.evaluate(`(${call.toString()})(globalThis, ...${JSON.stringify(args)})`);
}

/** A way to read documents, in the page. */
async function way(site: Site, name: string, urls: readonly string[], together: number): Promise<Contestant> {
  await inPage(site.page, (page, ...args) => page.prepare(...args), name, urls);
  return {
    name,
    sample: (milliseconds) =>
      inPage(site.page, (page, ...args) => page.sample(...args), name, milliseconds, together),
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

/** Measures something of each rival by turns, and shows medians and best ones. */
async function turns(
  title: string,
  rivals: readonly string[],
  measure: (name: string) => Promise<number>,
  [, show, { rounds }]: Given,
): Promise<void> {
  const times = new Map<string, number[]>(rivals.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of rivals) {
      const milliseconds = await measure(name);
      // The first round warms up.
      if (round > 0) times.get(name)?.push(milliseconds * 1e6);
    }
  }
  show({
    title,
    columns: [
      { name: "median", unit: "ns" },
      { name: "best", unit: "ns" },
    ],
    rows: [...times].map(([name, all]) => ({ name, values: [quantile(all, 0.5), Math.min(...all)] })),
  });
}

async function races(site: Site, hold: Given[0]): Promise<void> {
  for (const [size] of SIZES) {
    const urls = Array.from({ length: DOCUMENTS }, (_, index) => site.url + pathOf(size, index));
    await hold({ title: `from disk, ${size}`, contestants: await waysOf(site, [OURS, ...DISK], urls) });
    const near = await waysOf(site, ["tidemark, memory", ...MEMORY], urls);
    await hold({ title: `from memory, ${size}`, contestants: near });
    if (size !== "1 KB") continue;
    const many = await waysOf(site, [OURS, DISK[0]], urls, 50);
    await hold({ title: "from disk, 1 KB, 50 at once, each of them", contestants: many });
  }
}

async function sheets(site: Site, given: Given): Promise<void> {
  const rivals = [OURS, DISK[0]];
  for (const count of [10, sized(10_000, given[2])]) {
    for (const name of rivals) await inPage(site.page, (page, ...args) => page.fill(...args), name, count);
    await turns(
      `the first value after a load, ${count.toLocaleString("en")} entries on disk`,
      rivals,
      async (name) => {
        await site.reload();
        return inPage(site.page, (page, ...args) => page.first(...args), name, site.url + pathOf("1 KB", 0));
      },
      given,
    );
  }
  const stall = async (name: string): Promise<number> => {
    const longest = inPage(site.other, (page, way) => page.longestRead(way), name);
    await inPage(site.page, (page, way) => page.write(way), name);
    await inPage(site.other, (page) => page.stop());
    return longest;
  };
  await turns("the longest read in another tab while 100 entries of 20 KB are written", rivals, stall, given);
  const entries = sized(3_000, given[2]);
  await turns(
    `a purge of a tag with ${entries.toLocaleString("en")} entries`,
    [OURS, "idb-keyval, a scan by hand", "TanStack Query, memory"],
    (name) => inPage(site.page, (page, ...args) => page.purge(...args), name, entries),
    given,
  );
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
      await races(site, given[0]);
      await sheets(site, given);
    } finally {
      await site.stop();
    }
  },
};
