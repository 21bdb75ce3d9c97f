import type { Instant, Seconds } from "../clock.ts";
import { requestDirectives, type RequestDirectives } from "./request-directives.ts";
import type { Decision, ForwardReason, Miss, MissReason } from "./decision.ts";
import { currentAge } from "./age.ts";
import type { RequestFacts } from "./message.ts";
import type { CacheRules } from "./rules.ts";
import type { StoredFacts } from "./stored.ts";

/** What the decision rests on besides request and stored response. */
export interface DecisionContext {
  readonly rules: CacheRules;
  readonly now: Instant;
  /** A soft purge covers the stored response: it is stale, its windows still apply. */
  readonly softPurged?: boolean;
}

const NO_DIRECTIVES: RequestDirectives = requestDirectives(null);

/**
 * Chooses what to do with a request: serve the stored response, ask the origin whether it still holds, or forward the
 * request as it came. Pure: each rule is one row of the table in its test.
 *
 * @param stored the stored response that answers this request (its variant matches, no hard purge covers it), or why
 *   there is none
 */
export function decideRequest(request: RequestFacts, stored: MissReason, context: DecisionContext): Miss;
export function decideRequest(
  request: RequestFacts,
  stored: StoredFacts | MissReason,
  context: DecisionContext,
): Decision;
export function decideRequest(
  request: RequestFacts,
  stored: StoredFacts | MissReason,
  context: DecisionContext,
): Decision {
  if (request.method !== "GET" && request.method !== "HEAD") return { action: "forward", reason: "method" };
  const { rules } = context;
  const { headers } = request;
  const directives = rules.requestDirectives
    ? requestDirectives(headers.get("cache-control"), headers.get("pragma"))
    : NO_DIRECTIVES;
  const decision =
    typeof stored === "string"
      ? ({ action: "forward", reason: stored } as const)
      : (decidePart(request, stored, rules) ?? decideReuse(stored, directives, context));
  return directives.onlyIfCached && decision.action !== "serve" ? { action: "refuse" } : decision;
}

/** A part that is stored answers only where there are rules for parts. */
function decidePart(
  request: RequestFacts,
  stored: StoredFacts,
  { parts, profile }: CacheRules,
): Decision | undefined {
  const { part } = stored;
  if (part === null) return undefined;
  return parts ? parts.decide(request, stored, part, profile) : { action: "forward", reason: "partial" };
}

function decideReuse(
  stored: StoredFacts,
  directives: RequestDirectives,
  { rules, now, softPurged = false }: DecisionContext,
): Decision {
  const age = currentAge(stored, now);
  // RFC 9111, 4.2: fresh means that the lifetime exceeds the age; equal is stale.
  const timeLeft = softPurged ? Math.min(0, stored.lifetime - age) : stored.lifetime - age;
  const staleFor = Math.max(0, -timeLeft);
  const reason = forwardReason(stored, directives, age, timeLeft);
  if (reason !== undefined) return revalidation(reason, stored, directives, staleFor, rules);
  if (timeLeft > 0) return { action: "serve", age, timeLeft, refresh: false };
  if (stored.staleWhileRevalidate > 0 && staleFor <= stored.staleWhileRevalidate) {
    return { action: "serve", age, timeLeft, refresh: true };
  }
  if (!stored.staleForbidden && !softPurged && toleratesStale(directives, staleFor)) {
    return { action: "serve", age, timeLeft, refresh: false };
  }
  return revalidation("stale", stored, directives, staleFor, rules);
}

/** Why not even a fresh response answers without a word from the origin. */
function forwardReason(
  stored: StoredFacts,
  directives: RequestDirectives,
  age: Seconds,
  timeLeft: Seconds,
): "stale" | "request" | undefined {
  if (stored.alwaysValidate) return "stale";
  if (directives.noCache) return "request";
  const { maxAge, minFresh } = directives;
  const isTooOld = maxAge !== undefined && age > maxAge && !toleratesStale(directives, age - maxAge);
  // RFC 8246, 2: what will not change while it is fresh is not asked about when a page is reloaded.
  if (isTooOld && !(stored.immutable && timeLeft > 0)) return "request";
  // RFC 9111, 5.2.1.3: who wants it fresh for some time yet takes no stale one either.
  return minFresh !== undefined && timeLeft < minFresh ? "request" : undefined;
}

function revalidation(
  reason: ForwardReason,
  stored: StoredFacts,
  directives: RequestDirectives,
  staleFor: Seconds,
  rules: CacheRules,
): Decision {
  return { action: "revalidate", reason, ...standIn(stored, directives, staleFor, rules) };
}

/** When the stored response may stand in: within a stated window for an error too (RFC 5861, 4), else only for a lost origin. */
function standIn(
  stored: StoredFacts,
  directives: RequestDirectives,
  staleFor: Seconds,
  { disconnectedStale }: CacheRules,
): { staleIfError: boolean; staleIfLost: boolean } {
  if (stored.staleForbidden) return { staleIfError: false, staleIfLost: false };
  const window = Math.max(stored.staleIfError, directives.staleIfError ?? 0);
  const staleIfError = window > 0 && staleFor <= window;
  return {
    staleIfError,
    staleIfLost: staleIfError || (disconnectedStale > 0 && staleFor <= disconnectedStale),
  };
}

/** RFC 9111, 5.2.1.2: the client takes a response that is stale by no more than it says. */
function toleratesStale({ maxStale }: RequestDirectives, staleFor: Seconds): boolean {
  return maxStale !== undefined && staleFor <= maxStale;
}
