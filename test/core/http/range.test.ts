import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ifRangeHolds,
  readClosedRanges,
  readRange,
  type ByteRange,
  type RequestedRanges,
} from "../../../src/http/range.ts";
import { START } from "../../support/messages.ts";

const KB_64 = 65_536;

/** Ranges as a test writes them: "0-4 7-7". */
function ranges(text: string): ByteRange[] {
  return text.split(" ").map((range) => {
    const [first, last] = range.split("-").map(Number);
    return { first: first!, last: last! };
  });
}

function readable(asked: RequestedRanges | undefined): string {
  if (asked === undefined) return "unknown";
  return typeof asked === "string" ? asked : asked.map(({ first, last }) => `${first}-${last}`).join(" ");
}

describe("readRange() of one range, of a representation of 10 bytes", () => {
  const table: [header: string | null, expected: string, because: string][] = [
    ["bytes=0-4", "0-4", "both ends count"],
    ["bytes=4-4", "4-4", "one byte is a range"],
    ["bytes=5-", "5-9", "an open range goes to the end"],
    ["bytes=0-", "0-9", "all of it is a range too"],
    ["bytes=-3", "7-9", "a suffix counts from the end"],
    ["bytes=-10", "0-9", "a suffix may be all of it"],
    ["bytes=-11", "0-9", "a suffix longer than the whole is the whole"],
    ["bytes=8-99", "8-9", "what lies past the end is cut off"],
    ["bytes=007-008", "7-8", "zeros in front do not count"],
    ["bytes=10-", "unsatisfiable", "the last position is 9"],
    ["bytes=10-20", "unsatisfiable", "it starts past the end"],
    ["bytes=-0", "unsatisfiable", "no bytes are no range"],
    ["Bytes=0-4", "0-4", "units have no case"],
    ["BYTES=0-4", "0-4", "units have no case"],
    [" \tbytes=0-4\t ", "0-4", "space around the value does not count"],
    [null, "whole", "there is no Range"],
    ["", "whole", "it is empty"],
    ["bytes", "whole", "it names no range"],
    ["bytes=", "whole", "it names no range"],
    ["bytes=-", "whole", "it says neither end"],
    ["bytes=4-2", "whole", "it ends before it starts"],
    ["bytes=0-4;", "whole", "it is malformed"],
    ["bytes=a-b", "whole", "it is malformed"],
    ["bytes=+1-2", "whole", "a position is digits alone"],
    ["bytes=1.0-2", "whole", "a position is digits alone"],
    ["bytes=0x1-2", "whole", "a position is digits alone"],
    ["bytes=1e0-2", "whole", "a position is digits alone"],
    ["bytes=--1", "whole", "it has one dash too many"],
    ["bytes=0 - 4", "whole", "there is no space in a range"],
    ["bytes =0-4", "whole", "there is no space before ="],
    ["bytes:0-4", "whole", "it has no ="],
    ["0-4", "whole", "it has no unit"],
    ["items=0-4", "whole", "items are another unit"],
    ["bytes=٠-٤", "whole", "digits are those of ASCII"],
  ];
  test.each(table)("%s asks for %s, as %s", (header, expected) => {
    expect(readable(readRange(header, 10))).toBe(expected);
  });
});

