import "./platform.ts";
import { expect, test } from "vitest";
import { REAL } from "./designs.ts";
import { inWords, search } from "./search.ts";

test("10,000 histories with pages, which keep what they read and ask either isolate for purges, break no law", async () => {
  const finding = await search(REAL, { histories: 10_000, seed: 2, pages: true });
  expect(finding && inWords(finding)).toBeUndefined();
});
