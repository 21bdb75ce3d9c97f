import type { BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CachePage } from "./support/cache-page.ts";
import { ask, eventsOf, openCache, startCachePages, type CachePages } from "./support/cache-pages.ts";

let site: CachePages;
let context: BrowserContext;
beforeAll(async () => void (site = await startCachePages()));
afterAll(() => site.stop());
beforeEach(async () => void (context = await site.browser.newContext()));
afterEach(() => context.close());

const FRESH = { "cache-control": "max-age=3600" };

/** Waits until what a page has asked for is on disk. */
const written = (page: Page) => page.evaluate(() => (globalThis as unknown as CachePage).written());

/** Text that does not compress: databases do that, and count what is left. */
const noise = (length: number): string =>
  Array.from({ length }, () => String.fromCharCode(35 + Math.floor(Math.random() * 56))).join("");

async function openedTab(name: string): Promise<Page> {
  const page = await site.tab(context);
  await openCache(page, name);
  return page;
}

describe("a browser that has no more room", () => {
  test("answers every fetch, and keeps again what comes once there is room", async () => {
    const page = await openedTab("quota");
    const session = await context.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize: 1_000_000 });
    const body = noise(100_000);
    const urls = await Promise.all(
      Array.from({ length: 40 }, (_, index) => site.script(`/quota-${index}`, { body, headers: FRESH })),
    );
    for (const url of urls) {
      const { text, word } = await ask(page, url);
      expect([text.length, word]).toEqual([body.length, expect.stringMatching(/stored/)]);
      await written(page);
    }
    const events = new Set(await eventsOf(page));
    expect(events.has("storage-evicted") || events.has("quota-reached")).toBe(true);
    expect(events.has("store-error")).toBe(false);
    await session.send("Storage.overrideQuotaForOrigin", { origin: site.url });
    const url = await site.script("/room", { body: "one", headers: FRESH });
    await ask(page, url);
    await written(page);
    expect((await ask(await openedTab("quota"), url)).word).toMatch(/detail=disk$/);
  });
});

describe("a database that the browser takes away", () => {
  test("as one does who clears a site's data: the next write makes a new one", async () => {
    const page = await openedTab("cleared");
    const [one, two] = await Promise.all(
      ["/one", "/two"].map((path) => site.script(path, { body: path, headers: FRESH })),
    );
    await ask(page, one!);
    await written(page);
    const session = await context.newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: site.url, storageTypes: "indexeddb" });
    await ask(page, two!);
    await written(page);
    const other = await openedTab("cleared");
    expect((await ask(other, two!)).word).toMatch(/detail=disk$/);
    expect((await ask(other, one!)).word).toMatch(/^fwd=uri-miss/);
    expect([...(await eventsOf(page)), ...(await eventsOf(other))]).toEqual([]);
  });
});

describe("a database that does not open", () => {
  /** A tab whose own code has the database open, will not let go of it, and has asked for a newer one. */
  async function blockedBy(name: string): Promise<Page> {
    const page = await site.tab(context);
    await page.evaluate(async (database) => {
      await new Promise((resolve) => (indexedDB.open(database, 1).onsuccess = resolve));
      const upgrade = indexedDB.open(database, 2);
      await new Promise((resolve) => (upgrade.onblocked = resolve));
    }, name);
    return page;
  }

  test("because another tab stands in the way: memory does the work, and lets nobody wait again", async () => {
    await blockedBy("tidemark/blocked/one");
    const page = await openedTab("blocked");
    const url = await site.script("/blocked", { body: "one", headers: FRESH });
    expect((await ask(page, url)).text).toBe("one");
    expect((await ask(page, url)).word).toMatch(/detail=memory$/);
    expect(await eventsOf(page)).toEqual(["disk-unavailable"]);
  });

  test("and then does, after all: it stands in nobody's way", async () => {
    const other = await blockedBy("tidemark/late/one");
    const page = await openedTab("late");
    const url = await site.script("/late", { body: "one", headers: FRESH });
    await ask(page, url);
    await other.close();
    const third = await site.tab(context);
    const isOpen = await third.evaluate(async () => {
      const request = indexedDB.open("tidemark/late/one", 3);
      return new Promise((resolve) => (request.onsuccess = () => resolve(true)));
    });
    expect(isOpen).toBe(true);
  });
});
