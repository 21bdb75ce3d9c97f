import { chromium, type Browser, type Locator, type Page } from "playwright";
import { CHROMIUM } from "../../support/chromium-flags.ts";

/** A browser of the system's. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch(CHROMIUM);
}

/** One line of the demo page's log of answers. */
export interface LoggedAnswer {
  readonly url: string;
  readonly place: string;
  readonly state: string;
}

/** The answer for an address that the page logs next, when something makes it read. */
export async function answerFor(
  page: Page,
  path: string,
  action: () => Promise<unknown>,
): Promise<LoggedAnswer> {
  return newest(page, path, await rowsFor(page, path).count(), action);
}

/** The answer for an address that the page logs first after a reload, which empties the log. */
export async function answerAfterReload(page: Page, path: string): Promise<LoggedAnswer> {
  return newest(page, path, 0, () => page.reload());
}

async function newest(
  page: Page,
  path: string,
  before: number,
  action: () => Promise<unknown>,
): Promise<LoggedAnswer> {
  await action();
  const rows = rowsFor(page, path);
  await rows.nth(before).waitFor({ state: "attached" });
  const read = async (name: string) => (await rows.first().getAttribute(name)) ?? "";
  return { url: await read("data-url"), place: await read("data-place"), state: await read("data-state") };
}

function rowsFor(page: Page, path: string): Locator {
  return page.locator(`[data-testid=log-row][data-url*="${path}"]`);
}
