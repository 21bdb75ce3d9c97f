// What the bench's page runs: ways to read a document again, each within reach by its name.
import { createApiCache, type ApiCache } from "../../browser/index.ts";
import * as peers from "./peers.ts";
import type { Read } from "./peers.ts";
import type { BenchPage } from "./shape.ts";

const DAY = { "cache-control": "max-age=86400", "content-type": "application/json" };
const COUNT = 20_000;

const ours = (name: string, memory: boolean, network?: typeof fetch): ApiCache =>
  createApiCache({
    name,
    memory: { maxBytes: memory ? "50mb" : "1b" },
    disk: { maxEntries: COUNT, maxBytes: "1gb" },
    ...(network === undefined ? {} : { fetch: network }),
  });

const reader =
  (cache: ApiCache): Read =>
  async (url) =>
    (await cache.fetch(url)).json();

const WAYS: Readonly<Record<string, () => Read>> = {
  "tidemark, memory": () => reader(ours("memory", true)),
  "tidemark, disk": () => reader(ours("disk", false)),
  "a `Map` of texts and `Response`": peers.mapOfTexts,
  "idb-keyval and `Response`, by hand": () => peers.handWritten("hand"),
  "TanStack Query, memory": peers.tanstackMemory,
  "TanStack Query, persister on idb-keyval": () => peers.tanstackDisk("tanstack"),
  "axios-cache-interceptor, memory": peers.axiosMemory,
  "axios-cache-interceptor on idb-keyval": () => peers.axiosDisk("axios"),
  "Workbox CacheFirst": () => peers.workbox("workbox"),
  "the browser's HTTP cache": () => peers.httpCache,
};

const ready = new Map<string, { readonly read: Read; readonly urls: readonly string[]; next: number }>();

function wayOf(name: string): () => Read {
  const way = WAYS[name];
  if (way === undefined) throw new Error(`Cannot measure: there is no way ${name}`);
  return way;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Answers at once, without a network. */
function answering(body: (url: string) => string): typeof fetch {
  return async (input) =>
    new Response(body(input instanceof Request ? input.url : String(input)), { headers: DAY });
}

const page: BenchPage = {
  async prepare(name, urls) {
    const read = wayOf(name)();
    for (const url of urls) await read(url);
    // What is written behind is on disk by then.
    await pause(300);
    ready.set(name, { read, urls, next: 0 });
  },

  async sample(name, milliseconds, together) {
    const way = ready.get(name);
    if (way === undefined) throw new Error(`Cannot measure: ${name} is not ready`);
    const { read, urls } = way;
    let count = 0;
    const start = performance.now();
    let now = start;
    while (count < 3 || now - start < milliseconds) {
      const reads = Array.from({ length: together }, () => read(urls[(way.next += 1) % urls.length] ?? ""));
      await Promise.all(reads);
      count += together;
      now = performance.now();
    }
    return ((now - start) / count) * 1e6;
  },

  async first(name, url) {
    const start = performance.now();
    await wayOf(name)()(url);
    return performance.now() - start;
  },

  async fill(name, count) {
    const text = JSON.stringify({ filler: "x".repeat(1_000) });
    if (name.startsWith("tidemark")) {
      const cache = ours(
        "disk",
        false,
        answering(() => text),
      );
      for (let done = 0; done < count; done += 200) {
        const some = Array.from({ length: Math.min(200, count - done) }, (_, index) =>
          cache.fetch(`${location.origin}/many/${done + index}`),
        );
        await Promise.all(some);
      }
      await cache.stats();
      await cache.close();
    } else
      await peers.writeMany(
        "hand",
        Array.from({ length: count }, () => text),
      );
  },

  async stall(name) {
    const isOurs = name.startsWith("tidemark");
    const text = JSON.stringify({ filler: "x".repeat(20_000) });
    const serial = Math.random();
    const urls = Array.from({ length: 100 }, (_, index) => `${location.origin}/stall/${serial}/${index}`);
    const cache = ours(
      "disk",
      false,
      answering(() => text),
    );
    const read = isOurs ? reader(cache) : peers.handWritten("hand");
    await read(urls[0] ?? "");
    let longest = 0;
    let isOver = false;
    const writes = isOurs
      ? Promise.all(urls.slice(1).map((url) => cache.fetch(url))).then(() => cache.stats())
      : peers.writeMany(
          "hand",
          urls.slice(1).map(() => text),
        );
    void writes.then(() => (isOver = true));
    while (!isOver) {
      const start = performance.now();
      await read(urls[0] ?? "");
      longest = Math.max(longest, performance.now() - start);
    }
    await cache.close();
    return longest;
  },
};

Object.assign(globalThis, page);
