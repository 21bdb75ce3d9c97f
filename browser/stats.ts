import type { Totals } from "./disk/record.ts";

/** What a cache has done since it was made. */
export interface Counts {
  /** Answers from memory and from disk, stale ones included. */
  memoryHits: number;
  diskHits: number;
  /** Answers that came from the network. */
  misses: number;
  /** Answers that were stale: while revalidating, for an error, or without a network. */
  stale: number;
  /** Stored responses that the origin confirmed. */
  revalidated: number;
  /** Fetches that failed. */
  errors: number;
}

/** {@link Counts}, and what is on disk now; 0 where there is no disk. */
export interface ApiCacheStats extends Readonly<Counts> {
  readonly disk: Totals;
}

export function noCounts(): Counts {
  return { memoryHits: 0, diskHits: 0, misses: 0, stale: 0, revalidated: 0, errors: 0 };
}
