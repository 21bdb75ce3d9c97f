import type { Seconds } from "../clock.ts";
import type { Qualified, ResponseDirectives } from "./cache-control.ts";
import { requestDirectives } from "./request-directives.ts";
import { cacheControlOf, responseHead, withoutFields, type Fields, type ResponseHead } from "./fields.ts";
import { dateValue, freshnessLifetime, initialAge, isExplicit, type Lifetime } from "./freshness.ts";
import type { RequestFacts, ResponseFacts } from "./message.ts";
import type { StoredPart } from "./parts.ts";
import type { CacheRules } from "./rules.ts";
import type { StoredFacts } from "./stored.ts";
import { nominate, type Nominated } from "./vary.ts";

/** Why a response is not stored. */
export type RefusalReason =
  | "method"
  | "status"
  | "partial"
  | "request-no-store"
  | "no-store"
  | "private"
  | "authorization"
  | "set-cookie"
  | "vary"
  | "no-freshness";

/** What to do with a response that has come: keep it for `keepFor` seconds, or only pass it on. */
export type StoreDecision =
  | { readonly action: "store"; readonly facts: StoredFacts; readonly keepFor: Seconds }
  | { readonly action: "pass"; readonly reason: RefusalReason };

/** RFC 9110, 15.1: statuses that may be stored without explicit freshness. */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501,
]);

/** What `must-understand` asks for: statuses whose caching rules this cache implements (RFC 9111, 5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...HEURISTICALLY_CACHEABLE,
  ...[
    201, 202, 205, 302, 303, 307, 400, 401, 403, 406, 408, 409, 411, 412, 413, 415, 416, 417, 421, 422, 424,
  ],
  ...[426, 428, 429, 431, 451, 500, 502, 503, 504, 505],
]);

/** Chooses whether to store a response (RFC 9111, 3). Pure: each rule is one row of the table in its test. */
export function decideResponse(
  request: RequestFacts,
  response: ResponseFacts,
  rules: CacheRules,
): StoreDecision {
  const policy = rules.policy(response.headers);
  const { directives } = policy;
  const freshness = freshnessLifetime(response, policy, rules);
  const head = responseHead(response.headers);
  const nominated = nominate(head.vary, request.headers, rules.selecting);
  const reason = refusal(request, response, head, directives, freshness, rules);
  if (reason !== undefined) return { action: "pass", reason };
  if (nominated === "*") return { action: "pass", reason: "vary" };

  const facts = storedFacts(request, response, head, directives, freshness, nominated, rules);
  const keepFor = worthKeeping(facts, rules);
  return keepFor > 0 ? { action: "store", facts, keepFor } : { action: "pass", reason: "no-freshness" };
}

function refusal(
  request: RequestFacts,
  response: ResponseFacts,
  head: ResponseHead,
  directives: ResponseDirectives,
  freshness: Lifetime,
  rules: CacheRules,
): RefusalReason | undefined {
  if (request.method !== "GET" && !answersLaterGets(request, response, freshness, rules)) return "method";
  if (response.status < 200 || response.status > 599 || response.status === 304) return "status";
  // It answers a Range that no key holds: another request would get something else.
  if (response.status === 416) return "status";
  // RFC 9110, 14.4: Content-Range means nothing with other statuses, so it is suspicious there, and no more.
  const isPart = response.status === 206;
  const misplaced = !isPart && rules.profile === "safe" && head.contentRange !== null;
  if (misplaced || (isPart && rules.parts?.held(response) === undefined)) return "partial";
  const asked = cacheControlOf(request.headers);
  if (asked !== null && requestDirectives(asked).noStore) return "request-no-store";
  // RFC 9111, 5.2.2.3: must-understand overrides no-store where the status is understood, and forbids where it is not.
  if (directives.mustUnderstand ? !UNDERSTOOD.has(response.status) : directives.noStore) return "no-store";
  return (
    (rules.shared ? sharedRefusal(request, head, directives, rules) : undefined) ??
    freshnessRefusal(response, head, directives, freshness, rules)
  );
}

/** RFC 9110, 9.3.3: a POST's answer that says how long it is fresh, and that it is what a GET of its target would get. */
function answersLaterGets(
  { method, url }: RequestFacts,
  { headers }: ResponseFacts,
  freshness: Lifetime,
  { profile }: CacheRules,
): boolean {
  const location = headers.get("content-location");
  if (profile !== "rfc" || method !== "POST" || !isExplicit(freshness) || !url || location === null)
    return false;
  return URL.canParse(location, url) && new URL(location, url).href === new URL(url).href;
}

