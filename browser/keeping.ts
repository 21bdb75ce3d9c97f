import { endToEndFields, type Fields, type Seconds, type StoredFacts } from "../src/index.ts";
import type { CacheableRequest } from "./request.ts";

/** Whether a response is one of which scripts see all there is, under the URL that was asked for. */
export function isOpenToUs({ redirected, type }: Response): boolean {
  return !redirected && (type === "basic" || type === "cors" || type === "default");
}

/**
 * An answer's fields. Where a token stands in for the user, the answer varies by it, whether it says so or not: two
 * tokens never share a response. A 304 without Vary leaves the stored one as it is.
 */
export function answeredFields(
  { headers, status }: Response,
  { hasToken }: CacheableRequest,
  isPartitioned: boolean,
): Fields {
  const fields = endToEndFields(headers);
  const varies = hasToken && !isPartitioned && (status !== 304 || headers.has("vary"));
  return varies ? [...fields, ["vary", "authorization"]] : fields;
}

/**
 * A page cannot see its cookies as the server does. Without a partition to tell users apart, a response that varies by
 * them is shown only after the server has confirmed it.
 */
export function guarded(facts: StoredFacts, isPartitioned: boolean): StoredFacts {
  if (isPartitioned || !facts.nominated.some(([name]) => name === "cookie")) return facts;
  return { ...facts, alwaysValidate: true, staleForbidden: true, staleWhileRevalidate: 0, staleIfError: 0 };
}

/** How long to keep a response: as long as the rules want it, or as it may be shown while there is no network. */
export function keptFor(
  { lifetime, initialAge, staleForbidden }: StoredFacts,
  wanted: Seconds,
  maxStale: Seconds,
): Seconds {
  return staleForbidden ? wanted : Math.max(wanted, lifetime - initialAge + maxStale);
}

/** What a response says of its length; `undefined` if nothing that can be read. */
export function statedLength({ headers }: Response): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * Whether the stated length is that of the bytes a script reads: not under a content coding, which an answer of another
 * origin may hide.
 */
export function isLengthOfBody({ headers, type }: Response): boolean {
  return type === "basic" && !headers.has("content-encoding");
}
