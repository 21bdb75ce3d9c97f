import { do_not_optimize, measure } from "mitata";
import type { Sheet } from "./sheet.ts";

/** One way to do a piece of work. */
export interface Contestant {
  readonly name: string;
  /** Works for about so many milliseconds and tells what one operation took, in nanoseconds. */
  readonly sample: (milliseconds: number) => Promise<number>;
}

/** Ways to do the same work, side by side. The first is ours; the others are told as multiples of it. */
export interface Race {
  readonly title: string;
  readonly contestants: readonly [Contestant, ...Contestant[]];
}

/** What one file here measures. */
export interface Subject {
  readonly title: string;
  /** What is done, with what, and what one must know to judge it. Markdown. */
  readonly about: string;
  /**
   * Runs the races that `hold` is given, with whatever they need around them. What is no race it measures itself, with
   * about as much effort, and shows.
   */
  readonly run: (
    hold: (race: Race) => Promise<void>,
    show: (sheet: Sheet) => void,
    effort: Effort,
  ) => Promise<void>;
}

/** How much is measured: so many rounds, in each of which every contestant works for so long. */
export interface Effort {
  readonly rounds: number;
  readonly milliseconds: number;
  /** What crowds and stocks are multiplied with, above 0 and at most 1: see {@link sized}. */
  readonly scale: number;
}

/** What came of a contestant: nanoseconds per operation, and its time as a multiple of ours. */
export interface Result {
  readonly name: string;
  readonly median: number;
  readonly best: number;
  readonly ratio: number;
}

/**
 * A contestant that is a function. What it returns, or resolves to, is kept where no compiler can know that nobody reads
 * it, so that the work is not left out.
 */
export function contestant(name: string, work: () => unknown): Contestant {
  return {
    name,
    async sample(milliseconds) {
      const isAsync = work() instanceof Promise;
      const operation = isAsync ? async () => do_not_optimize(await work()) : () => do_not_optimize(work());
      // The median of many short batches: what interrupts a few of them, the collector or a neighbour, does not count.
      const { p50 } = await measure(operation, {
        min_cpu_time: milliseconds * 1e6,
        batch_samples: 512,
        gc: false,
      });
      return p50;
    },
  };
}

/** How large a crowd or a stock is that should be so large: at least 2. */
export function sized(full: number, { scale }: Effort): number {
  return Math.max(2, Math.round(full * scale));
}

/**
 * Holds a race. The contestants take turns, in another order each round, so that what slows the machine down for a while
 * slows all of them; ratios are taken within rounds. A first round warms up and does not count.
 */
export async function hold(
  { contestants }: Race,
  { rounds, milliseconds }: Pick<Effort, "rounds" | "milliseconds">,
): Promise<readonly Result[]> {
  const samples = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      const sample = await contestants[index]?.sample(milliseconds);
      if (round > 0 && sample !== undefined) samples[index]?.push(sample);
    }
  }
  const [ours = []] = samples;
  return contestants.map(({ name }, index) => {
    const times = samples[index] ?? [];
    const ratios = times.map((time, round) => time / (ours[round] ?? Number.NaN));
    return { name, median: median(times), best: Math.min(...times), ratio: median(ratios) };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
