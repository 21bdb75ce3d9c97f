import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { responseDirectives } from "../../../src/http/cache-control.ts";
import { deltaSeconds } from "../../../src/http/delta-seconds.ts";
import { requestDirectives } from "../../../src/http/request-directives.ts";

/** Only what a value says: directives at rest are left out. */
function said(directives: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(directives).filter(([, value]) => value !== undefined && value !== false),
  );
}

const LONGEST = 2_147_483_648;
const KB_64 = 65_536;

describe("responseDirectives()", () => {
  const table: [value: string | null, expected: object, because: string][] = [
    [null, {}, "there is no field"],
    ["", {}, "the field is empty"],
    ["public, max-age=60", { public: true, maxAge: 60 }, "directives stand between commas"],
    ["PUBLIC, Max-Age=60", { public: true, maxAge: 60 }, "names have no case"],
    [" ,public,, immutable\t,", { public: true, immutable: true }, "empty members do not count"],
    ["s-maxage=5, must-revalidate", { sMaxAge: 5, mustRevalidate: true }, "each has its own meaning"],
    [
      "proxy-revalidate, no-transform",
      { proxyRevalidate: true, noTransform: true },
      "each has its own meaning",
    ],
    ["must-understand, no-store", { mustUnderstand: true, noStore: true }, "neither hides the other"],
    [
      "stale-while-revalidate=30, stale-if-error=60",
      { staleWhileRevalidate: 30, staleIfError: 60 },
      "both windows",
    ],
    ['max-age="60"', { maxAge: 60 }, "arguments may be quoted"],
    ['max-age="6\\0"', { maxAge: 60 }, "a quoted character may be escaped"],
    ["max-age = 60", { maxAge: 60 }, "space around the sign is tolerated"],
    ["max-age=0060", { maxAge: 60 }, "leading zeros are digits"],
    ["max-age=99999999999999999999", { maxAge: LONGEST }, "what is too long is as long as can be"],
    ["no-store=1", { noStore: true }, "an argument that is not foreseen changes nothing"],
    ['x-other=1, community="UCI"', {}, "unknown directives are no concern"],
    ["__proto__=1, constructor", {}, "no name is special"],
  ];
  test.each(table)("%j says %o, as %s", (value, expected) => {
    expect(said(responseDirectives(value))).toEqual(expected);
  });

  const quotes: [value: string, expected: object, because: string][] = [
    ['x="max-age=9, no-store", max-age=60', { maxAge: 60 }, "what stands in another's quotes does not count"],
    ['x="\\", no-store, \\"", max-age=60', { maxAge: 60 }, "an escaped quote does not end them"],
    ['max-age=60, x="private"', { maxAge: 60 }, "nor does an argument that is a name"],
    [
      'private="set-cookie, X-A"',
      { private: ["set-cookie", "x-a"] },
      "one directive may name several fields",
    ],
    ["private=set-cookie", { private: ["set-cookie"] }, "a single field needs no quotes"],
    ['no-cache="a", no-cache="b"', { noCache: ["a", "b"] }, "named fields add up"],
    ['private, private="a"', { private: true }, "the whole response is more than one field of it"],
    ['private="a", private', { private: true }, "in whatever order"],
    ['private=""', { private: true }, "who names no field means all"],
    ['private="set cookie"', { private: true }, "what is no field name may have meant any"],
    ['no-cache=" , "', { noCache: true }, "who names no field means all"],
  ];
  test.each(quotes)("%j says %o, as %s", (value, expected) => {
    expect(said(responseDirectives(value))).toEqual(expected);
  });

  const invalid = ["max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=+60", "max-age=0x10"];
  test.each(["max-age=6 0", "max-age=60; private", "max-age=60 no-store"])(
    "%j runs on behind its argument, which may hide what forbids storing",
    (value) => {
      expect(said(responseDirectives(value))).toEqual({ maxAge: 0, noStore: true });
    },
  );

  test.each([...invalid, "max-age=60s", "max-age=60;", "max-age='60'", "max-age=\u0666", "max-age=1e3"])(
    "%j cannot be read and counts as stale",
    (value) => {
      expect(said(responseDirectives(value))).toEqual({ maxAge: 0 });
    },
  );

  const repeated: [value: string, maxAge: number][] = [
    ["max-age=60, max-age=10", 10],
    ["max-age=10, max-age=60", 10],
    ["max-age=10, max-age=x", 0],
    [`${"max-age=100, ".repeat(64)}max-age=1`, 1],
    ["max-age=7,".repeat(KB_64 / 10), 7],
  ];
  test.each(repeated)("of several values the most restrictive counts (%#)", (value, maxAge) => {
    expect(responseDirectives(value).maxAge).toBe(maxAge);
  });

  const broken: [value: string, because: string][] = [
    ['max-age=60, private="set-cookie, no-store', "quotes that never end may hide anything"],
    ['x="y, no-store, max-age=60', "quotes that never end may hide anything"],
    ['max-age=60, x="y"z', "something follows the quotes"],
    ['max-age=60, x=y"', "something stands before the quotes"],
    ['max-age=60, "no-store"', "a name is never quoted"],
    ["no-store; max-age=60", "a semicolon does not divide"],
    ["no-store max-age=60", "a space does not divide"],
    ["max-age=60, =5", "a name is missing"],
  ];
  test.each(broken)("%j is broken and counts as no-store, as %s", (value) => {
    expect(responseDirectives(value).noStore).toBe(true);
  });

  const piece = fc.constantFrom(
    "max-age",
    "no-store",
    "private",
    "=",
    ",",
    '"',
    "\\",
    " ",
    "60",
    "x",
    "\u0000",
    "\u{1f600}",
  );
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece).map((pieces) => pieces.join("")),
  );

  test("never throws, and never makes a time that is no time", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const { maxAge, sMaxAge, staleIfError, staleWhileRevalidate } = responseDirectives(value);
        for (const seconds of [maxAge, sMaxAge, staleIfError, staleWhileRevalidate]) {
          if (seconds !== undefined) expect(seconds >= 0 && seconds <= LONGEST).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("says the same in any case", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const ascii = value.replaceAll(/[^\0-\x7f]/g, "x");
        expect(responseDirectives(ascii.toUpperCase())).toEqual(responseDirectives(ascii.toLowerCase()));
      }),
    );
  });

  test("one more no-store, wherever it is added, is always heard", () => {
    fc.assert(
      fc.property(
        fc.array(anything, { maxLength: 3 }),
        fc.array(anything, { maxLength: 3 }),
        (before, after) => {
          const whole = (members: string[]): string[] => members.map((it) => it.replaceAll('"', ""));
          expect(responseDirectives([...whole(before), "no-store", ...whole(after)].join(", ")).noStore).toBe(
            true,
          );
        },
      ),
    );
  });
});

