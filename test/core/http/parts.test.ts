import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  combineParts,
  contentRange,
  covers,
  isStoredPart,
  isWhole,
  mayCombine,
  missingRange,
  parseContentRange,
  partOf,
  unsatisfiedRange,
  type HeldPart,
  type StoredPart,
} from "../../../src/http/parts.ts";
import { readRange, type Validators } from "../../../src/http/range.ts";
import { START } from "../../support/messages.ts";

const KB_64 = 65_536;

/** A part as a test writes it: "0-4/10". */
function part(text: string): StoredPart {
  const parsed = parseContentRange(`bytes ${text}`);
  if (parsed === undefined) throw new Error(`Not a part: ${text}`);
  return parsed;
}

function written(value: StoredPart | undefined): string | undefined {
  return value && contentRange(value.first, value.last, value.total);
}

/** Some part of a representation of this length; its total may not be known. */
function partsOf(length: number): fc.Arbitrary<StoredPart> {
  const position = fc.nat(length - 1);
  return fc.tuple(position, position, fc.boolean()).map(([a, b, known]) => ({
    first: Math.min(a, b),
    last: Math.max(a, b),
    total: known ? length : null,
  }));
}

const anyPart = fc.integer({ min: 1, max: 100 }).chain(partsOf);

describe("Content-Range", () => {
  test("says which bytes of how many, or how many there are", () => {
    expect(contentRange(0, 4, 10)).toBe("bytes 0-4/10");
    expect(contentRange(5, 5, null)).toBe("bytes 5-5/*");
    expect(unsatisfiedRange(10)).toBe("bytes */10");
    expect(unsatisfiedRange(0)).toBe("bytes */0");
  });

  const table: [value: string | null, expected: string | undefined, because: string][] = [
    ["bytes 0-4/10", "bytes 0-4/10", "it is well formed"],
    ["bytes 0-9/10", "bytes 0-9/10", "it may be all"],
    ["bytes 4-4/*", "bytes 4-4/*", "the total need not be known"],
    ["Bytes 0-4/10", "bytes 0-4/10", "units have no case"],
    [" bytes 0-4/10\t", "bytes 0-4/10", "space around it does not count"],
    ["bytes 0-10/10", undefined, "the last position of 10 is 9"],
    ["bytes 0-4/0", undefined, "nothing has no part"],
    ["bytes 5-4/10", undefined, "it ends before it starts"],
    ["bytes */10", undefined, "it says that there are no bytes"],
    ["bytes 0-4", undefined, "it says no total"],
    ["bytes 0-/10", undefined, "it says no end"],
    ["bytes -4/10", undefined, "it says no start"],
    ["bytes */*", undefined, "it says nothing"],
    ["bytes=0-4/10", undefined, "that is how a Range is written"],
    ["bytes  0-4/10", undefined, "there is one space"],
    ["bytes 0 - 4 / 10", undefined, "there is no other space"],
    ["items 0-4/10", undefined, "items are another unit"],
    ["0-4/10", undefined, "it has no unit"],
    ["bytes 0-4/10, bytes 0-4/10", undefined, "two are none"],
    ["bytes 0-4/1e9", undefined, "a total is digits alone"],
    ["bytes 0-18446744073709551616/*", undefined, "nobody can count so far"],
    ["bytes 0-4/18446744073709551616", undefined, "nobody can count so far"],
    ["", undefined, "it is empty"],
    [null, undefined, "there is none"],
  ];
  test.each(table)("%s reads as %s, as %s", (value, expected) => {
    expect(written(parseContentRange(value))).toBe(expected);
  });

  test("reads back as it was written", () => {
    const far = fc.maxSafeNat();
    const parts = fc
      .tuple(far, far, fc.option(far))
      .map(([a, b, total]) => ({ first: Math.min(a, b), last: Math.max(a, b), total }))
      .filter(({ last, total }) => total === null || last < total);
    fc.assert(
      fc.property(parts, (it) => {
        expect(parseContentRange(contentRange(it.first, it.last, it.total))).toEqual(it);
      }),
    );
  });

  test("never throws, and gives only parts that can be", () => {
    const digits = fc.stringMatching(/^\d{0,20}$/);
    const near = fc.tuple(digits, digits, fc.oneof(digits, fc.constant("*")));
    const value = fc.oneof(
      fc.string(),
      near.map(([first, last, total]) => `bytes ${first}-${last}/${total}`),
    );
    fc.assert(
      fc.property(value, (it) => {
        const parsed = parseContentRange(it);
        expect(parsed === undefined || isStoredPart(parsed)).toBe(true);
      }),
    );
  });

  const long: [form: string, value: string][] = [
    ["digits", `bytes ${"1".repeat(KB_64)}-${"1".repeat(KB_64)}/*`],
    ["digits without a dash", `bytes ${"1".repeat(KB_64)}`],
    ["digits without a slash", `bytes 0-${"1".repeat(KB_64)}`],
    ["spaces", `${" ".repeat(KB_64)}x${" ".repeat(KB_64)}`],
  ];
  test.each(long)("64 KB of %s are no part", (_, value) => {
    expect(parseContentRange(value)).toBeUndefined();
  });
});

