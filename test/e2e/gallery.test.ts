import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchChromium } from "./support/chromium.ts";
import { startDemo, type RunningDemo } from "./support/demo-process.ts";
import { cardOf, openGallery, PATIENCE } from "./support/gallery.ts";

let demo: RunningDemo;
let chromium: Browser;
beforeAll(async () => {
  [demo, chromium] = await Promise.all([startDemo(), launchChromium()]);
});
afterAll(async () => {
  await chromium.close();
  expect(await demo.stop()).toBe(0);
});

let context: BrowserContext;
let page: Page;
let mistakes: readonly string[];
beforeEach(async () => {
  // A browser of its own, and so a room of its own at the origin.
  context = await chromium.newContext();
  ({ page, mistakes } = await openGallery(context, demo.url));
});
afterEach(async () => {
  expect(mistakes).toEqual([]);
  await context.close();
});

const memory = { place: "memory", state: "fresh" };
const origin = { place: "origin", state: "fresh" };

describe("the card of", () => {
  test("freshness: one request to the origin serves memory, disk and edge", async () => {
    const card = cardOf(page, "fresh");
    expect(await card.answer("read")).toMatchObject({ ...origin, asked: 1 });
    expect(await card.answer("read")).toMatchObject({ ...memory, asked: 1 });
    // Writes follow the answer; dropping the memory waits for them.
    await card.press("drop-memory");
    await expect.poll(card.outcome, PATIENCE).toMatch(/memory is empty/);
    expect(await card.answer("read")).toMatchObject({ place: "disk", asked: 1 });
    await card.press("clear");
    await expect.poll(card.outcome, PATIENCE).toMatch(/Nothing is stored/);
    const last = await card.answer("read");
    expect(last).toMatchObject({ place: "edge-hot", asked: 1, status: 200 });
    expect(last.cacheStatus).toMatch(
      /^tidemark-edge;hit;ttl=\d+;detail=hot, tidemark-browser;fwd=uri-miss;stored/,
    );
    expect(last.age).toBeGreaterThanOrEqual(0);
    expect(await card.reading()).toBe(1);
  });

  test("stale while revalidate: the old reading at once, the new one by itself", async () => {
    const card = cardOf(page, "stale");
    await card.answer("read");
    await card.isStale();
    expect(await card.answer("read")).toMatchObject({ place: "memory", state: "stale" });
    await card.shows(2);
    expect(await card.notes()).toEqual(["A newer reading has come. Reading it."]);
    expect((await card.answers()).at(-1)).toMatchObject({ ...memory, asked: 2 });
  });

  test("304: a question without a body while nothing has changed", async () => {
    const card = cardOf(page, "confirmed");
    const travelled = async () =>
      Number(await card.element.getByTestId("travelled").getAttribute("data-bytes"));
    expect(await card.answer("read")).toMatchObject(origin);
    await expect.poll(travelled, PATIENCE).toBeGreaterThan(10_000);
    expect(await card.answer("read")).toMatchObject({ place: "origin", state: "revalidated", asked: 2 });
    await expect.poll(travelled, PATIENCE).toBe(0);
    expect(await card.reading()).toBe(1);
    await card.press("change");
    await expect.poll(card.outcome, PATIENCE).toMatch(/No cache was told/);
    expect(await card.answer("read")).toMatchObject({ ...origin, asked: 3 });
    expect(await card.reading()).toBe(2);
  });

  test("variants: each language is fetched once, and all are kept", async () => {
    const card = cardOf(page, "variants");
    expect(await card.answer("language-de")).toMatchObject({ ...origin, asked: 1 });
    expect(await card.element.getByText("Hochwasser am Hafen").count()).toBe(1);
    expect(await card.answer("language-fr")).toMatchObject({ ...origin, asked: 2 });
    const again = await card.answer("language-de");
    expect(again).toMatchObject({ ...memory, asked: 2 });
    expect(await card.element.getByText("Hochwasser am Hafen").count()).toBe(1);
    expect(await card.answer("language-fr")).toMatchObject({ ...memory, asked: 2 });
  });

  test("live purges: every open tab drops what was purged and shows the new one", async () => {
    const other = await openGallery(context, demo.url);
    const cards = [cardOf(page, "purged"), cardOf(other.page, "purged")] as const;
    for (const card of cards) expect(await card.answer("read")).toMatchObject({ status: 200 });
    await cards[0].press("change");
    await expect.poll(cards[0].outcome, PATIENCE).toMatch(/No cache was told/);
    expect(await cards[0].answer("read")).toMatchObject({ place: "memory" });
    expect(await cards[0].reading()).toBe(1);
    await cards[0].press("purge");
    await Promise.all(cards.map((card) => card.shows(2)));
    for (const card of cards) expect(await card.notes()).toContain("Heard: purged. Reading again.");
    expect(other.mistakes).toEqual([]);
  });

  test("the server's errors: the stale reading stands in, and is said to", async () => {
    const card = cardOf(page, "failing");
    await card.answer("read");
    await card.press("fail");
    await expect.poll(card.outcome, PATIENCE).toMatch(/answers 503/);
    await card.isStale();
    const standIn = await card.answer("read");
    expect(standIn).toMatchObject({ place: "memory", state: "stale", status: 200, asked: 2 });
    expect(standIn.cacheStatus).toMatch(/fwd=stale;fwd-status=503;detail=stale-if-error\/memory$/);
    expect(await card.reading()).toBe(1);
    await card.press("fail");
    await expect.poll(card.outcome, PATIENCE).toMatch(/works again/);
    expect(await card.answer("read")).toMatchObject({ ...origin, asked: 3 });
    expect(await card.reading()).toBe(3);
  });

  test("broken bodies: none is kept, however often it is read; a whole one is", async () => {
    const card = cardOf(page, "broken");
    for (const asked of [1, 2]) {
      expect(await card.answer("read")).toMatchObject({ place: "origin", isWhole: false, asked });
      expect(await card.reading()).toBeUndefined();
    }
    await card.press("break");
    await expect.poll(card.outcome, PATIENCE).toMatch(/mended/);
    expect(await card.answer("read")).toMatchObject({ ...origin, isWhole: true, asked: 3 });
    expect(await card.answer("read")).toMatchObject({ ...memory, isWhole: true, asked: 3 });
  });
});
