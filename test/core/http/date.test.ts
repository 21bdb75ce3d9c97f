import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatHttpDate, parseHttpDate } from "../../../src/http/date.ts";
import { START } from "../../support/messages.ts";

const iso = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

describe("parseHttpDate() in November 2026", () => {
  const good: [text: string, instant: string, because: string][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z", "it is an IMF-fixdate"],
    ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z", "it is the form of RFC 850"],
    ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z", "it is the form of asctime()"],
    ["Sun Nov 16 08:49:37 1994", "1994-11-16T08:49:37.000Z", "it is the form of asctime()"],
    ["sUN, 06 nOV 1994 08:49:37 gMT", "1994-11-06T08:49:37.000Z", "names have no case"],
    ["SUNDAY, 06-NOV-94 08:49:37 gmt", "1994-11-06T08:49:37.000Z", "names have no case"],
    ["sun nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z", "names have no case"],
    ["Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00.000Z", "2024 is a leap year"],
    ["Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00.000Z", "2000 is a leap year"],
    ["Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000Z", "years have four digits to the end"],
    ["Tue, 19 Jan 2038 03:14:08 GMT", "2038-01-19T03:14:08.000Z", "seconds do not end with 32 bits"],
    ["Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59.000Z", "a minute may have a leap second"],
    ["Sunday, 01-Nov-76 00:00:00 GMT", "2076-11-01T00:00:00.000Z", "50 years ahead is the future"],
    ["Sunday, 01-Nov-77 00:00:00 GMT", "1977-11-01T00:00:00.000Z", "more than 50 years ahead is the past"],
    ["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z", "the epoch is a date"],
    ["Sun, 06 Nov 1904 08:49:37 GMT", "1904-11-06T08:49:37.000Z", "what came before it is too"],
  ];
  test.each(good)("%s is %s, as %s", (text, instant) => {
    expect(iso(parseHttpDate(text, START))).toBe(instant);
  });

  const bad: [text: string | null, because: string][] = [
    [null, "there is none"],
    ["", "it is empty"],
    ["0", "it is a number"],
    ["-1", "it is a number"],
    ["1994-11-06T08:49:37Z", "it is another standard's form"],
    ["Sun, 06 Nov 1994 08:49:37 UTC", "the zone is written GMT"],
    ["Sun, 06 Nov 1994 08:49:37 EST", "it is another zone"],
    ["Sun, 06 Nov 1994 08:49:37 +0000", "the zone is written GMT"],
    ["Sun, 06 Nov 1994 08:49:37", "the zone is missing"],
    ["Sun 06 Nov 1994 08:49:37 GMT", "the comma is missing"],
    ["Sun, 06  Nov 1994 08:49:37 GMT", "a space is one space"],
    ["Sun, 06 Nov 1994 08:49:37 GMT ", "nothing follows"],
    ["Sun, 6 Nov 1994 08:49:37 GMT", "a day has two digits"],
    ["Sun, 06 Nov 1994 8:49:37 GMT", "an hour has two digits"],
    ["Sun, 06 Nov 94 08:49:37 GMT", "a year has four digits"],
    ["Sun, 06-Nov-1994 08:49:37 GMT", "dashes stand with two-digit years and long days"],
    ["Sun, 06-Nov-94 08:49:37 GMT", "dashes stand with long days"],
    ["Sunday, 06 Nov 1994 08:49:37 GMT", "a long day stands with dashes"],
    ["Xyz, 06 Nov 1994 08:49:37 GMT", "no day has that name"],
    ["Sun, 06 Xyz 1994 08:49:37 GMT", "no month has that name"],
    ["Sun, 00 Nov 1994 08:49:37 GMT", "months begin with 1"],
    ["Wed, 31 Apr 2024 00:00:00 GMT", "April has 30 days"],
    ["Wed, 29 Feb 2023 00:00:00 GMT", "2023 is no leap year"],
    ["Thu, 29 Feb 1900 00:00:00 GMT", "1900 was no leap year"],
    ["Sun, 06 Nov 1994 24:00:00 GMT", "a day ends with 23:59"],
    ["Sun, 06 Nov 1994 08:60:00 GMT", "an hour ends with 59"],
    ["Sun, 06 Nov 1994 08:49:61 GMT", "a minute ends with 59, or with a leap second"],
    ["Sun, 06 Nov 0099 08:49:37 GMT", "no such year had HTTP"],
    ["Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", "two lines are not one date"],
    ["Sun Nov 6 08:49:37 1994", "asctime() pads the day"],
    [" ".repeat(65_536), "it is long"],
  ];
  test.each(bad)("%j is no date, as %s", (text) => {
    expect(parseHttpDate(text, START)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect([undefined, "number"]).toContain(parseHttpDate(text, START)?.constructor.name.toLowerCase());
      }),
    );
  });
});

describe("formatHttpDate()", () => {
  test("writes an IMF-fixdate and drops fractions of a second", () => {
    expect(formatHttpDate(Date.parse("1994-11-06T08:49:37.999Z"))).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });

  test("what it writes is read back, to the second, from year 1000 to 9999", () => {
    const min = new Date("1000-01-01T00:00:00Z");
    const max = new Date("9999-12-31T23:59:59.999Z");
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const at = date.getTime();
        const second = Math.floor(at / 1_000) * 1_000;
        expect(parseHttpDate(formatHttpDate(at), START)).toBe(second);
        expect(parseHttpDate(formatHttpDate(at).toLowerCase(), START)).toBe(second);
      }),
    );
  });
});