describe("isStoredPart()", () => {
  test("takes parts that can be, and nothing else", () => {
    fc.assert(fc.property(anyPart, (it) => isStoredPart(it)));
    fc.assert(fc.property(fc.anything(), (it) => typeof isStoredPart(it) === "boolean"));
  });

  const refused: unknown[] = [
    null,
    "bytes 0-4/10",
    {},
    { first: 0, last: 4 },
    { first: -1, last: 4, total: 10 },
    { first: 5, last: 4, total: 10 },
    { first: 0, last: 10, total: 10 },
    { first: 0.5, last: 1.5, total: null },
    { first: "0", last: 4, total: 10 },
    { first: 0, last: 2 ** 53, total: null },
    { first: Number.NaN, last: Number.NaN, total: null },
  ];
  test.each(refused.map((value) => [value]))("refuses %o", (value) => {
    expect(isStoredPart(value)).toBe(false);
  });
});

describe("partOf() a 206", () => {
  const table: [range: string | null, type: string | null, expected: string | undefined, because: string][] =
    [
      ["bytes 0-4/10", "text/plain", "bytes 0-4/10", "it says which bytes"],
      ["bytes 0-4/*", null, "bytes 0-4/*", "the total need not be known"],
      ["bytes 0-10/10", null, undefined, "it goes past its total"],
      [null, "multipart/byteranges; boundary=b", undefined, "several parts are not stored"],
      ["bytes 0-4/10", "Multipart/ByteRanges; boundary=b", undefined, "several parts are not stored"],
      [null, "text/plain", undefined, "it does not say which bytes"],
    ];
  test.each(table)("Content-Range: %s, Content-Type: %s: %s, as %s", (range, type, expected) => {
    expect(written(partOf(range, type))).toBe(expected);
  });
});

describe("what a part can answer, and what it lacks", () => {
  const table: [held: string, whole: boolean, missing: string | undefined, because: string][] = [
    ["0-9/10", true, undefined, "it lacks nothing"],
    ["0-4/10", false, "bytes=5-", "it lacks the end"],
    ["0-4/*", false, "bytes=5-", "it may lack the end"],
    ["5-9/10", false, "bytes=0-4", "it lacks the start"],
    ["9-9/10", false, "bytes=0-8", "it lacks the start"],
    ["1-9/10", false, "bytes=0-0", "it lacks the first byte"],
    ["3-5/10", false, undefined, "it lacks both ends"],
    ["5-9/*", false, undefined, "it may lack both ends"],
    ["0-0/1", true, undefined, "it lacks nothing"],
  ];
  test.each(table)("of %s: whole %s, ask for %s, as %s", (held, whole, missing) => {
    expect(isWhole(part(held))).toBe(whole);
    expect(missingRange(part(held))).toBe(missing);
  });

  test("covers() ranges within the part, both ends counted", () => {
    const held = part("3-5/10");
    expect(covers(held, { first: 3, last: 5 })).toBe(true);
    expect(covers(held, { first: 4, last: 4 })).toBe(true);
    expect(covers(held, { first: 2, last: 5 })).toBe(false);
    expect(covers(held, { first: 3, last: 6 })).toBe(false);
    expect(covers(held, { first: 7, last: 8 })).toBe(false);
  });

  test("what is missing makes the part whole", () => {
    const length = 12;
    fc.assert(
      fc.property(partsOf(length), (held) => {
        const asked = missingRange(held);
        if (asked === undefined) return;
        const [rest] = readRange(asked, length);
        if (typeof rest !== "object") {
          // The part had everything, but did not know it: 416 tells.
          expect(held).toEqual({ first: 0, last: length - 1, total: null });
          return;
        }
        const combined = combineParts(bytesOf(held), bytesOf({ ...rest, total: length }));
        expect(combined && isWhole(combined.part)).toBe(true);
      }),
    );
  });
});

/** The bytes of a part of the representation whose bytes are their own positions. */
function bytesOf(held: StoredPart): HeldPart {
  const size = held.last - held.first + 1;
  return { part: held, body: Uint8Array.from({ length: size }, (_, index) => held.first + index) };
}

