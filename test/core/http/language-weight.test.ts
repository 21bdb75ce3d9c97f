import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBestLanguage, languageWeight } from "../../../src/http/negotiation.ts";

describe("languageWeight()", () => {
  const table: [accept: string | null, language: string | null, weight: number, because: string][] = [
    ["de, en;q=0.5", "de", 1_000, "a range without a weight is wanted wholly"],
    ["de, en;q=0.5", "en", 500, "the range's weight counts"],
    ["de, en;q=0.5", "en-GB", 500, "a wider range matches (RFC 4647, 3.3.1)"],
    ["en;q=0.5, en-GB;q=0.8", "en-gb", 800, "the longest range that matches counts, in any case"],
    ["en;q=0.9, en-GB;q=0.1", "en-GB", 100, "also where it is wanted less"],
    ["de, *;q=0.1", "fr", 100, "a star matches what no other range does"],
    ["de", "fr", 0, "what no range matches is not wanted"],
    ["de, fr;q=0", "fr", 0, "nor is what is refused"],
    ["en-GB", "en", 0, "a narrower range does not match"],
    ["eng", "en", 0, "nor does one that only begins alike"],
    [null, "fr", 1_000, "who asks for none takes any"],
    ["de", null, 1_000, "what names no language is for all (RFC 9110, 8.5)"],
    ["de", "de, en", 1_000, "what names several is for no one audience that could be weighed"],
    ["de;q=x", "fr", 1_000, "a field that cannot be read says nothing"],
    ["", "fr", 1_000, "nor does an empty one"],
  ];
  test.each(table)("%j of %j is %d: %s", (accept, language, weight) => {
    expect(languageWeight(accept, language)).toBe(weight);
  });

  test("never throws and stays between 0 and 1000; the best language is wanted most", () => {
    const tag = fc.constantFrom("de", "en", "en-GB", "fr", "zh-Hant-TW");
    const item = fc.tuple(tag, fc.integer({ min: 0, max: 10 })).map(([range, q]) => `${range};q=${q / 10}`);
    const accept = fc.oneof(
      fc.string(),
      fc.array(item, { maxLength: 5 }).map((list) => list.join(", ")),
    );
    fc.assert(
      fc.property(accept, fc.oneof(tag, fc.string()), tag, (wanted, language, other) => {
        const weight = languageWeight(wanted, language);
        expect(weight >= 0 && weight <= 1_000).toBe(true);
        if (isBestLanguage(wanted, language)) expect(weight >= languageWeight(wanted, other)).toBe(true);
      }),
    );
  });
});
