import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answerAfterReload, answerFor, launchChromium } from "./support/chromium.ts";
import { startDemo, type RunningDemo } from "./support/demo-process.ts";

let demo: RunningDemo;
let chromium: Browser;
beforeAll(async () => {
  [demo, chromium] = await Promise.all([startDemo(), launchChromium()]);
});
afterAll(async () => {
  await chromium.close();
  expect(await demo.stop()).toBe(0);
});

const FRANCE = "/api/countries/fr";
const chooseFrance = (page: Page) => page.locator("[data-testid=country][data-code=fr]").click();
const readAgain = (page: Page) => page.getByTestId("read-again").click();

/** A page in a browser of its own: nothing is stored there yet. */
async function visitor(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(demo.url);
  await page.getByTestId("country").first().waitFor();
  return { context, page };
}

function order(kind: "purge" | "invalidate", body: object): Promise<Response> {
  return fetch(`${demo.url}/_tidemark/${kind}`, {
    method: "POST",
    headers: { authorization: `Bearer ${demo.token}` },
    body: JSON.stringify(body),
  });
}

/** What the edge says it did. */
async function edgeStatus(path: string, language = "en"): Promise<string> {
  const response = await fetch(`${demo.url}${path}`, { headers: { "accept-language": language } });
  await response.text();
  return response.headers.get("cache-status") ?? "";
}

describe("npm start", () => {
  test("prints the page, the API and a purge that works as printed", () => {
    expect(demo.printed).toContain(`${demo.url}/`);
    expect(demo.printed).toContain(`${demo.url}/api/countries/fr`);
    expect(demo.printed).toMatch(
      new RegExp(`curl -X POST ${demo.url}/_tidemark/purge -H 'Authorization: Bearer ${demo.token}'`),
    );
  });
});

describe("a page, the edge and the origin together", () => {
  beforeEach(async () => {
    expect((await order("purge", { purge_everything: true })).status).toBe(200);
  });

  test("an answer comes from the origin once, then from memory, after a reload from disk, for the next visitor from the edge", async () => {
    const { context, page } = await visitor();
    expect(await answerFor(page, FRANCE, () => chooseFrance(page))).toMatchObject({ place: "origin" });
    expect(await answerFor(page, FRANCE, () => readAgain(page))).toMatchObject({
      place: "memory",
      state: "fresh",
    });
    expect(await answerAfterReload(page, FRANCE)).toMatchObject({ place: "disk", state: "fresh" });
    await context.close();
    const next = await visitor();
    expect(await answerFor(next.page, FRANCE, () => chooseFrance(next.page))).toMatchObject({
      place: "edge-hot",
    });
    await next.context.close();
  });

  test("each language is a variant of its own, at the edge and in the browser", async () => {
    const { context, page } = await visitor();
    await chooseFrance(page);
    const inGerman = () => page.getByTestId("language").selectOption("de");
    const inEnglish = () => page.getByTestId("language").selectOption("en");
    expect(await answerFor(page, FRANCE, inGerman)).toMatchObject({ place: "origin" });
    await page.getByTestId("country-name").getByText("Frankreich").waitFor();
    expect(await answerFor(page, FRANCE, inEnglish)).toMatchObject({ place: "memory" });
    expect(await answerFor(page, FRANCE, inGerman)).toMatchObject({ place: "memory" });
    expect(await edgeStatus(FRANCE, "de")).toMatch(/hit/);
    expect(await edgeStatus(FRANCE, "it")).toMatch(/fwd=vary-miss/);
    await context.close();
  });

  test("what is stale is served while the edge asks the origin whether it still holds", async () => {
    expect(await edgeStatus(FRANCE)).toMatch(/fwd=uri-miss/);
    expect((await order("invalidate", { tags: ["country:fr"] })).status).toBe(200);
    expect(await edgeStatus(FRANCE)).toMatch(/hit;ttl=0/);
    await expect.poll(() => edgeStatus(FRANCE)).toMatch(/hit;ttl=[1-9]/);
  });

  /** Opens France in a page, changes its note, and waits until the origin has had it purged. */
  async function edit(page: Page, note: string): Promise<void> {
    await chooseFrance(page);
    await page.getByTestId("edit-note").fill(note);
    await page.getByTestId("edit-save").click();
    await page.locator("[data-testid=edit-outcome][data-outcome=ok]").waitFor();
  }
  const noteIn = (page: Page) => page.getByTestId("country-note").textContent();

  test("an edit in one tab is seen by the next read in another", async () => {
    const { context, page } = await visitor();
    await answerFor(page, FRANCE, () => chooseFrance(page));
    const other = await context.newPage();
    await other.goto(demo.url);
    await other.getByTestId("country").first().waitFor();
    await edit(other, "seen at once");
    await answerFor(page, FRANCE, () => readAgain(page));
    expect(await noteIn(page)).toContain("seen at once");
    await context.close();
  });

  test("an edit by one visitor is seen by another within the bound, past memory, disk and edge", async () => {
    const reader = await visitor();
    await answerFor(reader.page, FRANCE, () => chooseFrance(reader.page));
    const editor = await visitor();
    await edit(editor.page, "seen by everyone");
    const read = async () => {
      await answerFor(reader.page, FRANCE, () => readAgain(reader.page));
      return noteIn(reader.page);
    };
    await expect.poll(read, { timeout: 10_000, interval: 500 }).toContain("seen by everyone");
    await Promise.all([reader.context.close(), editor.context.close()]);
  });

  test("a reload without a connection still shows the data", async () => {
    const { context, page } = await visitor();
    await chooseFrance(page);
    await page.getByTestId("country-name").getByText("France").waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await page.getByTestId("country-name").getByText("France").waitFor();
    await context.setOffline(true);
    const answer = await answerAfterReload(page, FRANCE);
    expect(answer.place).toBe("disk");
    await page.getByTestId("country-name").getByText("France").waitFor();
    await page.locator("[data-testid=offline-badge][data-online=false]").waitFor();
    expect(await page.getByTestId("country").count()).toBeGreaterThan(200);
    await context.close();
  });
});
