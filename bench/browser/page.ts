// What the bench's page runs: ways to read a document again, each within reach by its name.
import { get, promisifyRequest, type UseStore } from "idb-keyval";
import { createApiCache, type ApiCache } from "../../browser/index.ts";
import * as peers from "./peers.ts";
import type { Read } from "./peers.ts";
import { ourPurge, purgeByHand, purgeByTanstack, type Purging } from "./purging.ts";
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
function answering(body: string): typeof fetch {
  return async () => new Response(body, { headers: DAY });
}

function createUse(database: IDBDatabase, store: string): UseStore {
  return async (mode, callback) => callback(database.transaction(store, mode).objectStore(store));
}

const PURGES: Readonly<Record<string, (count: number) => Promise<Purging>>> = {
  "tidemark, disk": ourPurge,
  "idb-keyval, a scan by hand": purgeByHand,
  "TanStack Query, memory": purgeByTanstack,
};

const purges = new Map<string, Purging>();
let isStopped = false;
const isOurs = (name: string): boolean => name.startsWith("tidemark");

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
    if (isOurs(name)) {
      const cache = ours("disk", false, answering(text));
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

  async write(name) {
    const text = JSON.stringify({ filler: "x".repeat(20_000) });
    const serial = Math.random();
    const urls = Array.from({ length: 100 }, (_, index) => `${location.origin}/many/${serial}/${index}`);
    if (!isOurs(name))
      return peers.writeMany(
        "hand",
        urls.map(() => text),
      );
    const cache = ours("disk", false, answering(text));
    await Promise.all(urls.map((url) => cache.fetch(url)));
    await cache.stats();
    await cache.close();
  },

  async longestRead(name) {
    const [database, store] = isOurs(name) ? ["tidemark/disk", "body"] : ["hand", "texts"];
    const use = createUse(await promisifyRequest(indexedDB.open(database)), store);
    isStopped = false;
    let longest = 0;
    while (!isStopped) {
      const start = performance.now();
      await get("/none", use);
      longest = Math.max(longest, performance.now() - start);
    }
    return longest;
  },

  stop() {
    isStopped = true;
  },

  async purge(name, count) {
    const make = PURGES[name];
    if (make === undefined) throw new Error(`Cannot measure: there is no way ${name}`);
    const known = purges.get(name) ?? (await make(count));
    purges.set(name, known);
    const start = performance.now();
    await known.purge();
    const time = performance.now() - start;
    await known.restore();
    return time;
  },
};

Object.assign(globalThis, page);
