import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

/** Brings cards into the states that look different: fresh, stale, failed, refused. */
async function stir(page: Page): Promise<void> {
  await cardOf(page, "fresh").answer("read");
  await cardOf(page, "failing").answer("read");
  await cardOf(page, "failing").press("fail");
  await cardOf(page, "confirmed").answer("read");
  await cardOf(page, "confirmed").answer("read");
  await cardOf(page, "broken").answer("read");
  await cardOf(page, "quota").answer("block-1");
  await cardOf(page, "offline").press("cut");
  await cardOf(page, "subscribed").press("follow");
  await cardOf(page, "subscribed").shows(1);
  await cardOf(page, "first-render").press("come-back");
  await cardOf(page, "failing").isStale();
  await cardOf(page, "failing").answer("read");
}

/** What axe-core holds to be serious or worse. */
async function findings(page: Page): Promise<readonly string[]> {
  // Evaluated, not added as a script: the page's policy lets no other script in.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary}`).join("; ")}`,
    );
}

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test.each([360, 1_280])(
    "%i px wide: axe finds nothing serious, and nothing stands out of the page",
    async (width) => {
      const context = await chromium.newContext({ colorScheme, viewport: { width, height: 900 } });
      const { page, mistakes } = await openGallery(context, demo.url);
      await stir(page);
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(mistakes).toEqual([]);
      await context.close();
    },
  );

  test("axe finds nothing serious in the seeded document", async () => {
    const context = await chromium.newContext({ colorScheme });
    const { page } = await openGallery(context, demo.url);
    await cardOf(page, "seeded").press("open-seeded");
    await page.waitForURL(/\/gallery\/seeded\//);
    await cardOf(page, "seeded").shows(1);
    expect(await findings(page)).toEqual([]);
    await context.close();
  });
});

describe("by keyboard alone", () => {
  test("every control can be reached in the order of the page, shows its focus, and works", async () => {
    const context = await chromium.newContext({ viewport: { width: 1_280, height: 900 } });
    const { page } = await openGallery(context, demo.url);
    const reached: string[] = [];
    for (let step = 0; step < 150; step++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(() => {
        const element = document.activeElement;
        if (!(element instanceof HTMLElement) || element === document.body) return undefined;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const card = element.closest("[data-testid^=card-]")?.getAttribute("data-testid") ?? "page";
        const name = element.dataset["testid"] ?? element.getAttribute("href") ?? element.tagName;
        return { name: `${card} ${name}`, isShown: outlineStyle !== "none" && outlineWidth !== "0px" };
      });
      if (focus === undefined) break;
      expect(focus, focus.name).toMatchObject({ isShown: true });
      reached.push(focus.name);
    }
    const controls = await page
      .locator("[data-testid^=card-] :is(button, input[type=checkbox])[data-testid]")
      .evaluateAll((all) =>
        all.map(
          (element) =>
            `${element.closest("[data-testid^=card-]")?.getAttribute("data-testid")} ${element.getAttribute("data-testid")}`,
        ),
      );
    expect(reached.filter((name) => controls.includes(name))).toEqual(controls);

    await page.getByTestId("card-fresh").getByTestId("read").focus();
    await page.keyboard.press("Enter");
    await cardOf(page, "fresh").shows(1);
    await page.getByTestId("card-broken").getByTestId("break").focus();
    await page.keyboard.press("Space");
    await expect.poll(cardOf(page, "broken").outcome, PATIENCE).toMatch(/mended/);
    await page.getByTestId("language-en").focus();
    await page.keyboard.press("Space");
    await cardOf(page, "variants").shows(1);
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => cardOf(page, "variants").answers(), PATIENCE).toHaveLength(2);
    await context.close();
  });

  test("the skip link leads past the list of cards, and the pages to each other", async () => {
    const context = await chromium.newContext();
    const { page } = await openGallery(context, demo.url);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("cards");
    await page.getByTestId("to-demo").press("Enter");
    await page.getByTestId("country").first().waitFor();
    await page.getByTestId("to-gallery").press("Enter");
    await page.getByTestId("card-fresh").waitFor();
    await context.close();
  });
});

describe("the layout", () => {
  test("does not shift while the page opens, nor does any card when answers come", async () => {
    const context = await chromium.newContext({ viewport: { width: 1_280, height: 900 } });
    await context.addInitScript(() => {
      Reflect.set(globalThis, "shifts", 0);
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const shift = Number(Reflect.get(entry, "value"));
          Reflect.set(globalThis, "shifts", Number(Reflect.get(globalThis, "shifts")) + shift);
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    const { page } = await openGallery(context, demo.url);
    const boxes = () =>
      page.locator("[data-testid^=card-]").evaluateAll((all) =>
        all.map((card) => {
          const { top, height } = card.getBoundingClientRect();
          return { id: card.id, top: top + scrollY, height };
        }),
      );
    // The first answer comes after the page has settled.
    await cardOf(page, "fresh").answer("read");
    expect(await page.evaluate(() => Number(Reflect.get(globalThis, "shifts")))).toBe(0);
    const before = await boxes();
    for (let times = 0; times < 5; times++) await cardOf(page, "fresh").answer("read");
    await stir(page);
    await cardOf(page, "users").press("user-ada");
    await cardOf(page, "users").answer("read");
    expect(await boxes()).toEqual(before);
    await context.close();
  });
});
