import type { Seconds } from "./clock.ts";
import { cannot } from "./errors.ts";

/** A length of time: a number of **seconds**, or a string that says its unit: "250ms", "30s", "5m", "1h", "7d", "2w". */
export type Duration = number | string;

/** A size: a number of **bytes**, or a string that says its unit: "512b", "64kb", "10mb", "1gb" (powers of 1,024). */
export type ByteSize = number | string;

const SECONDS_OF: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
};
const BYTES_OF: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };

/**
 * Reads a duration as seconds.
 *
 * @param option the option's name, for the error's sentence
 * @throws {TypeError} if it is neither a number nor a string with a known unit
 * @throws {RangeError} if it is negative or not finite
 */
export function toSeconds(duration: Duration, option: string): Seconds {
  return measure(duration, option, SECONDS_OF, 'a number of seconds or a string such as "5m"');
}

/**
 * Reads a size as bytes; the errors are those of {@link toSeconds}.
 *
 * @param option the option's name, for the error's sentence
 */
export function toBytes(size: ByteSize, option: string): number {
  return Math.floor(measure(size, option, BYTES_OF, 'a number of bytes or a string such as "10mb"'));
}

function measure(
  input: number | string,
  option: string,
  units: Readonly<Record<string, number>>,
  form: string,
): number {
  const amount = typeof input === "string" ? inUnits(input, units) : input;
  if (typeof amount !== "number") throw new TypeError(cannot(`read ${option}`, `it must be ${form}`, input));
  if (!Number.isFinite(amount) || amount < 0) {
    throw new RangeError(cannot(`read ${option}`, "it must be finite and not negative", input));
  }
  return amount;
}

function inUnits(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(-?\d{1,15}(?:\.\d{1,9})?) ?([a-z]{1,2})$/i.exec(text);
  const unit = match?.[2]?.toLowerCase();
  if (match?.[1] === undefined || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  return Number(match[1]) * (units[unit] ?? Number.NaN);
}