describe("combineParts()", () => {
  const table: [a: string, b: string, expected: string | undefined, because: string][] = [
    ["0-4/10", "5-9/10", "bytes 0-9/10", "they adjoin"],
    ["5-9/10", "0-4/10", "bytes 0-9/10", "they adjoin, in whatever order"],
    ["0-6/10", "3-9/10", "bytes 0-9/10", "they overlap"],
    ["0-9/10", "3-4/10", "bytes 0-9/10", "one holds the other"],
    ["3-4/10", "0-9/10", "bytes 0-9/10", "one holds the other"],
    ["0-4/10", "0-4/10", "bytes 0-4/10", "they are the same"],
    ["0-4/*", "5-9/10", "bytes 0-9/10", "one of them knows the total"],
    ["0-4/10", "5-6/*", "bytes 0-6/10", "one of them knows the total"],
    ["0-4/*", "5-9/*", "bytes 0-9/*", "neither knows the total"],
    ["0-4/10", "6-9/10", undefined, "byte 5 is missing"],
    ["6-9/10", "0-4/10", undefined, "byte 5 is missing"],
    ["0-4/10", "5-9/11", undefined, "they have other totals"],
    ["0-4/10", "5-10/*", undefined, "one goes past the other's total"],
    ["5-10/*", "0-4/10", undefined, "one goes past the other's total"],
  ];
  test.each(table)("%s and %s make %s, as %s", (a, b, expected) => {
    expect(written(combineParts(bytesOf(part(a)), bytesOf(part(b)))?.part)).toBe(expected);
  });

  test("takes the first one's bytes where both have them", () => {
    const a: HeldPart = { part: part("0-2/5"), body: Uint8Array.of(1, 1, 1) };
    const b: HeldPart = { part: part("1-4/5"), body: Uint8Array.of(2, 2, 2, 2) };
    expect(combineParts(a, b)?.body).toEqual(Uint8Array.of(1, 1, 1, 2, 2));
    expect(combineParts(b, a)?.body).toEqual(Uint8Array.of(1, 2, 2, 2, 2));
  });

  test("copies nothing where the first holds all of the second", () => {
    const all = bytesOf(part("0-9/10"));
    expect(combineParts(all, bytesOf(part("3-4/10")))?.body).toBe(all.body);
  });

  test("joins nothing to a body that is not as long as its part says", () => {
    const sound = bytesOf(part("0-4/10"));
    const short: HeldPart = { part: part("5-9/10"), body: new Uint8Array(4) };
    const long: HeldPart = { part: part("5-9/10"), body: new Uint8Array(6) };
    expect(combineParts(sound, short)).toBeUndefined();
    expect(combineParts(short, sound)).toBeUndefined();
    expect(combineParts(sound, long)).toBeUndefined();
  });

  test("holds each byte of both and no other, or there is a gap", () => {
    const two = fc.integer({ min: 1, max: 40 }).chain((length) => fc.tuple(partsOf(length), partsOf(length)));
    fc.assert(
      fc.property(two, ([one, other]) => {
        const a = bytesOf(one);
        const b = bytesOf(other);
        const held = [...new Set([...a.body, ...b.body])].sort((x, y) => x - y);
        const gap = held.some((position, index) => index > 0 && position !== held[index - 1]! + 1);
        const combined = combineParts(a, b);
        if (gap) expect(combined).toBeUndefined();
        else {
          expect([...combined!.body]).toEqual(held);
          expect(combined!.part).toEqual({
            first: held[0],
            last: held.at(-1),
            total: one.total ?? other.total,
          });
        }
      }),
    );
  });
});

describe("mayCombine()", () => {
  const NOON = "Sun, 01 Nov 2026 12:00:00 GMT";
  const BEFORE = "Sun, 01 Nov 2026 11:00:00 GMT";
  type Had = [etag: string | null, lastModified: string | null];
  const table: [a: Had, b: Had, expected: boolean, because: string][] = [
    [['"1"', null], ['"1"', null], true, "they share a strong tag"],
    [['"1"', BEFORE], ['"1"', null], true, "a 206 need not repeat Last-Modified"],
    [['"1"', BEFORE], ['"2"', BEFORE], false, "their tags differ"],
    [['W/"1"', null], ['W/"1"', null], false, "weak tags say nothing about bytes"],
    [['W/"1"', BEFORE], ['W/"1"', BEFORE], false, "who marks a tag as weak warns of the bytes"],
    [['"1"', null], ['W/"1"', null], false, "one of the tags is weak"],
    [['"1"', BEFORE], [null, BEFORE], false, "only one has a tag"],
    [[null, BEFORE], ['"1"', BEFORE], false, "only one has a tag"],
    [["1", null], ["1", null], false, "a tag has quotes"],
    [[null, BEFORE], [null, BEFORE], true, "they share a strong date"],
    [[null, NOON], [null, NOON], false, "the date is weak: it may have changed again within that second"],
    [[null, BEFORE], [null, NOON], false, "their dates differ"],
    [[null, "lately"], [null, "lately"], false, "that is no date"],
    [[null, null], [null, null], false, "they have no validators"],
  ];
  test.each(table)("%j and %j: %s, as %s", (a, b, expected) => {
    const validators = ([etag, lastModified]: Had): Validators => ({ etag, lastModified, dateAt: START });
    expect(mayCombine(validators(a), validators(b))).toBe(expected);
  });

  test("a date must be strong by the Date of each", () => {
    const early: Validators = { etag: null, lastModified: NOON, dateAt: START };
    const late: Validators = { ...early, dateAt: START + 1_000 };
    expect(mayCombine(late, late)).toBe(true);
    expect(mayCombine(early, late)).toBe(false);
    expect(mayCombine(late, early)).toBe(false);
  });
});