describe("readRange() of several ranges, of a representation of 10 bytes", () => {
  const table: [header: string, expected: string, because: string][] = [
    ["bytes=0-0,-1", "0-0 9-9", "these are the first and the last byte"],
    ["bytes= 0-1, 4-5, -1", "0-1 4-5 9-9", "space around members does not count"],
    ["bytes=0-1 ,\t4-5", "0-1 4-5", "space around commas does not count"],
    ["bytes=,0-1,,4-5, ", "0-1 4-5", "empty members do not count"],
    ["bytes=-1,0-0", "9-9 0-0", "the order is the client's"],
    ["bytes=0-1,20-30", "0-1", "one that exists is enough"],
    ["bytes=20-30,-0", "unsatisfiable", "none of them exists"],
    ["bytes=0-1,2-3", "0-3", "neighbours are joined"],
    ["bytes=0-1,2-3,4-", "0-9", "neighbours are joined"],
    ["bytes=2-3,0-1", "2-3 0-1", "neighbours in the wrong order are not: the client's order stands"],
    ["bytes=0-4,4-5", "whole", "byte 4 is asked for twice"],
    ["bytes=0-0,0-0", "whole", "byte 0 is asked for twice"],
    ["bytes=0-,-1", "whole", "byte 9 is asked for twice"],
    ["bytes=5-6,0-9", "whole", "bytes are asked for twice, in whatever order"],
    ["bytes=0-1,4-2", "whole", "one that is malformed spoils all"],
    ["bytes=0-1,x", "whole", "one that is malformed spoils all"],
    ["bytes=0-1;4-5", "whole", "semicolons do not divide"],
    ["bytes=0-1, bytes=4-5", "whole", "two fields are not one"],
    ['bytes="0-1,4-5"', "whole", "ranges have no quotes"],
  ];
  test.each(table)("%s asks for %s, as %s", (header, expected) => {
    expect(readable(readRange(header, 10))).toBe(expected);
  });

  const apart = (count: number): string =>
    `bytes=${Array.from({ length: count }, (_, index) => `${index * 2}-${index * 2}`).join(",")}`;

  test("ten ranges are honoured, eleven are one too many", () => {
    expect(readRange(apart(10), 1_000)).toHaveLength(10);
    expect(readRange(apart(11), 1_000)).toBe("whole");
    expect(readRange(apart(11), 1_000, { maxRanges: 11 })).toHaveLength(11);
    expect(readRange("bytes=0-0,2-2", 1_000, { maxRanges: 1 })).toBe("whole");
  });

  test("those past the end count too, before anything is answered", () => {
    expect(readRange(apart(11), 5)).toBe("whole");
  });
});

describe("readRange() of other lengths", () => {
  const huge = "9".repeat(400);
  const table: [header: string, length: number, expected: string, because: string][] = [
    ["bytes=0-", 0, "unsatisfiable", "there is no byte 0"],
    ["bytes=0-0,5-", 0, "unsatisfiable", "there is no byte 0"],
    ["bytes=-5", 0, "whole", "the last five bytes of nothing are nothing"],
    ["bytes=-0", 0, "unsatisfiable", "no bytes are no range"],
    ["bytes=0-0,-1", 1, "whole", "the first byte is the last"],
    ["bytes=-1", 1, "0-0", "it is the only one"],
    [`bytes=0-${huge}`, 10, "0-9", "numbers may be large"],
    [`bytes=-${huge}`, 10, "0-9", "numbers may be large"],
    [`bytes=${huge}-`, 10, "unsatisfiable", "numbers may be large"],
    [`bytes=${huge}-${huge}`, 10, "unsatisfiable", "numbers may be large"],
    ["bytes=0-18446744073709551615", 10, "0-9", "2^64 - 1 is a number like any other"],
    ["bytes=18446744073709551616-", 10, "unsatisfiable", "2^64 does not wrap to 0"],
    ["bytes=4294967296-4294967297", 2 ** 33, "4294967296-4294967297", "2^32 does not wrap to 0"],
  ];
  test.each(table)("%s of %i bytes: %s, as %s", (header, length, expected) => {
    expect(readable(readRange(header, length))).toBe(expected);
  });
});

