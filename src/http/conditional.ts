import { parseHttpDate } from "./date.ts";
import { listMembers, type Fields } from "./fields.ts";
import { dateValue } from "./freshness.ts";
import type { RequestFacts, ResponseFacts } from "./message.ts";
import type { StoredFacts } from "./stored.ts";

/** Request fields that make an answer depend on what the client already has. A cache fills without them. */
export const CONDITIONAL_FIELDS: readonly string[] = [
  "if-none-match",
  "if-modified-since",
  "if-range",
  "range",
];

/** RFC 9110, 15.4.5: what a 304 carries of the fields that the 200 would have had; the rest is representation. */
const NOT_MODIFIED_LEFT_OUT: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
]);

/** What of a response a client's conditions are compared with. */
export type Validators = Pick<StoredFacts, "status" | "etag" | "lastModified" | "dateAt" | "responseAt">;

/** The validators of a response that has just come. */
export function validatorsOf(response: ResponseFacts): Validators {
  const { status, headers, responseAt } = response;
  const [etag, lastModified] = [headers.get("etag"), headers.get("last-modified")];
  return { status, etag, lastModified, dateAt: dateValue(response), responseAt };
}

/**
 * Whether the client's copy still holds, so that 304 answers it (RFC 9111, 4.3.2; RFC 9110, 13.2.2).
 * Only a 200 has preconditions; If-None-Match wins over If-Modified-Since; entity tags compare weakly.
 */
export function isNotModified(request: RequestFacts, stored: Validators): boolean {
  if ((request.method !== "GET" && request.method !== "HEAD") || stored.status !== 200) return false;
  const ifNoneMatch = request.headers.get("if-none-match");
  if (ifNoneMatch !== null) return matchesAnyTag(ifNoneMatch, stored.etag);
  const since = parseHttpDate(request.headers.get("if-modified-since"), stored.responseAt);
  if (since === undefined) return false;
  // RFC 9111, 4.3.2: without Last-Modified the stored Date takes its place.
  const modifiedAt = parseHttpDate(stored.lastModified, stored.responseAt) ?? stored.dateAt;
  return modifiedAt <= since;
}

function matchesAnyTag(ifNoneMatch: string, etag: string | null): boolean {
  const tags = listMembers(ifNoneMatch);
  if (tags.includes("*")) return true;
  return etag !== null && tags.some((tag) => opaqueTag(tag) === opaqueTag(etag));
}

/** RFC 9110, 8.8.3.2: the weak comparison looks at the opaque part alone. */
function opaqueTag(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

/** The fields of a 304 made from a response's fields. */
export function notModifiedFields(fields: Fields): Fields {
  return fields.filter(([name]) => !NOT_MODIFIED_LEFT_OUT.has(name));
}

/** What a cache asks the origin with to learn whether a stored response still holds (RFC 9111, 4.3.1); empty = it cannot. */
export function validationFields({ etag, lastModified }: Pick<StoredFacts, "etag" | "lastModified">): Fields {
  const fields: [string, string][] = [];
  if (etag !== null) fields.push(["if-none-match", etag]);
  if (lastModified !== null) fields.push(["if-modified-since", lastModified]);
  return fields;
}
