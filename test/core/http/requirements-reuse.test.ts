import { describe, expect, test } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { formatHttpDate } from "../../../src/http/date.ts";
import { cacheRules, type CacheRules } from "../../../src/http/rules.ts";
import { get, PRIVATE, request, response, SHARED, SHARED_RFC, START } from "../../support/messages.ts";

const DAY = 86_400;
const date = (seconds: number): string => formatHttpDate(START + seconds * 1_000);
const cc = (value: string): string => `Cache-Control: ${value}`;
const TAG = 'ETag: "1"';

/** What a cache does with the next request, so many seconds after it got a response with these lines. */
function reuse(rules: CacheRules, lines: readonly string[], after: number, asked: readonly string[] = [], status = 200): string {
  const kept = decideResponse(get(), response(status, ...lines), rules);
  if (kept.action === "pass") return "not stored";
  const decision = decideRequest(get(...asked), kept.facts, { rules, now: START + after * 1_000 });
  if (decision.action === "revalidate") {
    if (decision.staleIfError) return "validate, or stand in";
    return decision.staleIfLost ? "validate, or stand in if lost" : "validate";
  }
  if (decision.action !== "serve") return decision.action;
  if (decision.refresh) return "stale, refresh";
  return decision.timeLeft > 0 ? "fresh" : "stale";
}

type Row = readonly [section: string, sentence: string, lines: readonly string[], after: number, expected: string];

