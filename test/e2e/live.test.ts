import { chromium, type Browser, type BrowserContext, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM } from "../support/chromium-flags.ts";
import { startDemo, type RunningDemo } from "./support/demo-process.ts";

/** How fast the machine is decides nothing. */
const PATIENCE = { timeout: 30_000 };

let demo: RunningDemo;
let browser: Browser;
beforeAll(async () => {
  // Playwright switches the cache for the way back off; here it is what is tested.
  const options = { ...CHROMIUM, ignoreDefaultArgs: ["--disable-back-forward-cache"] };
  [demo, browser] = await Promise.all([startDemo(), chromium.launch(options)]);
});
afterAll(async () => {
  await browser.close();
  expect(await demo.stop()).toBe(0);
});

/** A tab that shows France, with the number of connections for live purges that it has opened. */
interface Tab {
  readonly page: Page;
  readonly sockets: () => number;
}

async function tab(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  let sockets = 0;
  page.on("websocket", (socket) => (sockets += Number(socket.url().includes("/_tidemark/live"))));
  await page.goto(`${demo.url}/#country=fr`);
  await page.getByTestId("country-name").getByText("France").waitFor();
  return { page, sockets: () => sockets };
}

/** Waits until a tab has its connection, and knows where the ledger stands. */
async function hasConnection(...tabs: readonly Tab[]): Promise<void> {
  await expect.poll(() => tabs.reduce((sum, { sockets }) => sum + sockets(), 0), PATIENCE).toBeGreaterThan(0);
}

/** Changes France's note at the origin, which purges it at the edge. No browser takes part. */
async function edit(note: string): Promise<void> {
  const response = await fetch(`${demo.originUrl}/api/countries/fr`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ note }),
  });
  expect(await response.json()).toMatchObject({ purge: { ok: true } });
}

const shows = (page: Page, note: string): Promise<void> =>
  page.getByTestId("country-note").getByText(note).waitFor({ timeout: 15_000 });

describe("a page that is open", () => {
  test("shows an edit made elsewhere without a read, in every browser and every tab", async () => {
    const [one, other] = [await browser.newContext(), await browser.newContext()];
    const tabs = [await tab(one), await tab(one), await tab(other)];
    await hasConnection(...tabs.slice(0, 2));
    await hasConnection(...tabs.slice(2));
    await edit("seen as it happens");
    await Promise.all(tabs.map(({ page }) => shows(page, "seen as it happens")));
    expect(tabs.map(({ sockets }) => sockets())).toEqual([1, 0, 1]);
    await Promise.all([one.close(), other.close()]);
  });

  test.each(["is closed", "crashes"])(
    "goes on when the tab with the connection %s, and misses nothing",
    async (how) => {
      const context = await browser.newContext();
      const leader = await tab(context);
      await hasConnection(leader);
      const follower = await tab(context);
      if (how === "crashes") {
        const session = await context.newCDPSession(leader.page);
        const crashed = leader.page.waitForEvent("crash");
        void session.send("Page.crash").catch(() => undefined);
        await crashed;
      } else await leader.page.close();
      // Before anyone can have taken over.
      await edit(`the tab ${how}`);
      await shows(follower.page, `the tab ${how}`);
      expect(follower.sockets()).toBe(1);
      await context.close();
    },
  );

  test("hears what it missed when it comes back from the browser's cache for the way back", async () => {
    const context = await browser.newContext();
    const { page, sockets } = await tab(context);
    await expect.poll(sockets, PATIENCE).toBe(1);
    // A service worker that takes the page over while it is away would end it.
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await page.evaluate(() => {
      addEventListener("pageshow", ({ persisted }) => (document.title = persisted ? "kept" : "anew"));
    });
    await page.goto(`${demo.url}/api/countries/it`);
    await edit("while it was away");
    await page.goBack({ waitUntil: "commit" });
    await shows(page, "while it was away");
    expect(await page.title()).toBe("kept");
    expect(sockets()).toBe(2);
    await context.close();
  });

  test("hears what it missed once it is online again", async () => {
    const context = await browser.newContext();
    const { page, sockets } = await tab(context);
    await expect.poll(sockets, PATIENCE).toBe(1);
    await context.setOffline(true);
    await edit("while there was no network");
    await context.setOffline(false);
    await shows(page, "while there was no network");
    await context.close();
  });
});
