import type { Instant } from "../clock.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const LONG_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const IMF_FIXDATE = /^([a-z]{3}), (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const RFC_850 = /^([a-z]{6,9}), (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const ASCTIME = /^([a-z]{3}) ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * Reads an HTTP-date in any of its three forms (RFC 9110, 5.6.7), names in any case (RFC 9111, 4.2).
 * Anything else, other zones included, is `undefined`.
 *
 * @param now tells the century of a two-digit year: a date over 50 years ahead is taken as past
 */
export function parseHttpDate(text: string | null, now: Instant): Instant | undefined {
  if (text === null || text.length > 64) return undefined;
  const lower = text.toLowerCase();
  const imf = IMF_FIXDATE.exec(lower);
  if (imf) return instant(DAYS, imf[1], imf[4], imf[3], imf[2], imf[5], imf[6], imf[7]);
  const asctime = ASCTIME.exec(lower);
  if (asctime)
    return instant(DAYS, asctime[1], asctime[7], asctime[2], asctime[3], asctime[4], asctime[5], asctime[6]);
  const rfc850 = RFC_850.exec(lower);
  if (rfc850) {
    const year = fullYear(Number(rfc850[4]), now);
    return instant(LONG_DAYS, rfc850[1], String(year), rfc850[3], rfc850[2], rfc850[5], rfc850[6], rfc850[7]);
  }
  return undefined;
}

/** Writes an instant as IMF-fixdate, the one form that senders may use. Fractions of a second are dropped. */
export function formatHttpDate(at: Instant): string {
  return new Date(at).toUTCString();
}

function fullYear(twoDigits: number, now: Instant): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function instant(
  dayNames: readonly string[],
  dayName = "",
  year = "",
  monthName = "",
  day = "",
  hour = "",
  minute = "",
  second = "",
): Instant | undefined {
  const month = MONTHS.indexOf(monthName);
  const dayOfMonth = Number(day);
  if (month < 0 || !dayNames.includes(dayName) || dayOfMonth < 1) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const at = Date.UTC(
    Number(year),
    month,
    dayOfMonth,
    Number(hour),
    Number(minute),
    Math.min(Number(second), 59),
  );
  // 31 April would roll over into May; years below 100 would move to the 20th century.
  return new Date(at).getUTCDate() === dayOfMonth && Number(year) >= 1_000 ? at : undefined;
}
