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

describe("two tabs", () => {
  const leads = (of: Page) => cardOf(of, "tabs").element.getByTestId("leader").getAttribute("data-leader");
  const present = (of: Page) => cardOf(of, "tabs").element.getByTestId("tabs").getAttribute("data-tabs");

  /** Opens the second tab by the card's own button. */
  async function second(): Promise<Page> {
    const opened = context.waitForEvent("page");
    await cardOf(page, "tabs").press("open-tab");
    const other = await opened;
    await other.getByTestId("card-tabs").waitFor();
    await expect.poll(() => present(page), PATIENCE).toBe("2");
    return other;
  }

  test("have one live connection, and the other takes over when its tab is closed", async () => {
    await expect.poll(() => leads(page), PATIENCE).toBe("this");
    const other = await second();
    await expect.poll(() => leads(other), PATIENCE).toBe("other");
    const card = cardOf(other, "purged");
    await card.answer("read");
    await page.close();
    await expect.poll(() => leads(other), PATIENCE).toBe("this");
    await expect.poll(() => present(other), PATIENCE).toBe("1");
    await card.press("change");
    await card.press("purge");
    await card.shows(2);
  });

  test("that ask at once are one request to the origin", async () => {
    const other = await second();
    const cards = [cardOf(page, "tabs"), cardOf(other, "tabs")] as const;
    expect(await cards[0].answer("read-all")).toMatchObject({ status: 200, asked: 1 });
    await expect.poll(async () => (await cards[1].answers()).length, PATIENCE).toBe(1);
    const answers = [...(await cards[0].answers()), ...(await cards[1].answers())];
    expect(answers).toMatchObject([
      { place: "origin", asked: 1 },
      { status: 200, asked: 1 },
    ]);
  });

  test("see each other's changes without a read", async () => {
    const other = await second();
    const cards = [cardOf(page, "tabs"), cardOf(other, "tabs")] as const;
    for (const card of cards) await card.answer("read");
    await cards[0].press("change");
    await cards[1].shows(2);
    await cards[0].shows(2);
    expect(await cards[1].notes()).toContain("Heard: changed.");
  });
});

describe("two users of one browser", () => {
  const onDisk = (owner: string) =>
    cardOf(page, "users")
      .element.locator(`[data-testid=disk-view] [data-owner=${owner}]`)
      .getAttribute("data-entries");

  async function logIn(name: string): Promise<void> {
    await cardOf(page, "users").press(`user-${name}`);
    await cardOf(page, "users")
      .element.and(page.locator(`[data-user=${name}]`))
      .waitFor();
  }

  test("get nothing of each other's, and logging out wipes", async () => {
    const card = cardOf(page, "users");
    await logIn("ada");
    expect(await card.answer("read")).toMatchObject({ place: "origin", asked: 1 });
    expect(await card.element.getByTestId("reading").textContent()).toBe("Reading 1 for Ada");
    expect(await card.answer("read")).toMatchObject({ place: "memory", asked: 1 });
    await expect.poll(() => onDisk("ada"), PATIENCE).toBe("1");

    await logIn("ben");
    expect(await card.answer("read")).toMatchObject({ place: "origin", asked: 2 });
    expect(await card.element.getByTestId("reading").textContent()).toBe("Reading 1 for Ben");
    await expect.poll(() => onDisk("ben"), PATIENCE).toBe("1");

    await logIn("ada");
    expect(await card.answer("read")).toMatchObject({ place: "disk", asked: 2 });
    await card.press("log-out");
    await card.element.and(page.locator("[data-user=nobody]")).waitFor();
    await expect.poll(() => onDisk("ada"), PATIENCE).toBe("0");
    expect(await onDisk("ben")).toBe("1");
    expect(await card.answer("read")).toMatchObject({ place: "origin", asked: 3 });
    expect(await card.element.getByTestId("reading").textContent()).toBe("Reading 1 for nobody");
  });

  test("stay who they are over a reload", async () => {
    await logIn("ben");
    await cardOf(page, "users").answer("read");
    await expect.poll(() => onDisk("ben"), PATIENCE).toBe("1");
    await page.reload();
    expect(await cardOf(page, "users").answer("read")).toMatchObject({ place: "disk" });
    expect(await cardOf(page, "users").element.getByTestId("reading").textContent()).toBe(
      "Reading 1 for Ben",
    );
  });
});
