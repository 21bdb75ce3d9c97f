import type { Selector } from "./ledger.ts";
import { bucketOf, urlSelector } from "./selectors.ts";

/**
 * The selectors that a purge of a URL has to name. A URL with a query may be answered by what was stored under another
 * query (No-Vary-Search), and nobody who purges can know under which: such responses carry a label that covers their path
 * with any query.
 *
 * @returns `undefined` if it is not an absolute http or https URL
 */
export function urlSelectors(url: string): readonly Selector[] | undefined {
  const own = urlSelector(url);
  if (own === undefined) return undefined;
  return new URL(url).search === "" ? [own] : [own, anyQuerySelector(url)];
}

/**
 * What a response that answers more queries than its own carries besides the labels of its URL.
 *
 * @param url the URL it is stored under
 * @param answersNone whether it also answers its path without a query
 */
export function aliasLabels(url: string, answersNone: boolean): readonly Selector[] {
  const any = anyQuerySelector(url);
  const none = answersNone ? urlSelector(pathOf(url)) : undefined;
  return [any, bucketOf(any), ...(none === undefined ? [] : [none, bucketOf(none)])];
}

/** As the URL of a query that no page would have: one more that has it is purged too often, and no more. */
function anyQuerySelector(url: string): Selector {
  return urlSelector(`${pathOf(url)}?*`) ?? "";
}

function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? url;
}
