import type { Instant } from "../clock.ts";

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].map(
  (name) => letters(name, 0),
);

/** Days of a common year before each month, and in all. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

const LEAP_DAYS_BEFORE_1970 = 477;

const IMF_FIXDATE = /^(?:sun|mon|tue|wed|thu|fri|sat), \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d gmt$/i;
const RFC_850 = /^([a-z]{6,9}), (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const ASCTIME = /^(?:sun|mon|tue|wed|thu|fri|sat) ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * Reads an HTTP-date in any of its three forms (RFC 9110, 5.6.7), names in any case (RFC 9111, 4.2).
 * Anything else, other zones included, is `undefined`.
 *
 * @param now tells the century of a two-digit year: a date over 50 years ahead is taken as past
 */
export function parseHttpDate(text: string | null, now: Instant): Instant | undefined {
  if (text === null || text.length > 64) return undefined;
  return IMF_FIXDATE.test(text) ? imfFixdate(text) : olderForm(text.toLowerCase(), now);
}

/** Writes an instant as IMF-fixdate, the one form that senders may use. Fractions of a second are dropped. */
export function formatHttpDate(at: Instant): string {
  return new Date(at).toUTCString();
}

/** Every response has such a date. To match it without groups and to read it by positions makes no strings. */
function imfFixdate(text: string): Instant | undefined {
  return instant(
    twoDigits(text, 12) * 100 + twoDigits(text, 14),
    monthAt(text, 8),
    twoDigits(text, 5),
    twoDigits(text, 17),
    twoDigits(text, 20),
    twoDigits(text, 23),
  );
}

/** @param text in lower case */
function olderForm(text: string, now: Instant): Instant | undefined {
  const asctime = ASCTIME.exec(text);
  if (asctime) {
    const [, month = "", ...numbers] = asctime;
    const [day, hour, minute, second, year] = numbers.map(Number);
    return instant(year, monthAt(month, 0), day, hour, minute, second);
  }
  const [, dayName = "", dayOfMonth, month = "", ...numbers] = RFC_850.exec(text) ?? [];
  if (!DAYS.includes(dayName)) return undefined;
  const [year = 0, hour, minute, second] = numbers.map(Number);
  return instant(fullYear(year, now), monthAt(month, 0), Number(dayOfMonth), hour, minute, second);
}

/** The month, from 0, whose three letters stand there; -1 if it is none. */
function monthAt(text: string, at: number): number {
  return MONTHS.indexOf(letters(text, at));
}

/** Three letters of ASCII as one number, whatever their case: one bit tells a capital from its small letter. */
function letters(text: string, at: number): number {
  return (text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2) | 0x20_20_20;
}

/** The number that two digits make. */
function twoDigits(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * 0x30;
}

function fullYear(twoDigits: number, now: Instant): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

/** The instant of a date of the Gregorian calendar in UTC; a leap second counts as the one before it. */
function instant(year = 0, month = -1, day = 0, hour = -1, minute = -1, second = -1): Instant | undefined {
  if (year < 1_000 || month < 0 || day < 1 || hour < 0 || minute < 0 || second < 0) return undefined;
  if (hour > 23 || minute > 59 || second > 60 || (day > 28 && day > daysIn(month, year))) return undefined;
  const leapDays = leapDaysBefore(month > 1 ? year + 1 : year) - LEAP_DAYS_BEFORE_1970;
  const days = (year - 1970) * 365 + leapDays + (DAYS_BEFORE[month] ?? 0) + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + Math.min(second, 59)) * 1_000;
}

function daysIn(month: number, year: number): number {
  const isLeap = leapDaysBefore(year + 1) > leapDaysBefore(year);
  return isLeap && month === 1 ? 29 : (DAYS_BEFORE[month + 1] ?? 0) - (DAYS_BEFORE[month] ?? 0);
}

/** How many of the years before this one have a 29 February. */
function leapDaysBefore(year: number): number {
  const past = year - 1;
  return (past >> 2) - ((past / 100) | 0) + ((past / 400) | 0);
}
