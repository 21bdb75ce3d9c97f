import type { Outcome } from "./race.ts";

/** How often the old value was back, and whether a purge had to wait. */
export function told(outcomes: readonly Outcome[]): string {
  const old = outcomes.filter((outcome) => outcome === "old").length;
  const waited = outcomes.some((outcome) => outcome === "waited")
    ? ", but the purge waited for the fill"
    : "";
  return `${old} of ${outcomes.length}${waited}`;
}

/** Tries one after another. */
export async function repeat<T>(tries: number, attempt: () => Promise<T>): Promise<readonly T[]> {
  const outcomes: T[] = [];
  for (let done = 0; done < tries; done += 1) outcomes.push(await attempt());
  return outcomes;
}
