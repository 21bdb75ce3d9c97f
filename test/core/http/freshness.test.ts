import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatHttpDate } from "../../../src/http/date.ts";
import { currentAge } from "../../../src/http/age.ts";
import { dateValue, freshnessLifetime, initialAge } from "../../../src/http/freshness.ts";
import { cacheRules, type CacheRules } from "../../../src/http/rules.ts";
import { PRIVATE, response, SHARED, START } from "../../support/messages.ts";

const DAY = 86_400;
const date = (seconds: number): string => formatHttpDate(START + seconds * 1_000);
const DATE = `Date: ${date(0)}`;
const EXPIRES = `Expires: ${date(100)}`;

function lifetimeOf(rules: CacheRules, ...lines: string[]): { lifetime: number; source: string } {
  const facts = response(200, ...lines);
  return freshnessLifetime(facts, rules.policy(facts.headers), rules);
}

describe("freshnessLifetime() takes the first source there is", () => {
  const all = [DATE, "Cache-Control: s-maxage=10, max-age=60", EXPIRES];
  const table: [where: string, rules: CacheRules, lines: string[], lifetime: number, source: string][] = [
    ["shared", SHARED, all, 10, "s-maxage"],
    ["private", PRIVATE, all, 60, "max-age"],
    ["shared", SHARED, [DATE, "Cache-Control: max-age=60", EXPIRES], 60, "max-age"],
    ["shared", SHARED, [DATE, "Cache-Control: max-age=0", EXPIRES], 0, "max-age"],
    ["shared", SHARED, [DATE, "Cache-Control: max-age=soon", EXPIRES], 0, "max-age"],
    ["shared", SHARED, [DATE, "Cache-Control: s-maxage=x, max-age=60"], 0, "s-maxage"],
    ["private", PRIVATE, [DATE, "Cache-Control: s-maxage=10", EXPIRES], 100, "expires"],
    ["shared", SHARED, [DATE, EXPIRES], 100, "expires"],
    ["shared", SHARED, [EXPIRES], 100, "expires"],
    ["shared", SHARED, [DATE, `Expires: ${date(-100)}`], 0, "expires"],
    ["shared", SHARED, [DATE, `Expires: ${date(0)}`], 0, "expires"],
    ["shared", SHARED, [DATE, "Expires: 0"], 0, "expires"],
    ["shared", SHARED, [DATE, "Expires: -1"], 0, "expires"],
    ["shared", SHARED, [DATE, "Expires:"], 0, "expires"],
    ["shared", SHARED, [DATE, EXPIRES, EXPIRES], 0, "expires"],
    ["shared", SHARED, [DATE, EXPIRES, `Expires: ${date(200)}`], 0, "expires"],
    ["shared", SHARED, [DATE, "Cache-Control: public"], 0, "none"],
    ["shared", SHARED, [], 0, "none"],
    ["defaulting", cacheRules({ shared: true, defaultLifetime: 5 }), [], 5, "default"],
    ["defaulting", cacheRules({ shared: true, defaultLifetime: 5 }), ["Expires: 0"], 0, "expires"],
  ];
  test.each(table)("%s: %o %j has %d s from %s", (_, rules, lines, lifetime, source) => {
    expect(lifetimeOf(rules, ...lines)).toEqual({ lifetime, source });
  });

  test("Expires counts from the origin's own Date, not from this machine's clock", () => {
    const slow = [`Date: ${date(-7_200)}`, `Expires: ${date(-7_100)}`];
    const fast = [`Date: ${date(7_200)}`, `Expires: ${date(7_300)}`];
    expect(lifetimeOf(SHARED, ...slow).lifetime).toBe(100);
    expect(lifetimeOf(SHARED, ...fast).lifetime).toBe(100);
  });

  test("Expires in the year 9999 is far away, not an error", () => {
    expect(lifetimeOf(SHARED, DATE, "Expires: Fri, 31 Dec 9999 23:59:59 GMT").lifetime).toBeGreaterThan(
      7_000 * 365 * DAY,
    );
  });
});

describe("initialAge(): how old a response is when it comes", () => {
  const table: [lines: string[], delay: number, age: number, because: string][] = [
    [[], 0, 0, "nothing speaks of age"],
    [[DATE], 0, 0, "it is made as it comes"],
    [[`Date: ${date(-30)}`], 0, 30, "its Date is 30 s ago"],
    [[`Date: ${date(30)}`], 0, 0, "the origin's clock is fast"],
    [["Date: never"], 0, 0, "its Date cannot be read"],
    [["Age: 20"], 0, 20, "an earlier cache had it for 20 s"],
    [["Age: 20"], 3, 23, "it was 3 s on its way"],
    [[DATE], 3, 3, "it was 3 s on its way"],
    [[`Date: ${date(-30)}`, "Age: 20"], 3, 30, "the greater of both counts"],
    [[`Date: ${date(-10)}`, "Age: 20"], 3, 23, "the greater of both counts"],
    [["Age: 20, 90"], 0, 20, "the first member counts"],
    [["Age: 20", "Age: 90"], 0, 20, "the first line counts"],
    [["Age: -1"], 0, 0, "no age is negative"],
    [["Age: -1, 90"], 0, 0, "if the first member is none, there is none"],
    [["Age: 1.5"], 0, 0, "an age has no fraction"],
    [["Age: old"], 0, 0, "an age is a number"],
    [["Age:"], 0, 0, "it is empty"],
    [["Age: 99999999999"], 0, 2_147_483_648, "it is very old"],
    [[], -5, 0, "the clock was set back on the way"],
  ];
  test.each(table)("%j after %d s on its way: %d s, as %s", (lines, delay, age) => {
    const facts = { ...response(200, ...lines), requestAt: START - delay * 1_000 };
    expect(initialAge(facts)).toBe(age);
  });
});

describe("dateValue()", () => {
  test("is the response's Date, or the time at which it came", () => {
    expect(dateValue(response(200, `Date: ${date(-30)}`))).toBe(START - 30_000);
    expect(dateValue(response(200))).toBe(START);
    expect(dateValue(response(200, "Date: 0"))).toBe(START);
  });
});

describe("currentAge()", () => {
  const stored = { initialAge: 20, responseAt: START };
  const timeline: [now: number, age: number, because: string][] = [
    [0, 20, "it was as old when it came"],
    [10_000, 30, "it has been here for 10 s"],
    [1_500, 21.5, "parts of a second count"],
    [-60_000, 20, "the clock was set back, and nothing grows younger than it came"],
  ];
  test.each(timeline)("%d ms later it is %d s old, as %s", (later, age) => {
    expect(currentAge(stored, START + later)).toBe(age);
  });

  test("is never negative and never decreases while time goes on, whatever the fields and clocks say", () => {
    const seconds = fc.integer({ min: -10_000_000, max: 10_000_000 });
    const line = fc.oneof(
      seconds.map((offset) => `Date: ${date(offset)}`),
      fc.integer().map((age) => `Age: ${age}`),
      fc.constantFrom("Date: 0", "Age: x", "Age: 999999999999", "Age: 5, -5"),
    );
    fc.assert(
      fc.property(fc.array(line), seconds, fc.array(seconds), (lines, delay, instants) => {
        const facts = { ...response(200, ...lines), requestAt: START - delay * 1_000 };
        const it = { initialAge: initialAge(facts), responseAt: START };
        let before = 0;
        for (const now of instants.toSorted((one, other) => one - other)) {
          const age = currentAge(it, START + now * 1_000);
          expect(age).toBeGreaterThanOrEqual(before);
          before = age;
        }
      }),
    );
  });
});
