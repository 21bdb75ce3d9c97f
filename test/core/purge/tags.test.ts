import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTag, MAX_TAG_BYTES, MAX_TAGS, parseTags } from "../../../src/purge/tags.ts";

const LONGEST = "t".repeat(MAX_TAG_BYTES);
const MOST = Array.from({ length: MAX_TAGS }, (_, index) => `t${index}`);

describe("isTag()", () => {
  test.each(["a", "country:fr", "Black Friday", "caf\u00e9", "__proto__", LONGEST, "\u20ac".repeat(341)])(
    "accepts %o",
    (tag) => {
      expect(isTag(tag)).toBe(true);
    },
  );
  test.each([
    "",
    " ",
    "a,b",
    " a",
    "a ",
    "a\nb",
    "a\u0000",
    "a\u007f",
    "\ud800",
    `${LONGEST}t`,
    "\u20ac".repeat(342),
  ])("refuses %o", (tag) => {
    expect(isTag(tag)).toBe(false);
  });
});

describe("parseTags() of a Cache-Tag field", () => {
  const table: [field: string, tags: string[] | undefined, because: string][] = [
    ["a", ["a"], "one tag is a list"],
    ["a, b ,\tc", ["a", "b", "c"], "white space around commas does not count"],
    [",a,,b,", ["a", "b"], "empty items do not count"],
    ["a,b,a,A", ["a", "b", "A"], "each tag counts once, in its case"],
    ["", [], "no tag is no tag"],
    ["__proto__,constructor", ["__proto__", "constructor"], "no name is special"],
    [MOST.join(), MOST, "1,000 tags can be kept"],
    [`${MOST.join()},more`, undefined, "1,001 tags cannot be kept"],
    [`${MOST.join()},t0`, MOST, "a repeated tag is no further one"],
    [LONGEST, [LONGEST], "1,024 bytes can be kept"],
    [`${LONGEST}t`, undefined, "1,025 bytes cannot be kept"],
    ["caf\u00e9", undefined, "platforms decode it in different ways"],
    ["a\u0000b", undefined, "controls have no place in a tag"],
  ];
  test.each(table)("%j: %j, as %s", (field, tags) => {
    expect(parseTags(field)).toEqual(tags);
  });

  test("gives only tags, whatever the field holds", () => {
    fc.assert(fc.property(fc.string(), (field) => (parseTags(field) ?? []).every(isTag)));
  });
});