describe("readRange() of anything", () => {
  const position = fc.oneof(fc.nat(30), fc.constantFrom("", "9".repeat(30), "x", " "));
  const spec = fc.tuple(position, position).map(([first, last]) => `${first}-${last}`);
  const set = fc.array(fc.oneof({ weight: 9, arbitrary: spec }, fc.string()), { maxLength: 12 });
  const header = fc.oneof(
    set.map((members) => `bytes=${members.join(",")}`),
    fc.string(),
  );

  test("never throws, and each range lies within the length", () => {
    fc.assert(
      fc.property(header, fc.nat(40), (asked, length) => {
        const answer = readRange(asked, length);
        if (typeof answer === "string") return;
        expect(answer.length).toBeGreaterThan(0);
        for (const { first, last } of answer) {
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeGreaterThanOrEqual(first);
          expect(last).toBeLessThan(length);
        }
      }),
    );
  });

  test("takes, byte for byte, what each range asks for in its turn, unless that is some byte twice", () => {
    const number = fc.nat(25);
    const form = fc.oneof(
      fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      number.map((first) => `${first}-`),
      number.map((size) => `-${size}`),
    );
    fc.assert(
      fc.property(
        fc.array(form, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 20 }),
        (forms, length) => {
          const all = Array.from({ length }, (_, index) => index);
          const wanted = forms.flatMap((text) => {
            const [, first, last] = /^(\d*)-(\d*)$/.exec(text)!;
            if (first === "") return last === "0" ? [] : all.slice(-Number(last));
            return all.slice(Number(first), last === "" ? undefined : Number(last) + 1);
          });
          const answer = readRange(`bytes=${forms.join(", ")}`, length);
          if (wanted.length === 0) expect(answer).toBe("unsatisfiable");
          else if (new Set(wanted).size < wanted.length) expect(answer).toBe("whole");
          else if (typeof answer === "string") expect.fail(`It answers ${answer}`);
          else expect(answer.flatMap(({ first, last }) => all.slice(first, last + 1))).toEqual(wanted);
        },
      ),
    );
  });

  const long: [form: string, header: string, expected: string][] = [
    ["digits", `bytes=${"1".repeat(KB_64)}-`, "unsatisfiable"],
    ["digits without a dash", `bytes=${"1".repeat(KB_64)}`, "whole"],
    ["digits twice", `bytes=${"1".repeat(KB_64)}-${"1".repeat(KB_64)}x`, "whole"],
    ["dashes", `bytes=${"-".repeat(KB_64)}`, "whole"],
    ["commas", `bytes=${",".repeat(KB_64)}0-0`, "0-0"],
    ["spaces", `bytes=${" ".repeat(KB_64)}0-0${" ".repeat(KB_64)}`, "0-0"],
    ["ranges", `bytes=${"0-0,".repeat(KB_64 / 4)}`, "whole"],
    ["quotes", `bytes=${'"'.repeat(KB_64)}`, "whole"],
  ];
  test.each(long)("64 KB of %s are read as they are", (_, asked, expected) => {
    expect(readable(readRange(asked, 10))).toBe(expected);
  });
});

describe("readClosedRanges(), where the length is not known", () => {
  const table: [header: string | null, expected: string, because: string][] = [
    ["bytes=0-4", "0-4", "it says both ends"],
    ["bytes=5-1000000", "5-1000000", "nothing says that this is too far"],
    ["bytes=7-7,0-4", "7-7 0-4", "each says both ends"],
    ["bytes=0-1,2-3", "0-3", "neighbours are joined"],
    ["bytes=5-", "unknown", "the end is not known"],
    ["bytes=-5", "unknown", "the end is not known"],
    ["bytes=0-4,-1", "unknown", "one of them needs the end"],
    ["bytes=0-4,4-5", "unknown", "overlaps are ignored"],
    ["bytes=4-0", "unknown", "it is malformed"],
    ["items=0-4", "unknown", "items are another unit"],
    ["bytes=0-18446744073709551616", "unknown", "nobody can count so far"],
    ["bytes=18446744073709551615-18446744073709551616", "unknown", "nobody can count so far"],
    [null, "unknown", "there is no Range"],
  ];
  test.each(table)("%s asks for %s, as %s", (header, expected) => {
    expect(readable(readClosedRanges(header))).toBe(expected);
  });

  test("asks for what it would of a representation that is long enough", () => {
    const closed = fc.tuple(fc.nat(50), fc.nat(50)).map(([first, size]) => `${first}-${first + size}`);
    fc.assert(
      fc.property(fc.array(closed, { minLength: 1, maxLength: 12 }), (forms) => {
        const header = `bytes=${forms.join(",")}`;
        const known = readRange(header, 1_000);
        expect(readClosedRanges(header)).toEqual(known === "whole" ? undefined : known);
      }),
    );
  });

  test("keeps the same limit", () => {
    expect(readClosedRanges("bytes=0-0,2-2", { maxRanges: 2 })).toEqual(ranges("0-0 2-2"));
    expect(readClosedRanges("bytes=0-0,2-2", { maxRanges: 1 })).toBeUndefined();
  });
});

