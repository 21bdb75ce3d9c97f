import type { Instant, Seconds } from "../clock.ts";
import { deltaSeconds } from "./delta-seconds.ts";
import { parseHttpDate } from "./date.ts";
import { listMembers } from "./fields.ts";
import type { ResponseFacts } from "./message.ts";
import type { CachePolicy } from "./policy.ts";
import type { CacheRules } from "./rules.ts";

/** Where a freshness lifetime came from; `none` = nobody stated one, and it is 0. */
export type LifetimeSource = "s-maxage" | "max-age" | "expires" | "heuristic" | "default" | "none";

export interface Lifetime {
  readonly lifetime: Seconds;
  readonly source: LifetimeSource;
}

/** Whether the origin stated the lifetime itself. */
export function isExplicit({ source }: Lifetime): boolean {
  return source === "s-maxage" || source === "max-age" || source === "expires";
}

/** How long a response is fresh (RFC 9111, 4.2.1): the first source that is present decides, even when it is invalid. */
export function freshnessLifetime(
  response: ResponseFacts,
  { directives, source }: CachePolicy,
  rules: CacheRules,
): Lifetime {
  if (rules.shared && directives.sMaxAge !== undefined)
    return { lifetime: directives.sMaxAge, source: "s-maxage" };
  if (directives.maxAge !== undefined) return { lifetime: directives.maxAge, source: "max-age" };
  // RFC 9213, 2.2: a targeted field takes the place of Expires too.
  const expires = source === "cache-control" ? response.headers.get("expires") : null;
  if (expires !== null) {
    // RFC 9111, 5.3: an invalid date, above all "0", is a time in the past.
    const expiresAt = parseHttpDate(expires, response.responseAt) ?? 0;
    return { lifetime: Math.max(0, (expiresAt - dateValue(response)) / 1_000), source: "expires" };
  }
  const guess = rules.heuristic ? heuristicLifetime(response) : 0;
  if (guess > 0) return { lifetime: guess, source: "heuristic" };
  if (rules.defaultLifetime > 0) return { lifetime: rules.defaultLifetime, source: "default" };
  return { lifetime: 0, source: "none" };
}

/** RFC 9111, 4.2.2: a tenth of the time for which the response has not changed. */
function heuristicLifetime(response: ResponseFacts): Seconds {
  const modifiedAt = parseHttpDate(response.headers.get("last-modified"), response.responseAt);
  return modifiedAt === undefined ? 0 : Math.max(0, (dateValue(response) - modifiedAt) / 10_000);
}

/** When the response says it was made; when it came, if it does not say (RFC 9110, 6.6.1). */
export function dateValue(
  response: ResponseFacts,
  date: string | null = response.headers.get("date"),
): Instant {
  return parseHttpDate(date, response.responseAt) ?? response.responseAt;
}

/** corrected_initial_age of RFC 9111, 4.2.3: how old the response was when it came. */
export function initialAge(
  response: ResponseFacts,
  dateAt: Instant = dateValue(response),
  age: string | null = response.headers.get("age"),
): Seconds {
  const apparentAge = Math.max(0, (response.responseAt - dateAt) / 1_000);
  const responseDelay = Math.max(0, (response.responseAt - response.requestAt) / 1_000);
  return Math.max(apparentAge, ageValue(age) + responseDelay);
}

/** RFC 9111, 5.1: the first member counts; one that is not a number of seconds is ignored. */
function ageValue(value: string | null): Seconds {
  if (value === null) return 0;
  return deltaSeconds(value) ?? deltaSeconds(listMembers(value)[0]) ?? 0;
}
