import CachePolicy from "http-cache-semantics";
import { vi } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { currentAge } from "../../../src/http/age.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { get, response, START } from "../../support/messages.ts";

/** A response, the request that it answers, and the next request, so many seconds later. */
export interface Case {
  readonly shared: boolean;
  readonly status: number;
  /** Of the response; names in lower case. */
  readonly fields: Readonly<Record<string, string>>;
  readonly authorised: boolean;
  readonly after: number;
}

/** What a cache makes of it. The rest counts only where it stores. */
export interface Opinion {
  readonly stores: boolean;
  readonly lifetime: number;
  readonly age: number;
  /** The next request is answered without asking the origin first. */
  readonly reuses: boolean;
}

/** What http-cache-semantics makes of it. Sets the clock of the test. */
export function theirs({ shared, status, fields, authorised, after }: Case): Opinion {
  vi.setSystemTime(START);
  const asked = { method: "GET", url: "/", headers: authorised ? { authorization: "x" } : {} };
  const policy = new CachePolicy(asked, { status, headers: fields }, { shared });
  const first = { stores: policy.storable(), lifetime: policy.maxAge() };
  vi.setSystemTime(START + after * 1_000);
  return { ...first, age: policy.age(), reuses: first.stores && policy.satisfiesWithoutRevalidation(asked) };
}

export function ours({ shared, status, fields, authorised, after }: Case): Opinion {
  const rules = cacheRules({ shared, profile: "rfc", heuristic: true, disconnectedStale: 0 });
  const asked = get(...(authorised ? ["Authorization: x"] : []));
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const decision = decideResponse(asked, response(status, ...lines), rules);
  if (decision.action === "pass") return { stores: false, lifetime: 0, age: 0, reuses: false };
  const now = START + after * 1_000;
  const { facts } = decision;
  return {
    stores: true,
    lifetime: facts.lifetime,
    age: currentAge(facts, now),
    reuses: decideRequest(asked, facts, { rules, now }).action === "serve",
  };
}
