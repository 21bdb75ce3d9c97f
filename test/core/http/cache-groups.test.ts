import fc from "fast-check";
import { serializeList } from "structured-headers";
import { describe, expect, test } from "vitest";
import { readGroups } from "../../../src/http/cache-groups.ts";
import { growthOf } from "./work.ts";

const quoted = (groups: readonly string[]) => groups.map((group) => `"${group}"`).join(", ");

describe("readGroups()", () => {
  const table: [value: string | null, groups: readonly string[], because: string][] = [
    [null, [], "there is no field"],
    ["", [], "it names none"],
    ['"scripts"', ["scripts"], "a group is a string"],
    ['"a", "b"', ["a", "b"], "it is a list"],
    ['"a","b"', ["a", "b"], "white space does not count"],
    ['"a", "A", "a"', ["a", "A"], "groups have a case, and each counts once"],
    ['"a";x=1;y, "b";z="c"', ["a", "b"], "parameters do not count"],
    ['"a, b", "c \\"d\\" \\\\"', ["a, b", 'c "d" \\'], "text in quotes is one group"],
    ['""', [""], "an empty name is a name"],
    ["a", [], "a token is no string"],
    ['"a", b', [], "one mistake spoils all of it"],
    ['"a", 1', [], "a number is no string"],
    ['"a", ?1', [], "a boolean is no string"],
    ['"a", ("b")', [], "a list in the list is no string"],
    ['"a", :YQ==:', [], "bytes are no string"],
    ['"a", %"b"', [], "a display string is no string"],
    ['"a",', [], "it ends in a comma"],
    ['"a" "b"', [], "a comma is missing"],
    ['"a', [], "the quotes do not end"],
    ['"é"', [], "strings are ASCII"],
    ['"\\a"', [], "that is no escape"],
  ];
  test.each(table)("Cache-Groups: %s names %j, as %s", (value, groups) => {
    expect(readGroups(value)).toEqual(groups);
  });

  test("32 groups of 32 characters are few, a thousand of 1,024 are the most", () => {
    const few = Array.from({ length: 32 }, (_, index) => String(index).padStart(32, "g"));
    expect(readGroups(quoted(few))).toEqual(few);
    const most = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(1_024, "g"));
    expect(readGroups(quoted(most))).toEqual(most);
  });

  test("one more group, or one more character, and the response must not be stored", () => {
    expect(readGroups(quoted(Array.from({ length: 1_001 }, (_, index) => `g${index}`)))).toBeUndefined();
    expect(readGroups(`"a", "${"g".repeat(1_025)}"`)).toBeUndefined();
  });

  test("one group a thousand times over is one", () => {
    expect(readGroups(quoted(Array.from({ length: 5_000 }, () => "a")))).toEqual(["a"]);
  });

  test("reads what was written", () => {
    const group = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
    fc.assert(
      fc.property(fc.uniqueArray(group, { maxLength: 40 }), (groups) => {
        expect(readGroups(serializeList(groups.map((one) => [one, new Map()])))).toEqual(groups);
      }),
    );
  });

  test("never throws", () => {
    const piece = fc.constantFrom(
      '"',
      "a",
      ",",
      " ",
      "\\",
      "(",
      ")",
      ";",
      "=",
      "?",
      "@1",
      "%",
      ":",
      "-",
      "\t",
    );
    const value = fc.oneof(
      fc.array(piece).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(value, (text) => {
        expect(Array.isArray(readGroups(text))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['"a",', '"', "(", "\\", " ", '"a";b;', '%"%', ":", "a,"])(
    "the work grows as the length: %s",
    (unit) => {
      const growth = growthOf((length) => {
        readGroups(unit.repeat(length / unit.length));
        readGroups(`"${unit.repeat(length / unit.length)}`);
      });
      expect(growth).toBeLessThan(12);
    },
  );
});
