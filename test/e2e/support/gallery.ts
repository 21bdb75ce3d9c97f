import type { BrowserContext, Locator, Page } from "playwright";
import { expect } from "vitest";

/** How fast the machine is decides nothing. */
export const PATIENCE = { timeout: 30_000 };

/** What one answer says of itself on the page. */
export interface TracedAnswer {
  readonly place: string;
  readonly state: string;
  readonly status: number;
  readonly isWhole: boolean;
  readonly isShared: boolean;
  /** Seconds; `undefined` where the answer has none. */
  readonly age: number | undefined;
  /** Requests that had reached the origin by then, by its own count; `undefined` = it could not be asked. */
  readonly asked: number | undefined;
  readonly cacheStatus: string;
}

/** One card of the gallery, driven as a visitor would. */
export interface CardDriver {
  readonly element: Locator;
  /** Presses a control, and resolves to the answer that it leads to. */
  answer(control: string): Promise<TracedAnswer>;
  press(control: string): Promise<void>;
  /** The answers so far, the oldest first, each with the origin's count. */
  answers(): Promise<readonly TracedAnswer[]>;
  notes(): Promise<readonly string[]>;
  /** The number of the reading that is shown; `undefined` = none. */
  reading(): Promise<number | undefined>;
  outcome(): Promise<string>;
  /** Waits until what is shown is past its time. */
  isStale(): Promise<void>;
  /** Waits until the card shows a reading. */
  shows(reading: number): Promise<void>;
}

/** Opens the gallery, and collects what goes wrong in it. */
export async function openGallery(
  context: BrowserContext,
  url: string,
): Promise<{ page: Page; mistakes: readonly string[] }> {
  const page = await context.newPage();
  const mistakes: string[] = [];
  page.on("pageerror", (error) => mistakes.push(String(error)));
  page.on("console", (message) => {
    // The browser itself logs requests that fail, as some cards want them to.
    const isOurs = !message.text().startsWith("Failed to load resource");
    if (isOurs && ["error", "warning"].includes(message.type())) mistakes.push(message.text());
  });
  await page.goto(`${url}/gallery`);
  await page.getByTestId("card-fresh").waitFor();
  return { page, mistakes };
}

export function cardOf(page: Page, id: string): CardDriver {
  const element = page.getByTestId(`card-${id}`);
  const rows = element.getByTestId("trace-row");
  const counted = element.locator("[data-testid=trace-row][data-asked]");
  const press = (control: string): Promise<void> => element.getByTestId(control).click();

  async function answers(): Promise<readonly TracedAnswer[]> {
    const found = await counted.evaluateAll((all) =>
      all.map((row) => Object.fromEntries(row instanceof HTMLElement ? Object.entries(row.dataset) : [])),
    );
    return found.toReversed().map(answerOf);
  }

  return {
    element,
    press,
    answers,
    async answer(control) {
      const before = await rows.count();
      await press(control);
      await expect.poll(() => counted.count(), PATIENCE).toBeGreaterThan(before);
      const answer = (await answers())[before];
      if (answer === undefined) throw new Error(`No answer followed ${control}`);
      return answer;
    },
    async notes() {
      return (await element.getByTestId("trace-note").allTextContents()).toReversed();
    },
    async reading() {
      const text = await element.getAttribute("data-reading");
      return text === null ? undefined : Number(text);
    },
    outcome: async () => (await element.getByTestId("outcome").textContent()) ?? "",
    async isStale() {
      await element.locator("[data-testid=freshness][data-freshness=stale]").waitFor(PATIENCE);
    },
    async shows(reading) {
      await expect.poll(() => element.getAttribute("data-reading"), PATIENCE).toBe(String(reading));
    },
  };
}

function answerOf(row: Readonly<Record<string, string | undefined>>): TracedAnswer {
  return {
    place: row["place"] ?? "",
    state: row["state"] ?? "",
    status: Number(row["status"]),
    isWhole: row["whole"] === "true",
    isShared: row["shared"] === "true",
    age: row["age"] === undefined ? undefined : Number(row["age"]),
    asked: row["asked"] === "unknown" ? undefined : Number(row["asked"]),
    cacheStatus: row["cacheStatus"] ?? "",
  };
}
