import { describe, expect, test } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { formatHttpDate } from "../../../src/http/date.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { get, PRIVATE, request, response, SHARED, SHARED_RFC, START } from "../../support/messages.ts";
import { reuse } from "./decisions.ts";

const DAY = 86_400;
const date = (seconds: number): string => formatHttpDate(START + seconds * 1_000);
const cc = (value: string): string => `Cache-Control: ${value}`;
const TAG = 'ETag: "1"';

describe("When a stale response may be used", () => {
  const LOST = "validate, or stand in if lost";
  const SWR = "stale-while-revalidate=30";
  const rows: [
    section: string,
    sentence: string,
    control: string,
    after: number,
    safe: string,
    rfc: string,
    own: string,
  ][] = [
    [
      "9111, 4.2.4",
      "not without a reason; by the letter while the origin is lost",
      "max-age=60",
      61,
      "validate",
      LOST,
      "validate",
    ],
    [
      "9111, 4.2.4",
      "for a day and no longer",
      "max-age=60",
      60 + DAY + 1,
      "validate",
      "validate",
      "validate",
    ],
    [
      "9111, 5.2.2.2",
      "must-revalidate forbids it",
      `max-age=60, must-revalidate, ${SWR}`,
      61,
      "validate",
      "validate",
      "validate",
    ],
    ["9111, 5.2.2.2", "but no use while fresh", "max-age=60, must-revalidate", 59, "fresh", "fresh", "fresh"],
    [
      "9111, 5.2.2.8",
      "proxy-revalidate forbids it to shared caches",
      "max-age=60, proxy-revalidate, stale-if-error=30",
      61,
      "validate",
      "validate",
      "validate, or stand in",
    ],
    [
      "9111, 5.2.2.8",
      "but no use while fresh",
      "max-age=60, proxy-revalidate",
      59,
      "fresh",
      "fresh",
      "fresh",
    ],
    [
      "9111, 5.2.2.10",
      "s-maxage forbids it to shared caches",
      "s-maxage=60, max-age=60",
      61,
      "validate",
      "validate",
      "validate",
    ],
    [
      "9111, 5.2.2.4",
      "no-cache forbids it",
      "no-cache, max-age=60, stale-if-error=99",
      1,
      "validate",
      "validate",
      "validate",
    ],
    [
      "5861, 3",
      "while it is validated, in the window",
      `max-age=60, ${SWR}`,
      90,
      "stale, refresh",
      "stale, refresh",
      "stale, refresh",
    ],
    ["5861, 3", "past the window it blocks", `max-age=60, ${SWR}`, 90.001, "validate", LOST, "validate"],
    [
      "5861, 3",
      "a window of 0 is none",
      "max-age=60, stale-while-revalidate=0",
      60,
      "validate",
      LOST,
      "validate",
    ],
    [
      "5861, 3",
      "a window that cannot be read is none",
      "max-age=60, stale-while-revalidate=x",
      60,
      "validate",
      LOST,
      "validate",
    ],
    [
      "5861, 4",
      "for an error, in the window",
      "max-age=60, stale-if-error=30",
      90,
      "validate, or stand in",
      "validate, or stand in",
      "validate, or stand in",
    ],
    ["5861, 4", "past the window not", "max-age=60, stale-if-error=30", 90.001, "validate", LOST, "validate"],
    [
      "5861, 4",
      "an explicit window beside s-maxage is meant",
      "s-maxage=60, max-age=60, stale-if-error=30",
      90,
      "validate, or stand in",
      "validate, or stand in",
      "validate, or stand in",
    ],
  ];
  test.each(rows)(
    "RFC %s: %s: %s after %d s: %s; %s; in a private cache %s",
    (_, __, control, after, ...expected) => {
      const lines = [cc(control), TAG];
      expect([SHARED, SHARED_RFC, PRIVATE].map((rules) => reuse(rules, lines, after))).toEqual(expected);
    },
  );

  test("RFC 9111, 5.2.2.10: read strictly, s-maxage forbids it even beside an explicit window", () => {
    const strict = cacheRules({ shared: true, strictSMaxage: true });
    expect(reuse(strict, [cc(`s-maxage=60, ${SWR}, stale-if-error=30`), TAG], 61)).toBe("validate");
  });
});

describe("RFC 9111, 4.2.2: freshness that nobody stated, by the letter", () => {
  const TEN_DAYS_AGO = `Last-Modified: ${date(-10 * DAY)}`;
  const guess = (status: number, ...lines: string[]): string => reuse(SHARED_RFC, lines, DAY - 1, { status });

  test.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])(
    "a %d is fresh for a tenth of its age",
    (status) => {
      expect(guess(status, TEN_DAYS_AGO)).toBe("fresh");
      expect(reuse(SHARED_RFC, [TEN_DAYS_AGO], DAY, { status })).toMatch(/^validate/);
    },
  );

  test.each([201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599])(
    "a %d is so only with public (RFC 9111, 5.2.2.9)",
    (status) => {
      expect(guess(status, TEN_DAYS_AGO)).toBe("not stored");
      expect(guess(status, TEN_DAYS_AGO, cc("public"))).toBe("fresh");
    },
  );

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
