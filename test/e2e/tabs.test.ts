import type { BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask, kill, openCache, startCachePages, type CachePages } from "./support/cache-pages.ts";

let site: CachePages;
let context: BrowserContext;
beforeAll(async () => void (site = await startCachePages()));
afterAll(() => site.stop());
beforeEach(async () => void (context = await site.browser.newContext()));
afterEach(() => context.close());

/** How fast the machine is decides nothing. */
const PATIENCE = { timeout: 30_000 };
const HELD = { hold: true, body: "one", headers: { "cache-control": "max-age=60" } };

async function tabs(count: number): Promise<readonly Page[]> {
  const pages = await Promise.all(Array.from({ length: count }, () => site.tab(context)));
  await Promise.all(pages.map((page) => openCache(page, "tabs")));
  return pages;
}

const requests = (path: string) => expect.poll(async () => (await site.log(path)).length, PATIENCE);

/** Waits until a tab waits for another one's lock. */
async function hasWaiting(page: Page): Promise<void> {
  const waiting = () =>
    page.evaluate(async () => {
      const { pending = [] } = await navigator.locks.query();
      return pending.length;
    });
  await expect.poll(waiting, PATIENCE).toBeGreaterThan(0);
}

describe("tabs of one user that want the same at the same time", () => {
  test.each([2, 4, 8])("%i of them ask the origin once", async (count) => {
    const pages = await tabs(count);
    const path = `/once-${count}`;
    const url = await site.script(path, HELD);
    const answers = Promise.all(pages.map((page) => ask(page, url)));
    await requests(path).toBe(1);
    await hasWaiting(pages[0]!);
    await site.release(path);
    expect((await answers).map(({ text }) => text)).toEqual(Array.from({ length: count }, () => "one"));
    expect(await site.log(path)).toHaveLength(1);
  });

  test("without any waiting at the origin, a burst of many URLs: each is asked for once", async () => {
    const pages = await tabs(4);
    const paths = Array.from({ length: 20 }, (_, index) => `/burst-${index}`);
    const urls = await Promise.all(
      paths.map((path) => site.script(path, { body: path, headers: HELD.headers })),
    );
    await Promise.all(pages.map((page) => Promise.all(urls.map((url) => ask(page, url)))));
    const logs = await Promise.all(paths.map((path) => site.log(path)));
    expect(logs.map((log) => log.length)).toEqual(paths.map(() => 1));
  });

  test("the one that asks is killed: another one takes its place, and the rest still wait", async () => {
    const pages = await tabs(4);
    const [first, ...others] = pages;
    const url = await site.script("/killed", HELD, HELD);
    void ask(first!, url).catch(() => undefined);
    await requests("/killed").toBe(1);
    const answers = Promise.all(others.map((page) => ask(page, url)));
    await hasWaiting(others[0]!);
    await kill(first!);
    await requests("/killed").toBe(2);
    await site.release("/killed");
    expect((await answers).map(({ text }) => text)).toEqual(["one", "one", "one"]);
    expect(await site.log("/killed")).toHaveLength(2);
  });

  test("of two users: each asks for itself", async () => {
    const [here, there] = await tabs(2);
    await openCache(there!, "tabs", "other");
    const url = await site.script("/users", HELD);
    const answers = Promise.all([here, there].map((page) => ask(page!, url)));
    await requests("/users").toBe(2);
    await site.release("/users");
    await answers;
  });
});
