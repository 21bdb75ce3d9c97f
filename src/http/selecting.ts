import { COMMA, SPACE } from "./fields.ts";
import { canonicalField, isBestLanguage, languageWeight } from "./negotiation.ts";
import type { Selecting } from "./vary.ts";

/** What is wanted alike keeps its order, as many origins prefer the first. */
export const strictSelecting: Selecting = {
  canonical: (name, value) => (isPlainList(value) ? value : canonicalField(name, value)),
  isBestLanguage: () => false,
  languageWeight,
};

/**
 * The order of what is wanted alike means nothing, as RFC 9110, 12.4.2 has it, and a stored response in the one language
 * that a request wants most answers it.
 */
export const looseSelecting: Selecting = {
  canonical: (name, value) => canonicalField(name, value, { order: "loose" }),
  isBestLanguage,
  languageWeight,
};

/**
 * Whether a value is its own canonical form, whatever field it is of: words of small letters, a comma and a space between
 * them, none twice. `gzip, deflate, br` is one; `false` means that it is not certain.
 */
function isPlainList(value: string): boolean {
  let seen = 0;
  for (let start = 0; start < value.length;) {
    let end = start;
    while (end < value.length && isSmallLetter(value.charCodeAt(end))) end++;
    // Words that are alike share their bit; so may others, which costs no more than a closer look.
    const bit = 1 << (value.charCodeAt(start) + 3 * (end - start));
    if (end === start || (seen & bit) !== 0) return false;
    if (end === value.length) return true;
    if (value.charCodeAt(end) !== COMMA || value.charCodeAt(end + 1) !== SPACE) return false;
    seen |= bit;
    start = end + 2;
  }
  return false;
}

function isSmallLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}
