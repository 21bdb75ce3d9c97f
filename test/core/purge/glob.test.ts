import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { glob } from "../../../src/purge/glob.ts";

/** Slow and plain: tries every way. */
function oracle(source: string, text: string): boolean {
  const stars = /^\*+/.exec(source)?.[0] ?? "";
  if (source === "") return text === "";
  if (stars === "") return source[0] === text[0] && text !== "" && oracle(source.slice(1), text.slice(1));
  if (oracle(source.slice(stars.length), text)) return true;
  const mayEat = text !== "" && (stars.length > 1 || text[0] !== "/");
  return mayEat && oracle(source, text.slice(1));
}

describe("glob()", () => {
  const table: [source: string, text: string, isWhole: boolean][] = [
    ["", "", true],
    ["", "a", false],
    ["a", "a", true],
    ["a", "A", false],
    ["*", "", true],
    ["*", "abc", true],
    ["*", "a/b", false],
    ["**", "a/b", true],
    ["a*c", "abbc", true],
    ["a*c", "ab/c", false],
    ["a**c", "ab/c", true],
    ["a/*/c", "a/b/c", true],
    ["a/*/c", "a/b/b/c", false],
    ["a/**/c", "a/b/b/c", true],
    ["a.c", "abc", false],
    ["(a+)+$", "(a+)+$", true],
    ["[a]", "a", false],
    ["*b/", "ab/b/", false],
    ["*", "é", true],
    ["é*", "éa", true],
    ["é*", "e", false],
  ];
  test.each(table)("%j matches %j: %s", (source, text, isWhole) => {
    expect(glob(source)(text).isWhole).toBe(isWhole);
  });

  const small = (unit: string, maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...unit.split("")), maxLength });

  test("agrees with an oracle that tries every way", () => {
    fc.assert(
      fc.property(small("ab/**", 9), small("ab/", 9), (source, text) => {
        const { isWhole, isSlashed } = glob(source)(text);
        expect([isWhole, isSlashed]).toEqual([oracle(source, text), oracle(source, `${text}/`)]);
      }),
      { numRuns: 20_000 },
    );
  });

  test("agrees with it across the words of its bits, and on whether a longer text would match", () => {
    fc.assert(
      fc.property(
        fc.nat(70),
        small("ab/*", 6),
        small("ab/", 6),
        small("ab/", 4),
        (length, source, text, more) => {
          const [pad, match] = ["x".repeat(length), glob("x".repeat(length) + source)];
          expect(match(pad + text).isWhole).toBe(oracle(source, text));
          if (oracle(source, text + more)) expect(match(pad + text).isOpen).toBe(true);
        },
      ),
      { numRuns: 10_000 },
    );
  });

  test("knows that no longer text would match", () => {
    expect(glob("a/*")("b")).toEqual({ isWhole: false, isSlashed: false, isOpen: false });
  });

  test("takes no longer for a glob and a text that are made to blow it up", () => {
    const text = `${"a".repeat(16_384)}/`;
    for (const source of ["**a".repeat(80), "*a".repeat(120), `${"a*".repeat(100)}**b`])
      expect(glob(source)(text).isWhole).toBe(false);
  });
});
