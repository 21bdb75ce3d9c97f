import type { Seconds } from "../clock.ts";
import { decideResponse, type StoreDecision } from "./decide-response.ts";
import { fieldReader, type Fields } from "./fields.ts";
import { currentAge } from "./age.ts";
import type { RequestFacts, ResponseFacts } from "./message.ts";
import { isStrongTag } from "./range.ts";
import type { CacheRules } from "./rules.ts";
import type { StoredFacts } from "./stored.ts";

/** RFC 9111, 3.2: the stored body keeps its own length and place, whatever a 304 says. */
const KEPT: readonly string[] = ["content-length", "content-range"];

/** The same section: what describes a body as it came does not describe one that is kept processed. */
const KEPT_WHEN_PROCESSED: readonly string[] = [...KEPT, "content-encoding", "content-type"];

/** The outcome of a validation (RFC 9111, 4.3.3). */
export type Validation =
  /** 304 for what we asked about: reuse the stored response with these fields. `store` says whether to keep the result. */
  | { readonly action: "update"; readonly fields: Fields; readonly store: StoreDecision }
  /** The origin cannot answer now, and the stale response may stand in. */
  | { readonly action: "serve-stale" }
  /** 304, but for another response than the stored one: only the whole response will do now. */
  | { readonly action: "ask-again" }
  /** Any other answer takes the stored response's place, or is passed on. */
  | { readonly action: "replace" };

/** RFC 5861, 4: the errors for which a stale response may stand in. */
export function isServerFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

/**
 * What the answer to a validation means for the stored response.
 *
 * @param staleIfError whether the stored response may stand in for an error, from the decision that asked to revalidate
 */
export function decideValidation(
  request: RequestFacts,
  stored: StoredFacts,
  answer: ResponseFacts,
  { rules, staleIfError }: { readonly rules: CacheRules; readonly staleIfError: boolean },
): Validation {
  if (answer.status === 304) {
    if (!confirms(answer, stored)) return { action: "ask-again" };
    const kept = rules.processedBodies ? KEPT_WHEN_PROCESSED : KEPT;
    const fields = updatedFields(stored.fields, answer.fields, kept);
    const updated: ResponseFacts = {
      status: stored.status,
      fields,
      headers: withAge(fields, answer),
      requestAt: answer.requestAt,
      responseAt: answer.responseAt,
    };
    const store = decideResponse(request, updated, rules);
    // A 304 speaks of the representation: what is held of it stays a part.
    const { part } = stored;
    return {
      action: "update",
      fields,
      store: store.action === "store" ? { ...store, facts: { ...store.facts, part } } : store,
    };
  }
  if (isServerFailure(answer.status) && staleIfError) return { action: "serve-stale" };
  return { action: "replace" };
}

/** What the answer to a HEAD means for the stored answer to a GET of the same resource (RFC 9111, 4.3.5). */
export type HeadUpdate =
  /** It is still the same: reuse it with these facts. */
  | { readonly action: "update"; readonly facts: StoredFacts; readonly keepFor: Seconds }
  /** It is another one now: the stored one is stale. */
  | { readonly action: "outdate"; readonly facts: StoredFacts }
  | { readonly action: "nothing" };

/** Judges a stored response by the answer to a HEAD, which has the fields that a GET would have got. */
export function decideHead(
  request: RequestFacts,
  stored: StoredFacts,
  answer: ResponseFacts,
  rules: CacheRules,
): HeadUpdate {
  const canTell = stored.etag !== null || stored.lastModified !== null;
  if (answer.status !== 200 || stored.status !== 200 || !canTell) return { action: "nothing" };
  const length = answer.headers.get("content-length");
  const isLonger = length !== null && length !== (fieldReader(stored.fields).get("content-length") ?? length);
  if (!hasSameValidators(answer, stored) || isLonger) {
    return {
      action: "outdate",
      facts: { ...stored, lifetime: Math.min(stored.lifetime, currentAge(stored, answer.responseAt)) },
    };
  }
  const decision = decideValidation(
    { ...request, method: "GET" },
    stored,
    { ...answer, status: 304 },
    { rules, staleIfError: false },
  );
  return decision.action === "update" && decision.store.action === "store"
    ? { action: "update", facts: decision.store.facts, keepFor: decision.store.keepFor }
    : { action: "nothing" };
}

/** RFC 9111, 4.3.5: every validator that the HEAD brought is the stored one; it brought one at least. */
function hasSameValidators({ headers }: ResponseFacts, { etag, lastModified }: StoredFacts): boolean {
  const tag = headers.get("etag");
  const modified = headers.get("last-modified");
  if (tag === null && modified === null) return false;
  return (tag === null || tag === etag) && (modified === null || modified === lastModified);
}

/**
 * RFC 9111, 4.3.4: a 304 with a validator speaks of the response that has it; one without, of what was asked about.
 * Entity tags count before dates. A strong tag speaks of no response with a weak one, unless an equal date does.
 */
function confirms({ headers }: ResponseFacts, stored: StoredFacts): boolean {
  const etag = headers.get("etag");
  const lastModified = headers.get("last-modified");
  if (etag !== null && stored.etag !== null) {
    if (etag.replace(/^W\//, "") !== stored.etag.replace(/^W\//, "")) return false;
    const isStrengthened = isStrongTag(etag) && !isStrongTag(stored.etag);
    return !isStrengthened || (lastModified !== null && lastModified === stored.lastModified);
  }
  return lastModified === null || stored.lastModified === null || lastModified === stored.lastModified;
}

/** The stored lines with those of the 304 in place of the lines of the same names (RFC 9111, 3.2). */
function updatedFields(stored: Fields, received: Fields, kept: readonly string[]): Fields {
  const news = received.filter(([name]) => !kept.includes(name) && name !== "age");
  const replaced = new Set(news.map(([name]) => name));
  return [...stored.filter(([name]) => !replaced.has(name)), ...news];
}

/** Age is the 304's own: the stored lines hold none. */
function withAge(fields: Fields, { headers }: ResponseFacts): ResponseFacts["headers"] {
  const age = headers.get("age");
  return fieldReader(age === null ? fields : [...fields, ["age", age]]);
}
