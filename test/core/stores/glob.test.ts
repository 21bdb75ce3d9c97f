import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeGlob, globMatcher } from "../../../src/stores/glob.ts";

const rows: [pattern: string, text: string, matches: boolean][] = [
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["a*", "a", true],
  ["a*c", "abbc", true],
  ["a*c", "abbcd", false],
  ["*b*", "abc", true],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["[ab]", "a", false],
  ["[ab]", "[ab]", true],
  [String.raw`\*`, "*", true],
  [String.raw`\*`, "a", false],
  [String.raw`a\\`, "a\\", true],
  ["a\\", "a\\", true],
  ["a.c", "abc", false],
  ["*a*b", "aab", true],
  ["*ab", "aab", true],
];

describe("globMatcher()", () => {
  test.each(rows)("%o on %o: %o", (pattern, text, matches) => {
    expect(globMatcher(pattern)(text)).toBe(matches);
  });

  test("matches what the same pattern as a regular expression would", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\"), maxLength: 8 });
    fc.assert(
      fc.property(
        word,
        fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\"), maxLength: 8 }),
        (pattern, text) => {
          const source = pattern.replace(/\\?[^]/g, (token) => {
            if (token === "*") return "[^]*";
            if (token === "?") return "[^]";
            const literal = token.length === 2 ? token.slice(1) : token;
            return `\\u${literal.charCodeAt(0).toString(16).padStart(4, "0")}`;
          });
          expect(globMatcher(pattern)(text)).toBe(new RegExp(`^${source}$`, "v").test(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("an escaped text matches itself alone", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (text, other) => {
        expect(globMatcher(escapeGlob(text))(text)).toBe(true);
        expect(globMatcher(escapeGlob(text))(other)).toBe(text === other);
      }),
    );
  });

  test("many stars on a long text take steps in proportion to both, not to all ways to place them", () => {
    expect(globMatcher(`${"*a".repeat(500)}b`)("a".repeat(5_000))).toBe(false);
  });
});
