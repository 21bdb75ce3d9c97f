const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const LONG_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const IMF_FIXDATE =
  /^(?<dayName>[a-z]{3}), (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<h>\d{2}):(?<m>\d{2}):(?<s>\d{2}) gmt$/;
const RFC_850 =
  /^(?<longName>[a-z]{6,9}), (?<day>\d{2})-(?<month>[a-z]{3})-(?<short>\d{2}) (?<h>\d{2}):(?<m>\d{2}):(?<s>\d{2}) gmt$/;
const ASCTIME =
  /^(?<dayName>[a-z]{3}) (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<h>\d{2}):(?<m>\d{2}):(?<s>\d{2}) (?<year>\d{4})$/;

/** The plain reading of an HTTP-date: three patterns, and the platform's calendar. The fast one is held against it. */
export function plainHttpDate(text: string, now: number): number | undefined {
  const lower = text.toLowerCase();
  const parts = (IMF_FIXDATE.exec(lower) ?? RFC_850.exec(lower) ?? ASCTIME.exec(lower))?.groups;
  if (parts === undefined || text.length > 64) return undefined;
  const { dayName, longName, day, month = "", year, short, h, m, s } = parts;
  const isDay = longName === undefined ? DAYS.includes(dayName ?? "") : LONG_DAYS.includes(longName);
  if (!isDay || !MONTHS.includes(month) || Number(s) > 60) return undefined;
  const fullYear = year === undefined ? nearestYear(Number(short), now) : Number(year);
  const at = new Date(0);
  at.setUTCFullYear(fullYear, MONTHS.indexOf(month), Number(day));
  at.setUTCHours(Number(h), Number(m), Math.min(Number(s), 59));
  const isReal = at.getUTCDate() === Number(day) && at.getUTCHours() === Number(h);
  return isReal && at.getUTCMinutes() === Number(m) && fullYear >= 1_000 ? at.getTime() : undefined;
}

/** RFC 9110, 5.6.7: a date over 50 years ahead is the most recent one in the past that ends alike. */
function nearestYear(short: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = Math.floor(thisYear / 100) * 100 + short;
  return year > thisYear + 50 ? year - 100 : year;
}
