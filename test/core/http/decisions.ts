import { decideRequest } from "../../../src/http/decide-request.ts";
import type { Decision } from "../../../src/http/decision.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import type { CacheRules } from "../../../src/http/rules.ts";
import { get, response, START, stored } from "../../support/messages.ts";

export const serve = (age: number, timeLeft: number): Decision => ({
  action: "serve",
  age,
  timeLeft,
  refresh: false,
});
export const validate = (staleIfError = false): Decision => ({
  action: "revalidate",
  reason: "stale",
  staleIfError,
  staleIfLost: staleIfError,
});
export const REFUSE: Decision = { action: "refuse" };

/** What is decided about a stored response with this Cache-Control, so many milliseconds after it came. */
export function decide(
  rules: CacheRules,
  value: string,
  ms: number,
  line?: string,
  softPurged = false,
): Decision {
  const context = { rules, now: START + ms, softPurged };
  return decideRequest(
    get(...(line === undefined ? [] : [line])),
    stored(rules, `Cache-Control: ${value}`, 'ETag: "1"'),
    context,
  );
}

/** "store", or why a cache does not keep the answer of this status and these lines to a GET with those. */
export function stores(
  rules: CacheRules,
  status: number,
  asked: readonly string[],
  answered: readonly string[],
): string {
  const decision = decideResponse(get(...asked), response(status, ...answered), rules);
  return decision.action === "store" ? "store" : decision.reason;
}

/** What a cache does with the next request, so many seconds after it got a response with these lines. */
export function reuse(
  rules: CacheRules,
  lines: readonly string[],
  after: number,
  { asked = [], status = 200 }: { asked?: readonly string[]; status?: number } = {},
): string {
  const kept = decideResponse(get(), response(status, ...lines), rules);
  if (kept.action === "pass") return "not stored";
  const decision = decideRequest(get(...asked), kept.facts, { rules, now: START + after * 1_000 });
  if (decision.action === "revalidate") {
    if (decision.staleIfError) return "validate, or stand in";
    return decision.staleIfLost ? "validate, or stand in if lost" : "validate";
  }
  if (decision.action !== "serve") return decision.action;
  if (decision.refresh) return "stale, refresh";
  return decision.timeLeft > 0 ? "fresh" : "stale";
}
