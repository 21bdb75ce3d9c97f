import type { BrowserContext, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CachePage } from "./support/cache-page.ts";
import { eventsOf, kill, openCache, startCachePages, type CachePages } from "./support/cache-pages.ts";

const KILLS = 200;
const AT_ONCE = 5;
const ENTRIES = 30;

let site: CachePages;
beforeAll(async () => void (site = await startCachePages()));
afterAll(() => site.stop());

/** Makes a page write for as long as it lives. Each body tells which write it is of, as its ETag does. */
function write(page: Page, count: number): Promise<void> {
  return page.evaluate((entries) => {
    const { open, ask } = globalThis as unknown as CachePage;
    let serial = 0;
    open(
      {
        name: "kills",
        memory: { maxBytes: "1kb" },
        disk: { maxEntries: entries - 5 },
        fetch: async () => {
          const write = `${Math.random()}-${(serial += 1)}`;
          const body = write.repeat(1 + Math.floor(Math.random() * (serial % 7 === 0 ? 20_000 : 200)));
          return new Response(body, { headers: { "cache-control": "max-age=3600", etag: `"${write}"` } });
        },
      },
      "one",
    );
    const goOn = async (): Promise<void> => {
      for (;;) {
        const index = Math.floor(Math.random() * entries);
        await ask(`https://example.com/${index}`, { cache: "reload" });
      }
    };
    void goOn();
    void goOn();
    void goOn();
  }, count);
}

interface Found {
  readonly entries: number;
  readonly bytes: number;
  /** What is on disk and should not be. */
  readonly faults: readonly string[];
  readonly totals: unknown;
}

/** Looks at the database as it is, without the cache. */
function look(page: Page): Promise<Found> {
  return page.evaluate(async () => {
    const ask = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await ask(indexedDB.open("tidemark/kills/one"));
    const stores = database.transaction(["body", "meta", "sys"]);
    const [meta, body, sys] = ["meta", "body", "sys"].map((name) => stores.objectStore(name)) as [
      IDBObjectStore,
      IDBObjectStore,
      IDBObjectStore,
    ];
    interface Known {
      readonly bytes: number;
      readonly body: unknown;
      readonly facts: { readonly stored: { readonly etag: { readonly tag: string } | string } };
    }
    const [keys, records, bodyKeys, bodies, totals] = await Promise.all([
      ask(meta.getAllKeys()),
      ask<{ readonly bytes: number }[]>(meta.getAll()),
      ask(body.getAllKeys()),
      ask<Known[]>(body.getAll()),
      ask<unknown>(sys.get("totals")),
    ]);
    database.close();
    const isPaired = JSON.stringify(keys) === JSON.stringify(bodyKeys);
    const faults = isPaired ? [] : ["records and bodies are not of the same keys"];
    for (const [index, { body: kept, bytes, facts }] of bodies.entries()) {
      const text = kept instanceof ArrayBuffer ? new TextDecoder().decode(kept) : String(kept);
      const etag = /[\d.e-]+-\d+/.exec(JSON.stringify(facts.stored.etag))?.[0] ?? "none";
      if (bytes !== records[index]?.bytes) faults.push(`${JSON.stringify(keys[index])} has two sizes`);
      if (text.replaceAll(etag, "") !== "")
        faults.push(`${JSON.stringify(keys[index])} is of several writes`);
    }
    return {
      faults,
      totals,
      entries: records.length,
      bytes: records.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
}

async function killed(context: BrowserContext, index: number): Promise<void> {
  const page = await site.tab(context);
  await write(page, ENTRIES);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  // In turn: the process ends, and the tab is closed.
  if (index % 2 === 0) await kill(page);
  await page.close();
}

test(
  `tabs killed ${KILLS} times while they write leave every entry whole or absent`,
  { timeout: 300_000 },
  async () => {
    const context = await site.browser.newContext();
    const watching = await site.tab(context);
    const first = await site.tab(context);
    await write(first, ENTRIES);
    await first.evaluate(() => (globalThis as unknown as CachePage).written());
    await kill(first);
    let most = 0;
    for (let done = 0; done < KILLS; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => killed(context, done + index)));
      const { faults, totals, entries, bytes } = await look(watching);
      expect(faults).toEqual([]);
      // Where no write has come through yet, nothing has been counted.
      if (totals !== undefined || entries > 0) expect(totals).toEqual({ entries, bytes });
      most = Math.max(most, entries);
    }
    expect(most).toBeGreaterThan(10);
    const page = await site.tab(context);
    await openCache(page, "kills");
    const words = await page.evaluate(async (count) => {
      const { ask } = globalThis as unknown as CachePage;
      const asked = Array.from({ length: count }, (_, index) => `https://example.com/${index}`);
      const told = await Promise.all(
        asked.map((url) => ask(url, { headers: { "cache-control": "only-if-cached" } })),
      );
      return told.filter(({ word }) => word.includes("detail=disk")).length;
    }, ENTRIES);
    expect(words).toBeGreaterThan(10);
    expect(await eventsOf(page)).toEqual([]);
  },
);
