import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision } from "../../../src/http/decision.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { decide, REFUSE, serve, validate } from "./decisions.ts";
import { PRIVATE, SHARED } from "../../support/messages.ts";

const asked = (staleIfError = false): Decision => ({
  action: "revalidate",
  reason: "request",
  staleIfError,
  staleIfLost: staleIfError,
});
describe("decideRequest() with directives of the request, in a private cache", () => {
  const table: [line: string, value: string, ms: number, expected: Decision, because: string][] = [
    ["no-cache", "max-age=60", 1_000, asked(), "the client wants it validated"],
    ["no-cache", "max-age=60, stale-if-error=9", 1_000, asked(true), "an error is still better answered"],
    ["max-age=10", "max-age=60", 10_000, serve(10, 50), "it is not older than that"],
    ["max-age=10", "max-age=60", 10_001, asked(), "it is older than that"],
    ["max-age=0", "max-age=60", 1_000, asked(), "the client wants a new one"],
    ["max-age=10, max-stale=5", "max-age=60", 15_000, serve(15, 45), "so much more is tolerated"],
    ["max-age=10, max-stale=5", "max-age=60", 16_000, asked(), "no more than that is tolerated"],
    [
      "max-age=10",
      "max-age=60, stale-while-revalidate=99",
      70_000,
      asked(),
      "the window is not the client's wish",
    ],
    ["max-age=90", "max-age=60", 70_000, validate(), "no greater age makes it fresh"],
    ["min-fresh=10", "max-age=60", 50_000, serve(50, 10), "it will be fresh that long"],
    ["min-fresh=10", "max-age=60", 50_001, asked(), "it will not"],
    [
      "min-fresh=10",
      "max-age=60, stale-while-revalidate=99",
      61_000,
      asked(),
      "a stale one is fresh for no time at all",
    ],
    ["max-stale=5", "max-age=60", 65_000, serve(65, -5), "so much staleness is tolerated"],
    ["max-stale=5", "max-age=60", 65_001, validate(), "no more than that"],
    ["max-stale", "max-age=60", 9_999_000, serve(9_999, 60 - 9_999), "any staleness is tolerated"],
    ["max-stale", "max-age=60, must-revalidate", 61_000, validate(), "the response forbids it"],
    ["stale-if-error=5", "max-age=60", 65_000, validate(true), "the client grants a window"],
    ["stale-if-error=5", "max-age=60", 65_001, validate(), "it is over"],
    ["stale-if-error=5", "max-age=60, must-revalidate", 61_000, validate(), "the response forbids it"],
    ["only-if-cached", "max-age=60", 1_000, serve(1, 59), "a stored one will do"],
    ["only-if-cached", "max-age=60", 61_000, REFUSE, "it is stale"],
    ["only-if-cached, max-stale", "max-age=60", 61_000, serve(61, -1), "a stale one will do"],
    ["only-if-cached", "no-cache", 1_000, REFUSE, "it would have to be validated"],
    ["no-store", "max-age=60", 1_000, serve(1, 59), "that speaks of storing"],
  ];
  test.each(table)("%s, stored with %s, at %d ms: %o, as %s", (line, value, ms, expected) => {
    expect(decide(PRIVATE, value, ms, `Cache-Control: ${line}`)).toEqual(expected);
  });

  test("Pragma: no-cache counts where there is no Cache-Control", () => {
    expect(decide(PRIVATE, "max-age=60", 1_000, "Pragma: no-cache")).toEqual(asked());
    expect(decide(SHARED, "max-age=60", 1_000, "Pragma: no-cache")).toEqual(serve(1, 59));
  });

  test.each(table)("a shared cache hears none of %j", (line, value, ms) => {
    expect(decide(SHARED, value, ms, `Cache-Control: ${line}`)).toEqual(decide(SHARED, value, ms));
  });

  test("a shared cache hears them if its owner says so", () => {
    const listening = cacheRules({ shared: true, requestDirectives: true });
    expect(decide(listening, "max-age=60", 1_000, "Cache-Control: no-cache")).toEqual(asked());
  });
});

describe("decideRequest(), whatever is stored and asked", () => {
  const seconds = fc.integer({ min: 0, max: 200 });
  const value = fc.tuple(seconds, seconds, seconds, fc.constantFrom("", ", must-revalidate", ", no-cache"));
  const line = fc.constantFrom(
    "no-cache",
    "max-age=5",
    "max-stale=50",
    "max-stale",
    "min-fresh=5",
    "only-if-cached",
    "x",
  );

  test("serves stale only within a window or the client's tolerance, and never where it is forbidden", () => {
    fc.assert(
      fc.property(
        value,
        seconds,
        fc.array(line),
        fc.boolean(),
        ([maxAge, swr, sie, more], now, lines, soft) => {
          const control = `max-age=${maxAge}, stale-while-revalidate=${swr}, stale-if-error=${sie}${more}`;
          const decision = decide(PRIVATE, control, now * 1_000, `Cache-Control: ${lines.join()}`, soft);
          if (decision.action !== "serve") return;
          expect(decision.age).toBe(now);
          const isStale = decision.timeLeft <= 0;
          expect(isStale).toBe(soft || now >= maxAge);
          if (!isStale) return;
          expect(more).toBe("");
          const tolerance = lines.includes("max-stale") || lines.includes("max-stale=50") ? Infinity : swr;
          expect(-decision.timeLeft).toBeLessThanOrEqual(tolerance);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
