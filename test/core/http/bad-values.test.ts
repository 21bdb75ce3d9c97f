import { describe, expect, test } from "vitest";
import { byteAnswer } from "../../../src/http/byte-answer.ts";
import { isNotModified } from "../../../src/http/conditional.ts";
import { get, PRIVATE, SHARED, SHARED_RFC, stored } from "../../support/messages.ts";
import { labelsOf } from "../../../src/responses/labels.ts";
import { readGroups } from "../../../src/http/cache-groups.ts";
import { reuse, stores } from "./decisions.ts";

const cc = (value: string): string => `Cache-Control: ${value}`;
const TAG = 'ETag: "1"';
const many = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(", ");

describe("A number that no one means gets its most careful meaning", () => {
  const YEARS = 60 * 365 * 86_400;
  const rows: [what: string, lines: string[], after: number, expected: string][] = [
    ["max-age of 2^53", [cc(`max-age=${2 ** 53}`)], YEARS, "fresh"],
    ["of 10^400", [cc(`max-age=1${"0".repeat(400)}`)], YEARS, "fresh"],
    ["of 64 KB of digits", [cc(`max-age=${"9".repeat(65_536)}`)], YEARS, "fresh"],
    ["of 64 KB of zeros", [cc(`max-age=${"0".repeat(65_536)}`), TAG], 0, "validate"],
    ["negative", [cc("max-age=-1"), TAG], 0, "validate"],
    ["negative without end", [cc(`max-age=-1${"0".repeat(400)}`), TAG], 0, "validate"],
    ["Infinity", [cc("max-age=Infinity"), TAG], 0, "validate"],
    ["in other digits", [cc("max-age=\u0666\u0660"), TAG], 0, "validate"],
    ["with a NUL", [cc("max-age=60\u0000"), TAG], 0, "validate"],
    ["with a byte beyond ASCII", [cc("max-age=60\u00e9"), TAG], 0, "validate"],
    ["Age of 2^53", [cc("max-age=60"), `Age: ${2 ** 53}`, TAG], 0, "validate"],
    ["Age of 10^400", [cc("max-age=60"), `Age: 1${"0".repeat(400)}`, TAG], 0, "validate"],
    [
      "Age in a list of 10,000: the first",
      [cc("max-age=60"), `Age: ${many(10_000, (index) => String(index))}`],
      59,
      "fresh",
    ],
    [
      "Age: 10,000 lines: the first",
      [cc("max-age=60"), ...Array.from({ length: 10_000 }, (_, index) => `Age: ${index}`)],
      59,
      "fresh",
    ],
    [
      "a huge max-age and a huge Age",
      [cc(`max-age=1${"0".repeat(400)}`), `Age: 1${"0".repeat(400)}`, TAG],
      0,
      "validate",
    ],
    [
      "stale windows of 10^400: to the end, and no further than dates go",
      [cc(`max-age=0, stale-while-revalidate=1${"0".repeat(400)}`)],
      YEARS,
      "stale, refresh",
    ],
    [
      "stale windows that are negative",
      [cc("max-age=0, stale-while-revalidate=-1, stale-if-error=-1"), TAG],
      0,
      "validate",
    ],
  ];
  test.each(rows)("%s", (_, lines, after, expected) => {
    for (const rules of [SHARED, PRIVATE]) expect(reuse(rules, lines, after)).toBe(expected);
  });
});

describe("A date at the end of time, or beyond it", () => {
  const NOW = "Sun, 01 Nov 2026 12:00:00 GMT";
  const LAST = "Fri, 31 Dec 9999 23:59:59 GMT";
  const rows: [what: string, lines: string[], after: number, expected: string][] = [
    ["Expires in the year 9999", [`Date: ${NOW}`, `Expires: ${LAST}`], 1e9, "fresh"],
    [
      "Expires in the year 10000 is no date",
      [`Date: ${NOW}`, "Expires: Sat, 01 Jan 10000 00:00:00 GMT", TAG],
      0,
      "validate",
    ],
    ["Expires in the year 0", [`Date: ${NOW}`, "Expires: Sat, 01 Jan 0000 00:00:00 GMT", TAG], 0, "validate"],
    ["Date in the year 9999 makes nothing younger", [`Date: ${LAST}`, cc("max-age=60"), TAG], 60, "validate"],
    ["Date and Expires in the year 9999", [`Date: ${LAST}`, `Expires: ${LAST}`, TAG], 0, "validate"],
    [
      "Date in the year 0 is none: the time of receipt counts",
      ["Date: Sat, 01 Jan 0000 00:00:00 GMT", cc("max-age=60")],
      59,
      "fresh",
    ],
    [
      "Date in the year 1000 is very long ago",
      ["Date: Wed, 01 Jan 1000 00:00:00 GMT", cc("max-age=60"), TAG],
      0,
      "validate",
    ],
    [
      "Date before Expires, both long ago",
      ["Date: Thu, 01 Jan 1970 00:00:00 GMT", "Expires: Fri, 02 Jan 1970 00:00:00 GMT", TAG],
      0,
      "validate",
    ],
    ["Last-Modified in the year 9999", [`Last-Modified: ${LAST}`], 0, "validate"],
    ["Last-Modified in the year 0", ["Last-Modified: Sat, 01 Jan 0000 00:00:00 GMT"], 0, "validate"],
    ["dates of 64 KB", [`Expires: ${" ".repeat(65_536)}`, `Date: ${"0".repeat(65_536)}`, TAG], 0, "validate"],
  ];
  test.each(rows)("%s", (_, lines, after, expected) => {
    expect(reuse(SHARED_RFC, lines, after).replace(/, or stand in if lost$/, "")).toBe(expected);
  });
});