/** What a cache for many users must not keep (RFC 9111, 3 and 3.5), and what the safe profile will not. */
function sharedRefusal(
  request: RequestFacts,
  head: ResponseHead,
  directives: ResponseDirectives,
  rules: CacheRules,
): RefusalReason | undefined {
  if (directives.private === true) return "private";
  // RFC 9111, 3.5: these three and no others say that an answer to a credential may be shared.
  const forEveryone = directives.public || directives.sMaxAge !== undefined || directives.mustRevalidate;
  if (!forEveryone && request.headers.get("authorization") !== null) return "authorization";
  if (rules.profile === "rfc" || head.setCookie === null) return undefined;
  return strippedNames(directives, rules).includes("set-cookie") ? undefined : "set-cookie";
}

function freshnessRefusal(
  { status }: ResponseFacts,
  { etag, lastModified }: ResponseHead,
  directives: ResponseDirectives,
  freshness: Lifetime,
  { shared, profile }: CacheRules,
): RefusalReason | undefined {
  if (isExplicit(freshness)) return undefined;
  const storable =
    HEURISTICALLY_CACHEABLE.has(status) || directives.public || (!shared && directives.private === true);
  if (!storable) return "status";
  // A shared cache that keeps what states no freshness has leaked other people's pages before; no-cache is a statement.
  const stated = freshness.lifetime > 0 || directives.noCache !== false;
  const careful = shared && profile === "safe";
  const validator = etag !== null || lastModified !== null;
  return stated || (validator && !careful) ? undefined : "no-freshness";
}

function storedFacts(
  { url }: RequestFacts,
  response: ResponseFacts,
  head: ResponseHead,
  directives: ResponseDirectives,
  { lifetime }: Lifetime,
  nominated: Nominated,
  rules: CacheRules,
): StoredFacts {
  const staleForbidden = forbidsStale(directives, rules);
  const part = response.status === 206 ? rules.parts?.held(response) : undefined;
  const dateAt = dateValue(response, head.date);
  return {
    status: part === undefined ? response.status : 200,
    part: part ?? null,
    fields: storedFields(response.fields, part, strippedNames(directives, rules)),
    nominated,
    language: head.contentLanguage,
    responseAt: response.responseAt,
    initialAge: initialAge(response, dateAt, head.age),
    dateAt,
    lifetime,
    staleWhileRevalidate: staleForbidden
      ? 0
      : (directives.staleWhileRevalidate ?? rules.defaultStaleWhileRevalidate),
    staleIfError: staleForbidden ? 0 : (directives.staleIfError ?? rules.defaultStaleIfError),
    staleForbidden,
    alwaysValidate: directives.noCache === true,
    // RFC 8246, 2 and 3: of complete responses, and only where nobody on the way can have written it.
    immutable: directives.immutable && part === undefined && url?.startsWith("https:") === true,
    etag: head.etag,
    lastModified: head.lastModified,
  };
}

function storedFields(fields: Fields, part: StoredPart | undefined, stripped: readonly string[]): Fields {
  const left = fields.filter((field) => field[0] !== "age");
  if (part === undefined && stripped.length === 0) return left;
  // What describes the part alone is said anew by each answer that is made from it.
  return withoutFields(
    left,
    part === undefined ? stripped : ["content-range", "content-length", ...stripped],
  );
}

/** RFC 9111, 5.2.2.4 and 5.2.2.7: fields that a qualified no-cache, or in a shared cache private, keeps out of reuse. */
function strippedNames(directives: ResponseDirectives, { shared }: CacheRules): readonly string[] {
  const uncached = named(directives.noCache);
  const ofOne = shared ? named(directives.private) : NONE;
  return uncached.length === 0 ? ofOne : [...uncached, ...ofOne];
}

const NONE: readonly string[] = [];

function named(qualified: Qualified): readonly string[] {
  return typeof qualified === "boolean" ? NONE : qualified;
}

/** RFC 9111, 4.2.4. An explicit window beside s-maxage is taken at its word, as sites expect, unless rules are strict. */
function forbidsStale(directives: ResponseDirectives, { shared, strictSMaxage }: CacheRules): boolean {
  if (directives.mustRevalidate || directives.noCache === true) return true;
  if (!shared) return false;
  const explicitWindow = (directives.staleWhileRevalidate ?? 0) > 0 || (directives.staleIfError ?? 0) > 0;
  return (
    directives.proxyRevalidate || (directives.sMaxAge !== undefined && (strictSMaxage || !explicitWindow))
  );
}

/** How long a reuse or a revalidation could still need the response. */
function worthKeeping(facts: StoredFacts, rules: CacheRules): Seconds {
  const lost = facts.staleForbidden ? 0 : rules.disconnectedStale;
  const windows = Math.max(facts.staleWhileRevalidate, facts.staleIfError, lost);
  const validator = facts.etag !== null || facts.lastModified !== null;
  return Math.max(0, facts.lifetime - facts.initialAge + windows) + (validator ? rules.keep : 0);
}
