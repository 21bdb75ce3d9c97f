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

const asked = (id: string) =>
  cardOf(page, id).element.getByTestId("origin-asked").getAttribute("data-asked").then(Number);

describe("the card of", () => {
  test("subscriptions: a state at once, one fetch, and more only as often as was wished", async () => {
    const card = cardOf(page, "subscribed");
    await card.press("follow");
    await card.shows(1);
    await expect.poll(() => asked("subscribed"), PATIENCE).toBe(1);
    const notes = await card.notes();
    expect(notes[0]).toBe("pending");
    expect(notes.at(-1)).toMatch(/^fresh: reading 1/);
    await card.press("interval");
    await card.shows(3);
    await card.press("follow");
    await expect.poll(card.outcome, PATIENCE).toBe("Nobody follows it.");
  });

  test("optimistic changes: shown at once, and kept when the origin agrees", async () => {
    const card = cardOf(page, "optimistic");
    await card.answer("read");
    await card.press("raise");
    await expect.poll(card.outcome, PATIENCE).toMatch(/^The origin agreed/);
    expect(await card.reading()).toBe(2);
    // In this order: it was there before the origin had answered.
    expect(await card.notes()).toEqual(["Shown: reading 2.", expect.stringMatching(/^The origin agreed/)]);
    await expect.poll(() => asked("optimistic"), PATIENCE).toBe(2);
  });

  test("optimistic changes: taken back when the origin refuses", async () => {
    const card = cardOf(page, "optimistic");
    await card.answer("read");
    await card.press("raise-refused");
    await expect.poll(card.outcome, PATIENCE).toMatch(/^The origin refused \(409\)/);
    expect(await card.reading()).toBe(1);
    expect(await card.notes()).toEqual([
      "Shown: reading 2.",
      "Shown: reading 1.",
      expect.stringMatching(/^The origin refused/),
    ]);
  });

  test("peeking: what memory holds is in the first render; after it is dropped nothing is", async () => {
    const card = cardOf(page, "first-render");
    const first = (view: string) => card.element.getByTestId(`view-${view}`).getAttribute("data-first");
    await card.answer("read");
    await card.press("come-back");
    await expect.poll(() => first("peek"), PATIENCE).toBe("1");
    expect(await first("await")).toBe("loading");
    await expect.poll(() => card.element.getByTestId("view-await").textContent()).toMatch(/Reading 1$/);
    await card.press("drop-memory");
    await expect.poll(card.outcome, PATIENCE).toMatch(/memory is empty/);
    await card.press("come-back");
    await expect.poll(() => first("peek"), PATIENCE).toBe("loading");
    await expect
      .poll(() => card.element.getByTestId("view-peek").textContent(), PATIENCE)
      .toMatch(/Reading 2$/);
  });

  test("fetching ahead: nobody waits for what is there; forgetting a tag reaches the other tabs", async () => {
    const other = await openGallery(context, demo.url);
    const [card, there] = [cardOf(page, "ahead"), cardOf(other.page, "ahead")];
    await card.press("prefetch");
    await expect.poll(() => asked("ahead"), PATIENCE).toBe(3);
    for (const gauge of [1, 2, 3]) {
      expect(await card.answer(`gauge-${gauge}`)).toMatchObject({ place: "memory", asked: 3 });
    }
    // What this tab has fetched is on its way to the disk: the other may have had to ask for itself.
    await expect.poll(() => there.answer("gauge-2"), PATIENCE).toMatchObject({ place: "memory" });
    await card.press("forget");
    await expect.poll(card.outcome, PATIENCE).toMatch(/^Nothing stored with the tag/);
    expect(await card.answer("gauge-1")).toMatchObject({ place: "origin" });
    // The word to the other tab is on its way.
    await expect.poll(() => there.answer("gauge-2"), PATIENCE).toMatchObject({ place: "origin" });
    expect(other.mistakes).toEqual([]);
  });

  test("seeding: the document brings the reading, and nobody is asked for it", async () => {
    await cardOf(page, "seeded").press("open-seeded");
    await page.waitForURL(/\/gallery\/seeded\//);
    const card = cardOf(page, "seeded");
    await card.shows(1);
    await expect.poll(card.answers, PATIENCE).toMatchObject([{ place: "memory", state: "fresh", asked: 0 }]);
    expect(await card.notes()).toEqual(["Taken in from the document: 1 answer."]);
    await page.getByTestId("to-gallery").click();
    await page.getByTestId("card-seeded").waitFor();
  });

  test("seeding: also under another name of the same place", async () => {
    const other = await openGallery(context, demo.url.replace("127.0.0.1", "localhost"));
    await cardOf(other.page, "seeded").press("open-seeded");
    await other.page.waitForURL(/localhost:\d+\/gallery\/seeded\//);
    const card = cardOf(other.page, "seeded");
    await card.shows(1);
    await expect.poll(card.answers, PATIENCE).toMatchObject([{ place: "memory", state: "fresh", asked: 0 }]);
    expect(other.mistakes).toEqual([]);
  });
});
