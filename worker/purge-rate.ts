import { cannot, type Clock, type Seconds } from "../src/index.ts";

/** How much may be asked for, in this isolate. */
export interface PurgeLimits {
  /** Requests of one credential. @defaultValue 600 */
  readonly perMinute?: number;
  /** Requests without a valid credential, of all clients together. @defaultValue 60 */
  readonly failuresPerMinute?: number;
}

/** A token bucket for each name: as many at once as in a minute. */
export interface RateLimit {
  /** Takes one. @returns 0, or in how many seconds there will be one */
  take(name: string): Seconds;
}

/**
 * @param option what errors call it
 * @throws {RangeError} if the rate is not a number above 0
 */
export function rateLimit(perMinute: number, option: string, clock: Clock): RateLimit {
  if (!(perMinute > 0))
    throw new RangeError(cannot(`read ${option}`, "it must be a number above 0", perMinute));
  const most = Math.max(perMinute, 1);
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(name) {
      const now = clock();
      const bucket = buckets.get(name) ?? { level: most, at: now };
      const level = Math.min(bucket.level + (Math.max(now - bucket.at, 0) * perMinute) / 60_000, most);
      const isFree = level >= 1;
      buckets.set(name, { level: isFree ? level - 1 : level, at: now });
      return isFree ? 0 : Math.ceil(((1 - level) * 60) / perMinute);
    },
  };
}
