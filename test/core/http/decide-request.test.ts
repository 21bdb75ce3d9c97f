import { describe, expect, test } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import type { Decision, MissReason } from "../../../src/http/decision.ts";
import { cacheRules, type CacheRules } from "../../../src/http/rules.ts";
import { decide, REFUSE, serve, validate } from "./decisions.ts";
import { get, PRIVATE, request, SHARED, START, stored } from "../../support/messages.ts";

const refresh = (age: number, timeLeft: number): Decision => ({
  action: "serve",
  age,
  timeLeft,
  refresh: true,
});
type Timeline = [ms: number, expected: Decision, because: string][];

describe("decideRequest() on a GET with a stored response", () => {
  const plain: Timeline = [
    [-5_000, serve(0, 60), "the clock was set back"],
    [0, serve(0, 60), "it has just come"],
    [59_999, serve(59.999, 60 - 59.999), "it is fresh"],
    [60_000, validate(), "equal is stale"],
    [60_001, validate(), "it is stale"],
  ];
  test.each(plain)("max-age=60 at %d ms: %o, as %s", (ms, expected) => {
    expect(decide(SHARED, "max-age=60", ms)).toEqual(expected);
  });

  const windows: Timeline = [
    [59_000, serve(59, 1), "it is fresh"],
    [60_000, refresh(60, 0), "it is stale, and may be served meanwhile"],
    [90_000, refresh(90, -30), "the window's last instant belongs to it"],
    [90_001, validate(true), "that window is over, the other is not"],
    [160_000, validate(true), "the other window's last instant belongs to it"],
    [160_001, validate(), "both are over"],
  ];
  test.each(windows)(
    "max-age=60, stale-while-revalidate=30, stale-if-error=100 at %d ms: %o, as %s",
    (ms, expected) => {
      expect(decide(SHARED, "max-age=60, stale-while-revalidate=30, stale-if-error=100", ms)).toEqual(
        expected,
      );
    },
  );

  const forbidden: [rules: CacheRules, value: string, expected: Decision, because: string][] = [
    [
      SHARED,
      "max-age=60, must-revalidate, stale-while-revalidate=30, stale-if-error=100",
      validate(),
      "it must be validated",
    ],
    [
      SHARED,
      "max-age=60, proxy-revalidate, stale-while-revalidate=30, stale-if-error=100",
      validate(),
      "proxies must",
    ],
    [PRIVATE, "max-age=60, proxy-revalidate, stale-while-revalidate=30", refresh(61, -1), "this is no proxy"],
    [SHARED, "s-maxage=60, stale-while-revalidate=30", refresh(61, -1), "the window is explicit"],
    [
      cacheRules({ shared: true, strictSMaxage: true }),
      "s-maxage=60, stale-while-revalidate=30",
      validate(),
      "strictly read s-maxage forbids it",
    ],
    [
      cacheRules({ shared: true, defaultStaleIfError: 99 }),
      "s-maxage=60",
      validate(),
      "no window is explicit",
    ],
    [
      cacheRules({ shared: true, defaultStaleIfError: 99 }),
      "max-age=60",
      validate(true),
      "the cache's owner grants one",
    ],
  ];
  test.each(forbidden)("%# %o: %s at 61 s: %o, as %s", (rules, value, expected) => {
    expect(decide(rules, value, 61_000)).toEqual(expected);
  });

  const always: Timeline = [
    [0, validate(), "no-cache asks for it on every use"],
    [61_000, validate(), "no-cache asks for it on every use, errors included"],
  ];
  test.each(always)("no-cache, max-age=60, stale-if-error=100 at %d ms: %o, as %s", (ms, expected) => {
    expect(decide(SHARED, "no-cache, max-age=60, stale-if-error=100", ms)).toEqual(expected);
    expect(
      decide(
        PRIVATE,
        "no-cache, max-age=60, stale-if-error=100",
        ms,
        "Cache-Control: max-stale, stale-if-error=9",
      ),
    ).toEqual(expected);
  });

  const soft: [value: string, ms: number, expected: Decision, because: string][] = [
    ["max-age=60", 1_000, validate(), "it is stale now"],
    ["max-age=60, stale-while-revalidate=30", 1_000, refresh(1, 0), "its window has begun"],
    [
      "max-age=60, stale-while-revalidate=30",
      90_000,
      refresh(90, -30),
      "its window is no longer than it was",
    ],
    ["max-age=60, stale-while-revalidate=30", 90_001, validate(), "its window is no longer than it was"],
    ["max-age=60, stale-if-error=30", 1_000, validate(true), "it may stand in for an error"],
    ["max-age=60, stale-while-revalidate=30, must-revalidate", 1_000, validate(), "stale is never served"],
  ];
  test.each(soft)("softly purged, %s at %d ms: %o, as %s", (value, ms, expected) => {
    expect(decide(SHARED, value, ms, undefined, true)).toEqual(expected);
  });

  test("softly purged, it is not fresh enough for a client that tolerates stale ones either", () => {
    expect(decide(PRIVATE, "max-age=60", 1_000, "Cache-Control: max-stale", true)).toEqual(validate());
  });
});

describe("decideRequest() by method and by what is stored", () => {
  const at = (rules: CacheRules) => ({ rules, now: START + 1_000 });

  test("a stored GET answers HEAD", () => {
    expect(decideRequest(request("HEAD"), stored(SHARED, "Cache-Control: max-age=60"), at(SHARED))).toEqual(
      serve(1, 59),
    );
  });

  test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "get", "Head", ""])(
    "%j goes through",
    (method) => {
      for (const rules of [SHARED, PRIVATE]) {
        const facts = stored(rules, "Cache-Control: max-age=60, stale-while-revalidate=9");
        const asks = request(method, "Cache-Control: only-if-cached");
        expect(decideRequest(asks, facts, at(rules))).toEqual({ action: "forward", reason: "method" });
        expect(decideRequest(asks, "uri-miss", at(rules))).toEqual({ action: "forward", reason: "method" });
      }
    },
  );

  test.each<MissReason>(["uri-miss", "vary-miss", "miss"])(
    "with nothing stored it forwards for the reason %s",
    (reason) => {
      expect(decideRequest(get(), reason, at(SHARED))).toEqual({ action: "forward", reason });
      const only = get("Cache-Control: only-if-cached");
      expect(decideRequest(only, reason, at(PRIVATE))).toEqual(REFUSE);
      expect(decideRequest(only, reason, at(SHARED))).toEqual({ action: "forward", reason });
    },
  );
});
