import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/http/fields.ts";
import { broadLabelsOf, labelsOf } from "../../../src/responses/labels.ts";

const URL_A = "https://example.com/shop/a?b=1";

function groupsIn(fields: Fields): number | undefined {
  return broadLabelsOf(URL_A, fields, [])?.filter((label) => label.startsWith("group:")).length;
}

describe("broadLabelsOf()", () => {
  const string = fc
    .string({ unit: fc.constantFrom("a", "b", ",", " ", "\\\\", '\\"', ";") })
    .map((text) => `"${text}"`);
  const parameter = fc.constantFrom("", ";a", ";a=1", ';a="b, \\"c\\""');
  const member = fc.tuple(string, parameter).map(([text, more]) => text + more);
  const groups = fc.array(fc.oneof(member, fc.constantFrom("a", "1", '("a" "b")', '"', "")), {
    maxLength: 5,
  });
  const line: fc.Arbitrary<readonly [string, string]> = fc.oneof(
    fc.tuple(
      fc.constant("cache-groups"),
      groups.map((members) => members.join(", ")),
    ),
    fc.tuple(fc.constant("cache-tag"), fc.constantFrom("a, b", "", "\u00e9")),
    fc.tuple(
      fc.constant("no-vary-search"),
      fc.constantFrom("params", 'params=("b")', 'except=("b")', "key-order", "?0", ""),
    ),
  );

  test("are all of labelsOf() at least, so that no purge misses what it would have found", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (fields) => {
        const exact = labelsOf(URL_A, fields, { otherwise: ["c"] });
        const broad = broadLabelsOf(URL_A, fields, ["c"]);
        if (broad === undefined) expect(exact).toBeUndefined();
        else expect(broad).toEqual(expect.arrayContaining([...(exact ?? [])]));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are the same where a response says nothing of groups and queries", () => {
    const fields: Fields = [["cache-tag", "a, b"]];
    expect(broadLabelsOf(URL_A, fields, [])).toEqual(labelsOf(URL_A, fields));
  });

  test.each([
    ['"a", "b";c="d"', 2],
    ['"a", "a"', 1],
    ['"a", b', 1],
    ['"a, b', 0],
    ["", 0],
  ])("count in the groups %s %d", (value, count) => {
    expect(groupsIn([["cache-groups", value]])).toBe(count);
  });

  test("are none that could be kept for more groups than a purge could name", () => {
    const many = Array.from({ length: 1_001 }, (_, index) => `"${index}"`);
    expect(groupsIn([["cache-groups", many.slice(1).join()]])).toBe(1_000);
    expect(groupsIn([["cache-groups", many.join()]])).toBeUndefined();
    expect(groupsIn([["cache-groups", `"${"a".repeat(1_025)}"`]])).toBeUndefined();
  });
});
