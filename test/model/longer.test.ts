import "./platform.ts";
import { expect, test } from "vitest";
import { REAL } from "./designs.ts";
import { inWords, search } from "./search.ts";

test("40,000 histories of the edge with more steps break no law", async () => {
  const finding = await search(REAL, { histories: 40_000, seed: 3, pages: false, maxSteps: 20 });
  expect(finding && inWords(finding)).toBeUndefined();
});
