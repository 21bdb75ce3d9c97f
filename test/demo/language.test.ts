import { describe, expect, test } from "vitest";

import { languages, negotiateLanguage } from "../../demo/origin/language.ts";

describe("negotiateLanguage()", () => {
  const conversation: [header: string | undefined, expected: string, because: string][] = [
    [undefined, "en", "nothing was asked for"],
    ["", "en", "nothing was asked for"],
    ["fr", "fr", "it is there"],
    ["FR", "fr", "tags know no case"],
    ["fr-CA", "fr", "a dialect falls back to its language"],
    ["zh-Hant-TW", "zh", "whatever follows the language is cut off"],
    ["fra", "en", "a tag with the same first letters is another language"],
    ["de;q=0.3, fr;q=0.8", "fr", "the greater quality wins"],
    ["de;q=0.8, fr;q=0.3", "de", "the greater quality wins, wherever it stands"],
    ["de, fr", "de", "the first of equals wins"],
    ["br, cy;q=0.9, it;q=0.1", "it", "languages without names are passed over"],
    ["br", "en", "no language matches"],
    ["*", "en", "any language will do"],
    ["ja;q=0.5, *;q=0.1", "ja", "a named language goes before any"],
    ["*, ja", "ja", "a named language goes before any, also at the same quality"],
    ["ja;q=0.1, *;q=0.5", "en", "any other is preferred to the named one"],
    ["en;q=0, *", "ar", "English is refused"],
    ["fr;q=0", "en", "a refusal alone asks for nothing"],
    ["fr-CA;q=0, fr;q=0.5", "fr", "refusing a dialect does not refuse the language"],
    ["fr-CA, en;q=0.9, fr;q=0.8", "fr", "the dialect was preferred and its language is what we have"],
    ["fr; q=0.5 , de ; q=0.9", "de", "spaces may stand around the parts"],
    ["fr;q=1.5, de;q=0.1", "de", "a malformed quality takes its member out"],
    ["fr;q=abc, ;;;, de", "de", "malformed members are skipped"],
    [",".repeat(5_000), "en", "rubbish asks for nothing"],
  ];

  test.each(conversation)("Accept-Language %j is answered in %s: %s", (header, expected) => {
    expect(negotiateLanguage(header)).toBe(expected);
  });

  test("a source language without an HTTP tag would be left out, so every tag has two letters", () => {
    expect(languages).toHaveLength(24);
    expect(new Set(languages).size).toBe(24);
    for (const language of languages) expect(language).toMatch(/^[a-z]{2}$/);
  });
});
