import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { get, request, response, START } from "../../support/messages.ts";

const directive = fc.constantFrom(
  ...[
    "public",
    "max-age=60",
    "s-maxage=60",
    "must-revalidate",
    "immutable",
    "no-cache",
    'private="x"',
    "private=x",
  ],
  ...[
    "stale-while-revalidate=9",
    "stale-if-error=9",
    'x="y, z"',
    'x="',
    "max-age",
    "max-age=-1",
    "=",
    ";",
    "\\",
  ],
);
const line = fc.oneof(
  fc.array(directive, { maxLength: 5 }).map((list) => `Cache-Control: ${list.join(", ")}`),
  fc.constantFrom(
    'ETag: "1"',
    "Expires: Fri, 31 Dec 9999 23:59:59 GMT",
    "Expires: 0",
    "Vary: Accept",
    "Vary: , *",
  ),
  fc.constantFrom(
    "Set-Cookie: a=1",
    "Age: 5",
    "Date: never",
    "Last-Modified: 0",
    "Content-Range: x",
    "Pragma: x",
  ),
);
const lines = fc.array(line, { maxLength: 6 });
/** Quotes that one line opens and another closes make what is between them an argument: that is no mark. */
const closed = fc.array(
  line.filter((it) => it.split('"').length % 2 === 1),
  { maxLength: 6 },
);
const status = fc.oneof(
  fc.constantFrom(200, 204, 206, 301, 304, 404, 500),
  fc.integer({ min: -1, max: 700 }),
);
const asked = fc.constantFrom(
  get(),
  get("Authorization: x"),
  get("Cookie: a"),
  request("POST"),
  request("HEAD"),
);
const rules = fc.record({
  shared: fc.boolean(),
  profile: fc.constantFrom("safe", "rfc"),
  strictSMaxage: fc.boolean(),
  defaultLifetime: fc.constantFrom(0, 60),
  defaultStaleIfError: fc.constantFrom(0, 60),
  keep: fc.constantFrom(0, 60),
});

/** A directive in any case, hidden among others on a line of its own or in the middle of one. */
function marked(name: string): fc.Arbitrary<string> {
  const spelt = fc.mixedCase(fc.constant(name));
  const around = fc.array(
    directive.filter((it) => !/["\\]|private/.test(it)),
    { maxLength: 2 },
  );
  return fc.tuple(around, spelt, around).map((parts) => `Cache-Control: ${parts.flat().join(",")}`);
}

describe("decideResponse(), whatever else the fields say", () => {
  test("never stores what is marked no-store", () => {
    fc.assert(
      fc.property(
        closed,
        marked("no-store"),
        lines,
        status,
        asked,
        rules,
        (before, mark, after, code, ask, options) => {
          const decision = decideResponse(
            ask,
            response(code, ...before, mark, ...after),
            cacheRules(options),
          );
          expect(decision.action).toBe("pass");
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("never stores in a shared cache what is marked private as a whole", () => {
    fc.assert(
      fc.property(
        closed,
        marked("private"),
        lines,
        status,
        asked,
        rules,
        (before, mark, after, code, ask, options) => {
          const shared = cacheRules({ ...options, shared: true });
          expect(decideResponse(ask, response(code, ...before, mark, ...after), shared).action).toBe("pass");
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("never shares what answered a credential without one of the three directives that allow it", () => {
    const quiet = line.filter((it) => !/public|s-maxage|must-revalidate/.test(it));
    fc.assert(
      fc.property(fc.array(quiet), status, rules, (fields, code, options) => {
        const shared = cacheRules({ ...options, shared: true });
        expect(decideResponse(get("Authorization: x"), response(code, ...fields), shared).action).toBe(
          "pass",
        );
      }),
    );
  });

  test("never shares a Set-Cookie by the safe profile", () => {
    fc.assert(
      fc.property(lines, status, rules, (fields, code, options) => {
        const safe = cacheRules({ ...options, shared: true, profile: "safe" });
        const decision = decideResponse(get(), response(code, ...fields, "Set-Cookie: owner=a"), safe);
        if (decision.action === "pass") return;
        expect(decision.facts.fields.map(([name]) => name)).not.toContain("set-cookie");
      }),
    );
  });

  test("never throws, and what it stores has sound facts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.string())),
        status,
        asked,
        rules,
        (fields, code, ask, options) => {
          const decision = decideResponse(ask, response(code, ...fields), cacheRules(options));
          if (decision.action === "pass") return;
          const { facts, keepFor } = decision;
          expect(keepFor).toBeGreaterThan(0);
          expect(facts.lifetime).toBeGreaterThanOrEqual(0);
          expect(facts.initialAge).toBeGreaterThanOrEqual(0);
          expect(facts.responseAt).toBe(START);
          expect(facts.staleForbidden ? facts.staleWhileRevalidate + facts.staleIfError : 0).toBe(0);
          expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