describe("Directives that contradict each other: the most restrictive counts", () => {
  const rows: [value: string, safe: string, own: string][] = [
    ["public, private, max-age=60", "private", "store"],
    ["private, s-maxage=60, max-age=60", "private", "store"],
    ['private="x", private, max-age=60', "private", "store"],
    ["no-store, max-age=60, public", "no-store", "no-store"],
    ["max-age=60, immutable, no-store", "no-store", "no-store"],
    ["must-understand, no-store, private, max-age=60", "private", "store"],
    [`${many(10_000, () => "max-age=60")}, no-store`, "no-store", "no-store"],
    [`${many(10_000, (index) => `x-${index}`)}, private, max-age=60`, "private", "store"],
    [`max-age=60, ${many(10_000, (index) => `private="x-${index}"`)}, private`, "private", "store"],
    ["max-age=60, no-store\u0000", "no-store", "no-store"],
    ["max-age=60, \u0001private", "no-store", "no-store"],
    ["max-age=60, \u00c3\u00a9", "no-store", "no-store"],
    ['max-age=60, x="', "no-store", "no-store"],
    ["no-store; max-age=60", "no-store", "no-store"],
  ];
  test.each(rows.map(([value, safe, own]) => [value.slice(0, 60), safe, own, value] as const))(
    "%j is %j in a shared cache and %j in a private one",
    (_, safe, own, value) => {
      expect([SHARED, SHARED_RFC, PRIVATE].map((rules) => stores(rules, 200, [], [cc(value)]))).toEqual([
        safe,
        safe,
        own,
      ]);
    },
  );

  test.each(["max-age=60; private", "max-age=60 private", "max-age=60; no-store"])(
    "%j: what stands behind an argument that cannot be read may forbid storing",
    (value) => {
      expect(stores(SHARED, 200, [], [cc(value), TAG])).toBe("no-store");
    },
  );

  const later: [value: string, after: number, expected: string][] = [
    ["max-age=5, max-age=9999999999", 5, "validate"],
    ["max-age=60, no-cache, immutable", 0, "validate"],
    ["max-age=60, must-revalidate, stale-if-error=60, stale-while-revalidate=60", 61, "validate"],
    ["max-age=60, stale-if-error=60, stale-if-error=0", 61, "validate"],
    [many(10_000, (index) => `max-age=${60 + index}`), 60, "validate"],
  ];
  test.each(later)("%# %s s", (value, after, expected) => {
    expect(reuse(SHARED, [cc(value), TAG], after)).toBe(expected);
  });
});

describe("Lists of thousands", () => {
  test("Vary of 10,000 names selects nothing; of one name 10,000 times that one", () => {
    const vary = (value: string) => stores(SHARED_RFC, 200, [], [cc("max-age=60"), `Vary: ${value}`]);
    expect([
      vary(many(10_000, (index) => `x-${index}`)),
      vary(many(10_000, () => "x")),
      vary(`${many(10_000, () => "x")}, *`),
    ]).toEqual(["vary", "store", "vary"]);
  });

  test("If-None-Match of 10,000 tags: all are compared, and only whole ones", () => {
    const facts = stored(SHARED_RFC, cc("max-age=60"), 'ETag: "t9999"');
    const asked = (count: number) =>
      isNotModified(get(`If-None-Match: ${many(count, (index) => `"t${index}"`)}`), facts);
    expect([asked(10_000), asked(9_999)]).toEqual([true, false]);
  });

  test("10,000 ranges are nobody's wish: the whole", () => {
    const facts = stored(SHARED_RFC, cc("max-age=60"), TAG);
    expect(
      byteAnswer(get(`Range: bytes=${many(10_000, (index) => `${2 * index}-${2 * index}`)}`), facts, 100_000),
    ).toEqual({ kind: "whole" });
  });

  test("1,000 groups are kept; with one more nothing is", () => {
    const groups = (count: number) => `Cache-Groups: ${many(count, (index) => `"g${index}"`)}`;
    expect(readGroups(groups(1_000).slice(14))).toHaveLength(1_000);
    expect(labelsOf("https://example.com/a", [["cache-groups", groups(1_001).slice(14)]])).toBeUndefined();
  });
});

describe("Content-Range that makes no sense", () => {
  const odd = [
    "",
    "bytes",
    "bytes 0-1",
    "bytes 0-/2",
    "bytes -1/2",
    "bytes 1-0/2",
    "bytes 0-2/2",
    "bytes 0-1/0",
    "bytes */2",
    "bytes 0-1/*/2",
    "bytes=0-1/2",
    "lines 0-1/2",
    "bytes 0-1/2, bytes 2-3/4",
    "bytes 0-9007199254740993/*",
    `bytes 0-${"9".repeat(400)}/*`,
    "bytes 0x0-0x1/2",
    "bytes \u0660-\u0661/2",
    "bytes 0-1/2\u0000",
  ];
  test.each(odd)("%j: the 206 is not kept", (value) => {
    for (const rules of [SHARED, SHARED_RFC, PRIVATE])
      expect(stores(rules, 206, [], [cc("max-age=60"), `Content-Range: ${value}`])).toBe("partial");
  });
});
