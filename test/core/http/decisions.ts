import { decideRequest, type Decision } from "../../../src/http/decide-request.ts";
import type { CacheRules } from "../../../src/http/rules.ts";
import { get, START, stored } from "../../support/messages.ts";

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