describe("ifRangeHolds()", () => {
  const NOON = "Sun, 01 Nov 2026 12:00:00 GMT";
  const BEFORE = "Sun, 01 Nov 2026 11:59:59 GMT";
  const table: [
    ifRange: string | null,
    etag: string | null,
    modified: string | null,
    holds: boolean,
    because: string,
  ][] = [
    [null, null, null, true, "there is no condition"],
    [null, 'W/"1"', null, true, "there is no condition"],
    ['"1"', '"1"', null, true, "it is this one"],
    [' "1"\t', '"1"', null, true, "space around it does not count"],
    ['"1"', '"2"', null, false, "it is another"],
    ['"1"', null, BEFORE, false, "there is no tag to compare"],
    ['W/"1"', 'W/"1"', null, false, "weak tags never hold"],
    ['W/"1"', '"1"', null, false, "weak tags never hold"],
    ['"1"', 'W/"1"', null, false, "weak tags never hold"],
    ['""', '""', null, true, "an empty tag is a tag"],
    ['"a"', '"A"', null, false, "tags have a case"],
    ['"a,b"', '"a,b"', null, true, "a comma in a tag is part of it"],
    ['"1", "2"', '"1"', null, false, "it takes one tag"],
    ['"1", "1"', '"1", "1"', null, false, "two tags are none"],
    ["*", '"1"', BEFORE, false, "there is no such thing as any"],
    ["1", "1", null, false, "a tag has quotes"],
    ['"', '"', null, false, "a tag has two quotes"],
    ["", '"1"', BEFORE, false, "it names nothing"],
    ["", "", "", false, "it names nothing"],
    [BEFORE, null, BEFORE, true, "that is when it changed, a second before its Date"],
    [BEFORE, '"1"', BEFORE, true, "it may name a date where there is a tag"],
    [BEFORE, null, null, false, "nobody knows when it changed"],
    [NOON, null, NOON, false, "it may have changed again in the second of its Date"],
    [NOON, null, BEFORE, false, "a later date is another"],
    [BEFORE, null, NOON, false, "an earlier date is another"],
    [
      "Sunday, 01-Nov-26 11:59:59 GMT",
      null,
      BEFORE,
      false,
      "dates compare as they are written, not as they read",
    ],
    ["lately", null, "lately", false, "that is no date"],
  ];
  test.each(table)("%s on the ETag %s and Last-Modified %s: %s", (ifRange, etag, lastModified, holds) => {
    expect(ifRangeHolds(ifRange, { etag, lastModified, dateAt: START })).toBe(holds);
  });

  test("a date is strong one second before the Date, not any later", () => {
    const lastModified = BEFORE;
    expect(ifRangeHolds(BEFORE, { etag: null, lastModified, dateAt: START - 1 })).toBe(false);
    expect(ifRangeHolds(BEFORE, { etag: null, lastModified, dateAt: Number.NaN })).toBe(false);
  });

  test("never throws, and a tag holds only if it is the same strong one", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (ifRange, etag, lastModified) => {
        expect(ifRangeHolds(ifRange, { etag, lastModified, dateAt: START })).toBe(
          ifRange.trim() === etag && /^"[^"]*"$/.test(etag),
        );
      }),
    );
  });
});
