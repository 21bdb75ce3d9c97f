import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { targetedPolicy } from "../../../src/http/policy.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { get, response, START } from "../../support/messages.ts";

const profile = fc.constantFrom("safe" as const, "rfc" as const);
const policy = targetedPolicy(["CDN-Cache-Control"]);

describe("What must not be in a shared cache never is, in either profile", () => {
  const plain = [
    "public",
    "max-age=60",
    "s-maxage=60",
    "must-revalidate",
    "proxy-revalidate",
    "immutable",
    "no-cache",
    "stale-while-revalidate=9",
    "stale-if-error=9",
    "x",
  ];
  const directives = fc.array(fc.constantFrom(...plain), { maxLength: 4 });
  const others = fc.subarray([
    'ETag: "1"',
    "Expires: Fri, 31 Dec 9999 23:59:59 GMT",
    "Vary: Accept",
    "Age: 5",
    "Last-Modified: Fri, 01 May 2026 00:00:00 GMT",
  ]);
  const status = fc.oneof(fc.constantFrom(200, 203, 404, 301, 302), fc.integer({ min: 200, max: 599 }));
  const mark = fc.constantFrom("no-store", "private", "no-store, private");
  const shuffled = (name: fc.Arbitrary<string>) =>
    fc
      .tuple(directives, name, directives)
      .map(([before, word, after]) => [...before, word, ...after].join(", "));
  const rulesOf = (kind: "safe" | "rfc") => cacheRules({ shared: true, profile: kind, policy });
  const stores = (kind: "safe" | "rfc", code: number, lines: readonly string[]): boolean =>
    decideResponse(get(), response(code, ...lines), rulesOf(kind)).action === "store";

  test("what Cache-Control marks no-store or private, where no targeted field speaks (RFC 9111, 3)", () => {
    const broken = fc.constantFrom(
      [],
      ["CDN-Cache-Control:"],
      ["CDN-Cache-Control: max-age=60,"],
      ['CDN-Cache-Control: max-age="60"'],
      ["Other-CDN-Cache-Control: max-age=60"],
    );
    fc.assert(
      fc.property(profile, status, shuffled(mark), others, broken, (kind, code, control, lines, targeted) => {
        expect(stores(kind, code, [`Cache-Control: ${control}`, ...lines, ...targeted])).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("what a valid targeted field marks so, whatever Cache-Control says (RFC 9213, 2.2)", () => {
    fc.assert(
      fc.property(
        profile,
        status,
        shuffled(mark),
        directives,
        others,
        (kind, code, targeted, control, lines) => {
          const fields = [`Cache-Control: ${control.join(", ")}`, `CDN-Cache-Control: ${targeted}`, ...lines];
          expect(stores(kind, code, fields)).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("must-understand lifts no-store for statuses that are understood, and private for none (RFC 9111, 5.2.2.3)", () => {
    const UNKNOWN = [299, 399, 418, 499, 599];
    const field = fc.constantFrom("Cache-Control", "CDN-Cache-Control");
    fc.assert(
      fc.property(
        profile,
        status,
        field,
        shuffled(fc.constant("must-understand, no-store")),
        fc.boolean(),
        others,
        (kind, code, name, control, isPrivate, lines) => {
          const isStored = stores(kind, code, [
            `${name}: ${control}${isPrivate ? ", private" : ""}`,
            ...lines,
          ]);
          if (isPrivate || UNKNOWN.includes(code)) expect(isStored).toBe(false);
          if (isStored)
            expect(
              stores(kind, code, [`${name}: ${control.replaceAll("must-understand, ", "")}`, ...lines]),
            ).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("and nothing that is stored is fresh for longer than the fields that speak to it say", () => {
    const seconds = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(
        profile,
        seconds,
        fc.option(seconds),
        seconds,
        fc.integer({ min: 0, max: 300 }),
        (kind, maxAge, targeted, age, now) => {
          const lines = [
            `Cache-Control: max-age=${maxAge}`,
            `Age: ${age}`,
            'ETag: "1"',
            ...(targeted === null ? [] : [`CDN-Cache-Control: max-age=${targeted}`]),
          ];
          const rules = rulesOf(kind);
          const kept = decideResponse(get(), response(200, ...lines), rules);
          if (kept.action === "pass") throw new Error("Not stored");
          const decision = decideRequest(get(), kept.facts, { rules, now: START + now * 1_000 });
          expect(decision.action).toBe(age + now < (targeted ?? maxAge) ? "serve" : "revalidate");
          if (decision.action === "serve") expect(decision.age).toBe(age + now);
        },
      ),
    );
  });
});
