import { resourceKey } from "../key.ts";
import { plainlySpelt } from "../spelling.ts";
import { normaliseQuery, type QueryOptions } from "./query.ts";

/** What makes no other resource although it makes another URL. */
export interface ResourceOptions {
  /** Parts of the query that count for nothing. @defaultValue every byte of it counts */
  readonly query?: QueryOptions | undefined;
  /**
   * `normal`: an escape of a letter, digit, `-`, `.`, `_` or `~` is that character, and hex digits are in upper case
   * (RFC 3986, 6.2.2; RFC 9110, 4.2.3). `as-sent`: for origins that sign URLs by their bytes. @defaultValue "normal"
   */
  readonly escapes?: "normal" | "as-sent" | undefined;
}

/**
 * The URL to key a request under and to ask the origin for: one for all URLs of one meaning. Without fragment,
 * credentials and the dot that may end a host.
 *
 * @throws {TypeError} if it is not a URL
 */
export function resourceOf(url: string, { query, escapes = "normal" }: ResourceOptions = {}): string {
  const spelt = escapes === "normal" ? plainlySpelt(resourceKey(url)) : resourceKey(url);
  const mark = query === undefined ? -1 : spelt.indexOf("?");
  return mark < 0 ? spelt : spelt.slice(0, mark) + normaliseQuery(spelt.slice(mark), query);
}
