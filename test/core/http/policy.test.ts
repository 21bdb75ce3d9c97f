import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldReader, type Fields } from "../../../src/http/fields.ts";
import { ownPolicy, targetedPolicy } from "../../../src/http/policy.ts";

const read = targetedPolicy(["Ours-CDN-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"]);

/** The policy of a response that has these lines. */
function policyOf(...lines: string[]) {
  const fields: Fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return read(fieldReader(fields));
}

const SHORT = "Cache-Control: max-age=1";

describe("targetedPolicy() (RFC 9213)", () => {
  test.each([
    ["CDN-Cache-Control: max-age=600", { maxAge: 600, noStore: false }],
    ["CDN-Cache-Control: no-store", { maxAge: undefined, noStore: true }],
    ["CDN-Cache-Control: no-store=?0, max-age=5", { maxAge: 5, noStore: false }],
    ["CDN-Cache-Control: private, max-age=600", { private: true }],
    ['CDN-Cache-Control: private="set-cookie", max-age=600', { private: ["set-cookie"] }],
    ["CDN-Cache-Control: max-age=-1", { maxAge: 0 }],
    ["CDN-Cache-Control: max-age=600, max-age=5", { maxAge: 5 }],
    ["CDN-Cache-Control: max-age=600;unknown=1, another=(a b)", { maxAge: 600 }],
    [
      "CDN-Cache-Control: must-revalidate, stale-while-revalidate=9",
      { mustRevalidate: true, staleWhileRevalidate: 9 },
    ],
  ])("%s takes the place of Cache-Control", (line, directives) => {
    const policy = policyOf(SHORT, line);
    expect(policy.source).toBe("cdn-cache-control");
    expect(policy.directives).toMatchObject(directives);
  });

  test.each([
    ["is empty", "CDN-Cache-Control:"],
    ["is no dictionary", "CDN-Cache-Control: max-age=600, &&&"],
    ["has its age as a string", 'CDN-Cache-Control: max-age="600"'],
    ["has its age as a token", "CDN-Cache-Control: max-age=long"],
    ["has its age as a fraction", "CDN-Cache-Control: max-age=600.5"],
    ["has its age alone", "CDN-Cache-Control: max-age"],
    ["has a key in upper case", "CDN-Cache-Control: Max-Age=600"],
    ["is for another cache", "Theirs-CDN-Cache-Control: max-age=600"],
  ])("a field that %s counts as absent", (_, line) => {
    expect(policyOf(SHORT, line)).toMatchObject({ source: "cache-control", directives: { maxAge: 1 } });
  });

  test("the first in our order counts, and an invalid one gives way to the next", () => {
    const next = "CDN-Cache-Control: max-age=20";
    expect(policyOf(next, "Ours-CDN-Cache-Control: max-age=10").directives.maxAge).toBe(10);
    expect(policyOf(next, "Ours-CDN-Cache-Control: 10").directives.maxAge).toBe(20);
  });

  test("several lines are one field", () => {
    const policy = policyOf("CDN-Cache-Control: max-age=600", "CDN-Cache-Control: no-store");
    expect(policy.directives).toMatchObject({ maxAge: 600, noStore: true });
  });

  test.each([
    ["max-age=60", { maxAge: 60 }],
    ['content="ESI/1.0", max-age=60+30', { maxAge: 60, staleWhileRevalidate: 30 }],
    ["no-store", { noStore: true }],
    ["max-age=soon", { maxAge: 0 }],
  ])("Surrogate-Control: %s is read in its own way", (value, directives) => {
    expect(policyOf(SHORT, `Surrogate-Control: ${value}`)).toMatchObject({
      source: "surrogate-control",
      directives,
    });
  });

  test("Surrogate-Control that speaks of content alone changes nothing", () => {
    expect(policyOf(SHORT, 'Surrogate-Control: content="ESI/1.0"').source).toBe("cache-control");
  });

  test("no value makes it throw", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(() =>
          read(
            fieldReader([
              ["cdn-cache-control", value],
              ["surrogate-control", value],
            ]),
          ),
        ).not.toThrow();
      }),
    );
  });
});

test("ownPolicy() knows nothing of targeted fields", () => {
  const headers = fieldReader([
    ["cdn-cache-control", "max-age=600"],
    ["cache-control", "max-age=1"],
  ]);
  expect(ownPolicy(headers)).toMatchObject({ source: "cache-control", directives: { maxAge: 1 } });
});
