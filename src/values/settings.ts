import { toBytes, toSeconds, type Duration } from "../duration.ts";
import { cannot } from "../errors.ts";
import type { CacheOptions, Keeping, LockOptions } from "./options.ts";

/** {@link Keeping}, read: times in milliseconds. */
export interface Settings {
  readonly ttl: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly jitter: number;
  readonly beta: number;
  readonly refreshAhead: number;
  readonly negativeTtl: number;
  readonly errorTtl: number;
  readonly soft: number;
  readonly hard: number;
  readonly lock: LockSettings | undefined;
}

export interface LockSettings {
  readonly ttl: number;
  readonly wait: number;
}

const DEFAULTS: Settings = {
  ttl: 300_000,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  jitter: 0,
  beta: 0,
  refreshAhead: 1,
  negativeTtl: 0,
  errorTtl: 1_000,
  soft: Infinity,
  hard: 30_000,
  lock: undefined,
};

/**
 * Reads what a call, a namespace or a cache says about keeping, over what was said before.
 *
 * @throws {TypeError | RangeError} with the option's name
 */
export function settingsOf(keeping: Keeping, base: Settings = DEFAULTS): Settings {
  const { earlyRefresh, producerTimeout, lock } = keeping;
  return {
    ttl: milliseconds(keeping.ttl, "ttl", base.ttl),
    staleWhileRevalidate: milliseconds(
      keeping.staleWhileRevalidate,
      "staleWhileRevalidate",
      base.staleWhileRevalidate,
    ),
    staleIfError: milliseconds(keeping.staleIfError, "staleIfError", base.staleIfError),
    jitter: share(keeping.jitter, "jitter", base.jitter),
    beta: earlyRefresh === undefined ? base.beta : positive(earlyRefresh.beta, "earlyRefresh.beta"),
    refreshAhead: share(keeping.refreshAhead, "refreshAhead", base.refreshAhead),
    negativeTtl: milliseconds(keeping.negativeTtl, "negativeTtl", base.negativeTtl),
    errorTtl: milliseconds(keeping.errorTtl, "errorTtl", base.errorTtl),
    soft: milliseconds(producerTimeout?.soft, "producerTimeout.soft", base.soft),
    hard: moreThanZero(
      milliseconds(producerTimeout?.hard, "producerTimeout.hard", base.hard),
      "producerTimeout.hard",
    ),
    lock:
      lock === undefined ? base.lock : lock === false ? undefined : lockSettings(lock === true ? {} : lock),
  };
}

/** @throws {TypeError | RangeError} with the option's name */
export function lockSettings({ ttl, wait }: LockOptions): LockSettings {
  return {
    ttl: moreThanZero(milliseconds(ttl, "lock.ttl", 30_000), "lock.ttl"),
    wait: milliseconds(wait, "lock.wait", 10_000),
  };
}

/** Reads `maxValueBytes`. */
export function mostBytes({ maxValueBytes = "16mb" }: CacheOptions): number {
  return toBytes(maxValueBytes, "maxValueBytes");
}

function milliseconds(duration: Duration | undefined, option: string, base: number): number {
  return duration === undefined ? base : toSeconds(duration, option) * 1_000;
}

function moreThanZero(value: number, option: string): number {
  if (value === 0) throw new RangeError(cannot(`read ${option}`, "it must be more than 0", value));
  return value;
}

function share(value: number | undefined, option: string, base: number): number {
  if (value === undefined) return base;
  if (positive(value, option) > 1) throw new RangeError(cannot(`read ${option}`, "it must be 0 to 1", value));
  return value;
}

function positive(value: number, option: string): number {
  if (typeof value !== "number") throw new TypeError(cannot(`read ${option}`, "it must be a number", value));
  if (!Number.isFinite(value) || value < 0) {
    throw new RangeError(cannot(`read ${option}`, "it must be finite and not negative", value));
  }
  return value;
}