describe("When a stored response is fresh (RFC 9111, 4.2), in a shared cache of the safe profile", () => {
  const rows: Row[] = [
    ["4.2", "fresh while the lifetime exceeds the age", [cc("max-age=60"), TAG], 59, "fresh"],
    ["4.2", "an age that equals the lifetime is stale", [cc("max-age=60"), TAG], 60, "validate"],
    // 4.2.1: which source decides.
    ["4.2.1", "s-maxage goes before max-age, if longer", [cc("s-maxage=60, max-age=5")], 59, "fresh"],
    ["4.2.1", "s-maxage goes before max-age, if shorter", [cc("max-age=60, s-maxage=5"), TAG], 5, "validate"],
    ["5.2.2.1", "max-age goes before a longer Expires", [cc("max-age=5"), `Expires: ${date(60)}`, TAG], 5, "validate"],
    ["5.2.2.1", "max-age goes before a past Expires", [cc("max-age=60"), `Expires: ${date(-60)}`], 59, "fresh"],
    ["5.2.2.10", "s-maxage goes before Expires", [cc("s-maxage=60"), "Expires: 0"], 59, "fresh"],
    ["5.3", "Expires counts where there is neither", [cc("public"), `Expires: ${date(60)}`], 59, "fresh"],
    // 4.2.1: what is doubtful counts as stale.
    ["4.2.1", "of two values the smaller counts", [cc("max-age=60, max-age=5"), TAG], 5, "validate"],
    ["4.2.1", "on whichever line", [cc("max-age=5"), cc("max-age=60"), TAG], 5, "validate"],
    ["4.2.1", "two Expires are none", [`Expires: ${date(60)}`, `Expires: ${date(70)}`, TAG], 1, "validate"],
    ["4.2.1", "a value that is no number is stale", [cc("max-age=a"), `Expires: ${date(60)}`, TAG], 1, "validate"],
    ["1.2.2", "a negative one is", [cc("max-age=-60"), TAG], 1, "validate"],
    ["1.2.2", "one with a fraction is", [cc("max-age=60.5"), TAG], 1, "validate"],
    ["1.2.2", "one without a value is", [cc("max-age"), TAG], 1, "validate"],
    ["5.2", "one in quotes is read", [cc('max-age="60"')], 59, "fresh"],
    ["5.2", "names have no case", [cc("MAX-AGE=60")], 59, "fresh"],
    ["5.2", "what stands in another's quotes is not read", [cc('a="max-age=60", max-age=5'), TAG], 5, "validate"],
    ["1.2.2", "more than 2^31 is long", [cc(`max-age=${"9".repeat(400)}`)], 60 * 365 * DAY, "fresh"],
    ["1.2.2", "one past 2^31 too", [cc("max-age=2147483649")], 60 * 365 * DAY, "fresh"],
    ["5.3", "Expires after 2038 is long", ["Expires: Fri, 31 Dec 2094 23:59:59 GMT"], 60 * 365 * DAY, "fresh"],
    ["5.3", "Expires in the last year there is is long", ["Expires: Fri, 31 Dec 9999 23:59:59 GMT"], 60 * 365 * DAY, "fresh"],
    // 4.2.1 and 4.2.3: Expires is of the origin's clock, and Age counts against it.
    ["4.2.1", "Expires counts from Date: a slow origin's", [`Date: ${date(-5)}`, `Expires: ${date(55)}`], 54, "fresh"],
    ["4.2.3", "a slow origin's response is as old as it says", [`Date: ${date(-5)}`, `Expires: ${date(55)}`, TAG], 55, "validate"],
    ["4.2.1", "a fast origin's is no younger than new", [`Date: ${date(3_600)}`, `Expires: ${date(3_660)}`, TAG], 59, "fresh"],
    ["4.2.1", "nor longer fresh", [`Date: ${date(3_600)}`, `Expires: ${date(3_660)}`, TAG], 60, "validate"],
    ["4.2.3", "Age counts against Expires", [`Date: ${date(0)}`, `Expires: ${date(60)}`, "Age: 50", TAG], 10, "validate"],
    ["4.2.3", "with a fast origin too", [`Date: ${date(3_600)}`, `Expires: ${date(3_660)}`, "Age: 50", TAG], 10, "validate"],
    ["4.2.3", "with a slow one too", [`Date: ${date(-9)}`, `Expires: ${date(51)}`, "Age: 50", TAG], 10, "validate"],
    ["4.2.3", "Age counts against max-age", [cc("max-age=60"), "Age: 50"], 9, "fresh"],
    ["4.2.3", "until it does not", [cc("max-age=60"), "Age: 50", TAG], 10, "validate"],
    // 5.1: reading Age.
    ["5.1", "of several ages the first counts", [cc("max-age=60"), "Age: 0, 90"], 59, "fresh"],
    ["5.1", "the first of the first line", [cc("max-age=60"), "Age: 50", "Age: 0", TAG], 10, "validate"],
    ["5.1", "a negative age is none", [cc("max-age=60"), "Age: -50"], 59, "fresh"],
    ["5.1", "one with a fraction is none", [cc("max-age=60"), "Age: 50.5"], 59, "fresh"],
    ["5.1", "one in words is none", [cc("max-age=60"), "Age: old"], 59, "fresh"],
    ["5.1", "one in quotes is none", [cc("max-age=60"), 'Age: "50"'], 59, "fresh"],
    ["1.2.2", "one of 2^31 and more is very old", [cc("max-age=60"), "Age: 4294967296", TAG], 0, "validate"],
    ["1.2.2", "one without end is very old", [cc("max-age=60"), `Age: ${"9".repeat(400)}`, TAG], 0, "validate"],
    // 5.2.2.4, and what no-cache is not.
    ["5.2.2.4", "no-cache is validated on every use", [cc("no-cache, max-age=60"), TAG], 0, "validate"],
    ["5.2.2.4", "no-cache on a field leaves the rest usable", [cc('no-cache="x", max-age=60')], 59, "fresh"],
    ["8246, 2", "immutable has no effect on freshness", [cc("max-age=60, immutable"), TAG], 60, "validate"],
    ["5.4", "Pragma means nothing in a response", [cc("max-age=60"), "Pragma: no-cache"], 59, "fresh"],
  ];
  test.each(rows)("RFC 9111, %s: %s: %j after %d s: %s", (_, __, lines, after, expected) => {
    expect(reuse(SHARED, lines, after)).toBe(expected);
    if (!lines.join().includes("s-maxage")) expect(reuse(PRIVATE, lines, after)).toBe(expected);
  });

  const forms: [expires: string, isDate: boolean][] = [
    ["Sun, 01 Nov 2026 12:01:00 GMT", true],
    ["Sunday, 01-Nov-26 12:01:00 GMT", true],
    ["Sun Nov  1 12:01:00 2026", true],
    ["sUN, 01 nOV 2026 12:01:00 gmt", true],
    ["Sun, 01 Nov 2026 12:01:00 UTC", false],
    ["Sun, 01 Nov 2026 12:01:00 EST", false],
    ["Sun, 01 Nov 2026 12:01:00 +0000", false],
    ["Sun 01 Nov 2026 12:01:00 GMT", false],
    ["Sun, 1 Nov 2026 12:01:00 GMT", false],
    ["Sun,  01 Nov 2026 12:01:00 GMT", false],
    ["Sun, 01-Nov-2026 12:01:00 GMT", false],
    ["Sun, 01 Nov 26 12:01:00 GMT", false],
    ["Sun, 01 Nov 2026 12:01 GMT", false],
    ["2026-11-01T12:01:00Z", false],
    ["1793534460", false],
    ["0", false],
  ];
  test.each(forms)("RFC 9111, 5.3: Expires: %s is a date: %s; what is none is past", (expires, isDate) => {
    expect(reuse(SHARED_RFC, [`Date: ${date(0)}`, `Expires: ${expires}`, TAG], 1)).toBe(
      isDate ? "fresh" : "validate, or stand in if lost",
    );
  });
});

