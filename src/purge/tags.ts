import { cannot } from "../errors.ts";
import type { Selector } from "./ledger.ts";

/** Bytes of UTF-8 that one tag may have. */
export const MAX_TAG_BYTES = 1_024;

/** Tags that one response may carry. */
export const MAX_TAGS = 1_000;

/** {@link isTag} in words, for sentences that begin with "a tag". */
export const TAG_RULE = "has 1 to 1,024 bytes, no comma, no control character and no space at its ends";

const NOT_IN_A_TAG = /[,\p{Cc}]/u;
const PRINTABLE_ASCII = /^[\t\x20-\x7e]*$/;

/**
 * Whether a string can serve as a tag: 1 to 1,024 bytes of well-formed text without commas, control
 * characters and white space at its ends. Nothing is folded: `Fr` and `fr` are two tags.
 */
export function isTag(tag: string): boolean {
  if (tag === "" || tag.length > MAX_TAG_BYTES || tag !== tag.trim()) return false;
  if (NOT_IN_A_TAG.test(tag) || !tag.isWellFormed()) return false;
  // A UTF-16 unit takes at most 3 bytes, so a short tag need not be measured.
  return tag.length * 3 <= MAX_TAG_BYTES || new TextEncoder().encode(tag).length <= MAX_TAG_BYTES;
}

/**
 * Reads a `Cache-Tag` field: tags between commas, each once, empty items left out.
 *
 * `undefined` = the tags cannot be kept, and so the response must not be stored, as no purge would find it:
 * more than 1,000 tags, a tag over 1,024 bytes, or characters outside printable ASCII, which the platforms
 * decode in different ways.
 */
export function parseTags(headerValue: string): readonly string[] | undefined {
  if (!PRINTABLE_ASCII.test(headerValue)) return undefined;
  const tags = new Set<string>();
  for (const item of headerValue.split(",")) {
    const tag = item.trim();
    if (tag === "") continue;
    if (!isTag(tag)) return undefined;
    tags.add(tag);
    if (tags.size > MAX_TAGS) return undefined;
  }
  return [...tags];
}

/**
 * Names everything that carries the tag. Tags are equal if they are the same characters in the same case.
 *
 * @throws {TypeError} if it is no tag, by the rule of {@link isTag}
 */
export function tagSelector(tag: string): Selector {
  if (!isTag(tag)) throw new TypeError(cannot("select by tag", `a tag ${TAG_RULE}`, tag));
  return `tag:${tag}`;
}
