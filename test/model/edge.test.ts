import "./platform.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REAL } from "./designs.ts";
import { histories } from "./history.ts";
import { inWords, search } from "./search.ts";
import { run } from "./world.ts";

describe("two isolates of the edge, with tiers of their own and a store that they share, around one ledger", () => {
  test("30,000 histories break no law", async () => {
    const finding = await search(REAL, { histories: 30_000, seed: 1, pages: false });
    expect(finding && inWords(finding)).toBeUndefined();
  });

  test("a history takes the same course each time", async () => {
    for (const history of fc.sample(histories(false, 14), { numRuns: 300, seed: 7 })) {
      const [once, again]: string[][] = [[], []];
      await run(history, REAL, (line) => once?.push(line));
      await run(history, REAL, (line) => again?.push(line));
      expect(again).toEqual(once);
    }
  });
});
