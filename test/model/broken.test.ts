import "./platform.ts";
import { describe, expect, test } from "vitest";
import { BROKEN, REAL } from "./designs.ts";
import { inWords, search } from "./search.ts";

const few = { histories: 5_000, seed: 1, pages: false } as const;

describe("a design by which purged bodies come back is caught", () => {
  test.each(BROKEN.map((design) => [design.name, design] as const))("%s", async (_, design) => {
    const finding = await search(design, few);
    expect(finding?.violation.what).toMatch(/from before the (?:soft )?purge of/);
    // What was found is shown by a short history.
    expect(finding?.history.steps.length, finding && inWords(finding)).toBeLessThanOrEqual(6);
  });
});

test("the real design passes where those fail, also when each read asks the ledger", async () => {
  const finding = await search({ ...REAL, asksAlways: true }, few);
  expect(finding && inWords(finding)).toBeUndefined();
});