describe("When a stale response may be used", () => {
  const LOST = "validate, or stand in if lost";
  const SWR = "stale-while-revalidate=30";
  const rows: [section: string, sentence: string, control: string, after: number, safe: string, rfc: string, own: string][] = [
    ["9111, 4.2.4", "not without a reason; by the letter while the origin is lost", "max-age=60", 61, "validate", LOST, "validate"],
    ["9111, 4.2.4", "for a day and no longer", "max-age=60", 60 + DAY + 1, "validate", "validate", "validate"],
    ["9111, 5.2.2.2", "must-revalidate forbids it", `max-age=60, must-revalidate, ${SWR}`, 61, "validate", "validate", "validate"],
    ["9111, 5.2.2.2", "but no use while fresh", "max-age=60, must-revalidate", 59, "fresh", "fresh", "fresh"],
    ["9111, 5.2.2.8", "proxy-revalidate forbids it to shared caches", "max-age=60, proxy-revalidate, stale-if-error=30", 61, "validate", "validate", "validate, or stand in"],
    ["9111, 5.2.2.8", "but no use while fresh", "max-age=60, proxy-revalidate", 59, "fresh", "fresh", "fresh"],
    ["9111, 5.2.2.10", "s-maxage forbids it to shared caches", "s-maxage=60, max-age=60", 61, "validate", "validate", "validate"],
    ["9111, 5.2.2.4", "no-cache forbids it", "no-cache, max-age=60, stale-if-error=99", 1, "validate", "validate", "validate"],
    ["5861, 3", "while it is validated, in the window", `max-age=60, ${SWR}`, 90, "stale, refresh", "stale, refresh", "stale, refresh"],
    ["5861, 3", "past the window it blocks", `max-age=60, ${SWR}`, 90.001, "validate", LOST, "validate"],
    ["5861, 3", "a window of 0 is none", "max-age=60, stale-while-revalidate=0", 60, "validate", LOST, "validate"],
    ["5861, 3", "a window that cannot be read is none", "max-age=60, stale-while-revalidate=x", 60, "validate", LOST, "validate"],
    ["5861, 4", "for an error, in the window", "max-age=60, stale-if-error=30", 90, "validate, or stand in", "validate, or stand in", "validate, or stand in"],
    ["5861, 4", "past the window not", "max-age=60, stale-if-error=30", 90.001, "validate", LOST, "validate"],
    ["5861, 4", "an explicit window beside s-maxage is meant", "s-maxage=60, max-age=60, stale-if-error=30", 90, "validate, or stand in", "validate, or stand in", "validate, or stand in"],
  ];
  test.each(rows)("RFC %s: %s: %s after %d s: %s; %s; in a private cache %s", (_, __, control, after, ...expected) => {
    const lines = [cc(control), TAG];
    expect([SHARED, SHARED_RFC, PRIVATE].map((rules) => reuse(rules, lines, after))).toEqual(expected);
  });

  test("RFC 9111, 5.2.2.10: read strictly, s-maxage forbids it even beside an explicit window", () => {
    const strict = cacheRules({ shared: true, strictSMaxage: true });
    expect(reuse(strict, [cc(`s-maxage=60, ${SWR}, stale-if-error=30`), TAG], 61)).toBe("validate");
  });
});

describe("RFC 9111, 4.2.2: freshness that nobody stated, by the letter", () => {
  const TEN_DAYS_AGO = `Last-Modified: ${date(-10 * DAY)}`;
  const guess = (status: number, ...lines: string[]): string => reuse(SHARED_RFC, lines, DAY - 1, [], status);

  test.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])("a %d is fresh for a tenth of its age", (status) => {
    expect(guess(status, TEN_DAYS_AGO)).toBe("fresh");
    expect(reuse(SHARED_RFC, [TEN_DAYS_AGO], DAY, [], status)).toMatch(/^validate/);
  });

  test.each([201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599])("a %d is so only with public (RFC 9111, 5.2.2.9)", (status) => {
    expect(guess(status, TEN_DAYS_AGO)).toBe("not stored");
    expect(guess(status, TEN_DAYS_AGO, cc("public"))).toBe("fresh");
  });

  const not: [because: string, lines: string[]][] = [
    ["max-age says otherwise", [TEN_DAYS_AGO, cc("max-age=5")]],
    ["Expires says otherwise", [TEN_DAYS_AGO, `Expires: ${date(5)}`]],
    ["an Expires that cannot be read says so", [TEN_DAYS_AGO, "Expires: soon"]],
    ["no-cache wants validation", [TEN_DAYS_AGO, cc("no-cache")]],
    ["Last-Modified cannot be read", ["Last-Modified: long ago", TAG]],
    ["Last-Modified lies after Date", [`Last-Modified: ${date(10 * DAY)}`]],
    ["there is none", [TAG]],
    ["it is not long enough ago", [`Last-Modified: ${date(-9 * DAY)}`]],
  ];
  test.each(not)("not where %s: %j", (_, lines) => {
    expect(guess(200, ...lines)).toMatch(/^validate/);
  });

  test("the safe profile and the private cache guess nothing", () => {
    expect(reuse(SHARED, [TEN_DAYS_AGO], 1)).toBe("not stored");
    expect(reuse(PRIVATE, [TEN_DAYS_AGO], 1)).toBe("validate");
  });
});

describe("RFC 9111, 4: which methods a stored response answers", () => {
  const kept = decideResponse(get(), response(200, cc("max-age=60")), SHARED);
  if (kept.action === "pass") throw new Error("Not stored");
  const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "FOO", "get"];

  test("GET and HEAD; all others are written through", () => {
    const actions = methods.map(
      (method) => decideRequest(request(method), kept.facts, { rules: SHARED, now: START }).action,
    );
    expect(actions).toEqual(["serve", "serve", ...Array.from({ length: 6 }, () => "forward")]);
  });
});
