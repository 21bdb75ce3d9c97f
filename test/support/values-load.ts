import { expect } from "vitest";
import type { Cache } from "../../src/index.ts";
import { truthOf } from "./values-truth.ts";

/**
 * Who has heard of no purge lately and cannot ask goes on for `maxBlind`, which is here as short as the view's bound: so
 * long after a delete, and a moment for the machine, nobody serves what it covers, whatever Redis does.
 */
export const STRICT: { readonly maxBlind: string } = { maxBlind: "2s" };
const BOUND_MS = 2_500;

/** Readers and writers of two processes at once, until told to stop. */
export function load(caches: readonly Cache[]) {
  const truth = truthOf();
  let isOver = false;
  const keys = ["a", "b", "c", "d"];
  const lines = caches.flatMap((cache, index) =>
    keys.map(async (key, turn) => {
      while (!isOver) {
        if (index === 0 && turn % 2 === 0) await truth.change(cache, key);
        await truth.read(cache, key, index === 0 && turn % 2 === 0 ? 0 : BOUND_MS);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }),
  );
  return {
    truth,
    more(what: "acknowledged" | "refused", count: number) {
      const least = truth.counts[what] + count;
      return expect.poll(() => truth.counts[what], { timeout: 60_000 }).toBeGreaterThanOrEqual(least);
    },
    async end() {
      isOver = true;
      await Promise.all(lines);
    },
  };
}
