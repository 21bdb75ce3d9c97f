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
  context = await chromium.newContext();
  ({ page, mistakes } = await openGallery(context, demo.url));
});
afterEach(async () => {
  expect(mistakes).toEqual([]);
  await context.close();
});

describe("offline", () => {
  const notice = () => cardOf(page, "offline").element.getByTestId("notice").getAttribute("data-offline");

  test("by the card's switch: the stale reading is shown, saving is refused, and the origin hears nothing", async () => {
    const card = cardOf(page, "offline");
    await card.answer("read");
    expect(await notice()).toBe("false");
    await card.press("cut");
    expect(await notice()).toBe("true");
    await card.isStale();
    const answer = await card.answer("read");
    expect(answer).toMatchObject({ place: "memory", state: "stale", asked: 1 });
    expect(answer.cacheStatus).toMatch(/tidemark-browser;fwd=stale;detail=offline\/memory$/);
    // What cannot be done now is said to be so, and stays within reach of the keyboard.
    expect(await card.element.getByTestId("save").getAttribute("aria-disabled")).toBe("true");
    await card.element.getByTestId("save").press("Enter");
    await expect.poll(card.outcome, PATIENCE).toMatch(/^Not saved: you are offline/);
    await card.press("cut");
    await card.press("save");
    await expect.poll(card.outcome, PATIENCE).toMatch(/^Saved/);
    expect(await card.answer("read")).toMatchObject({ place: "origin", asked: 2 });
    // One more for the change, one for the request.
    expect(await card.reading()).toBe(3);
  });

  test("for real: a reload shows the page, and the card its last reading", async () => {
    const card = cardOf(page, "offline");
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    // The worker takes the page's files in when it is installed; from then on it answers for them.
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await card.answer("read");
    await card.isStale();
    await context.setOffline(true);
    await expect.poll(notice, PATIENCE).toBe("true");
    expect(await card.answer("read")).toMatchObject({ place: "memory", state: "stale", asked: undefined });
    await page.reload();
    await page.locator("[data-testid=offline-badge][data-online=false]").waitFor();
    expect(await notice()).toBe("true");
    expect(await card.answer("read")).toMatchObject({ place: "disk", state: "stale", status: 200 });
    expect(await card.reading()).toBe(1);
    // What was never read has no answer, and no error beyond that.
    expect(await cardOf(page, "confirmed").answer("read")).toMatchObject({ place: "none", status: 0 });
    await context.setOffline(false);
    await expect.poll(notice, PATIENCE).toBe("false");
    expect(await card.answer("read")).toMatchObject({ place: "origin", status: 200 });
  });
});

describe("a full disk", () => {
  const kept = async (block: number) =>
    (await cardOf(page, "quota").element.getByTestId(`block-${block}`).getAttribute("data-kept")) === "true";
  const bytes = async () =>
    Number(await cardOf(page, "quota").element.getByTestId("totals").getAttribute("data-bytes"));
  const read = (block: number) => cardOf(page, "quota").answer(`block-${block}`);
  const isKept = (block: number) => expect.poll(() => kept(block), PATIENCE).toBe(true);

  test("of its own budget: what was used longest ago leaves first, and is read anew", async () => {
    for (const block of [1, 2, 3, 4, 5]) {
      expect(await read(block)).toMatchObject({ place: "origin", asked: block });
      await isKept(block);
    }
    expect(await read(1)).toMatchObject({ place: "disk", asked: 5 });
    await read(6);
    await isKept(6);
    await expect.poll(() => kept(2), PATIENCE).toBe(false);
    expect(await kept(1)).toBe(true);
    await expect.poll(bytes, PATIENCE).toBeGreaterThan(40_000);
    expect(await bytes()).toBeLessThanOrEqual(50_000);
    expect(await cardOf(page, "quota").notes()).toEqual([expect.stringMatching(/^Left the disk: 1 /)]);
    expect(await read(1)).toMatchObject({ place: "disk", asked: 6 });
    expect(await read(2)).toMatchObject({ place: "origin", asked: 7 });
  });

  test("of the browser's: every read is answered, and the card says why nothing is kept", async () => {
    const session = await context.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: demo.url, quotaSize: 1_000 });
    for (const block of [1, 2, 3]) {
      expect(await read(block)).toMatchObject({ place: "origin", status: 200, isWhole: true });
    }
    await expect
      .poll(() => cardOf(page, "quota").notes(), PATIENCE)
      .toContainEqual(expect.stringMatching(/^The browser gives no more room/));
    expect(await kept(3)).toBe(false);
    await session.send("Storage.overrideQuotaForOrigin", { origin: demo.url });
    await read(4);
    await isKept(4);
  });
});
