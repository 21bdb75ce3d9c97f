import { quantile, type Sheet } from "./sheet.ts";
import type { Effort } from "./measure.ts";

/** One way to do what is asked for many times at once. */
export interface Loaded {
  readonly name: string;
  /** Does it once; rejects if it was not done. */
  readonly once: () => Promise<unknown>;
}

/** Times so many milliseconds of a round count for one load: a tail needs more of it than a median. */
const LOAD_ROUNDS = 5;

/**
 * Lets all of them bear the same load in turn, so many callers at once, each asking anew when it has been answered. How
 * long an answer took counts over all rounds, what was done in a second as the median of the rounds.
 */
export async function loadSheet(
  title: string,
  contenders: readonly Loaded[],
  callers: number,
  { rounds, milliseconds }: Effort,
): Promise<Sheet> {
  const waits = contenders.map((): number[] => []);
  const rates = contenders.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const index = (turn + round) % contenders.length;
      const { once } = contenders[index] ?? { once: () => Promise.resolve() };
      const { waited, perSecond } = await bear(once, callers, milliseconds * LOAD_ROUNDS);
      // The first round warms up.
      if (round === 0) continue;
      waits[index]?.push(...waited);
      rates[index]?.push(perSecond);
    }
  }
  const ours = quantile(waits[0] ?? [], 0.5);
  return {
    title,
    columns: [
      { name: "done", unit: "per second" },
      { name: "p50", unit: "ns" },
      { name: "p99", unit: "ns" },
      { name: "p50, times ours", unit: "times" },
    ],
    rows: contenders.map(({ name }, index) => {
      const own = waits[index] ?? [];
      const median = quantile(own, 0.5);
      return {
        name,
        values: [quantile(rates[index] ?? [], 0.5), median, quantile(own, 0.99), median / ours],
      };
    }),
  };
}

/** @returns how long each took in nanoseconds, and how many were done in a second */
async function bear(
  once: () => Promise<unknown>,
  callers: number,
  milliseconds: number,
): Promise<{ readonly waited: readonly number[]; readonly perSecond: number }> {
  const waited: number[] = [];
  const start = performance.now();
  const caller = async (): Promise<void> => {
    do {
      const asked = performance.now();
      await once();
      waited.push((performance.now() - asked) * 1e6);
    } while (performance.now() - start < milliseconds);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { waited, perSecond: (waited.length * 1_000) / (performance.now() - start) };
}
