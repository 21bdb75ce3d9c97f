import { cannot, EVERYTHING, isTag, TAG_RULE, tagSelector, type Selector } from "../src/index.ts";
import type { LocalPurge } from "./api-types.ts";
import { ANY_TAG } from "./purges.ts";
import { withoutFragment } from "./request.ts";

/**
 * What a purge of this browser names.
 *
 * @throws {TypeError} if it has another shape
 */
export function readTarget(target: LocalPurge): {
  readonly selectors: readonly Selector[];
  readonly urls: readonly string[];
} {
  const { tags = [], urls = [], everything } = target;
  const odd = tags.find((tag) => typeof tag !== "string" || !isTag(tag));
  if (odd !== undefined) throw new TypeError(cannot("purge", `a tag ${TAG_RULE}`, odd));
  const found = tags.length > 0 ? [ANY_TAG, ...tags.map(tagSelector)] : [];
  return {
    selectors: everything === true ? [EVERYTHING] : found,
    // What is no URL is said by Request, as fetch does.
    urls: urls.map((url) => withoutFragment(new Request(url).url)),
  };
}