describe("requestDirectives()", () => {
  const table: [value: string | null, pragma: string | null, expected: object, because: string][] = [
    [null, null, {}, "there is no field"],
    ["no-cache", null, { noCache: true }, "it wants an answer from the origin"],
    [null, "no-cache", { noCache: true }, "Pragma stands in where there is no Cache-Control"],
    [null, "x, No-Cache", { noCache: true }, "it is a list, in any case"],
    ["max-age=60", "no-cache", { maxAge: 60 }, "Cache-Control makes Pragma unheard"],
    ["", "no-cache", {}, "even an empty one"],
    [
      "only-if-cached, max-stale",
      null,
      { onlyIfCached: true, maxStale: Infinity },
      "any stale answer will do",
    ],
    ["max-stale=30", null, { maxStale: 30 }, "so much staleness will do"],
    ["max-stale, max-stale=30", null, { maxStale: 0 }, "who says both has said nothing clear"],
    ["max-stale=x", null, { maxStale: 0 }, "what cannot be read tolerates nothing"],
    ["min-fresh=30, min-fresh=5", null, { minFresh: 30 }, "the greater demand is the more restrictive one"],
    ["min-fresh=x", null, { minFresh: LONGEST }, "what cannot be read demands everything"],
    ["stale-if-error=60, no-store", null, { staleIfError: 60, noStore: true }, "both count"],
  ];
  test.each(table)("%j with Pragma %j says %o, as %s", (value, pragma, expected) => {
    expect(said(requestDirectives(value, pragma))).toEqual(expected);
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (value, pragma) => {
        expect(requestDirectives(value, pragma)).toHaveProperty("noCache");
        expect(requestDirectives(null, value)).toHaveProperty("noCache");
      }),
    );
  });
});

describe("deltaSeconds()", () => {
  const table: [text: string | undefined, seconds: number | undefined][] = [
    ["0", 0],
    ["60", 60],
    ["2147483647", 2_147_483_647],
    ["2147483649", LONGEST],
    ["9".repeat(400), LONGEST],
    ["", undefined],
    ["-1", undefined],
    ["1.0", undefined],
    [" 1", undefined],
    [undefined, undefined],
  ];
  test.each(table)("%j is %o", (text, seconds) => {
    expect(deltaSeconds(text)).toBe(seconds);
  });
});
