import { decideResponse } from "../../src/http/decide-response.ts";
import { fieldReader, type Fields } from "../../src/http/fields.ts";
import type { RequestFacts, ResponseFacts } from "../../src/http/message.ts";
import { cacheRules, type CacheRules } from "../../src/http/rules.ts";
import type { StoredFacts } from "../../src/http/stored.ts";

/** The instant at which the tests' responses come. */
export const START: number = Date.parse("2026-11-01T12:00:00Z");

export const SHARED: CacheRules = cacheRules({ shared: true });
export const SHARED_RFC: CacheRules = cacheRules({ shared: true, profile: "rfc" });
export const PRIVATE: CacheRules = cacheRules({ shared: false });

/** Field lines as they stand in a message: "Name: value". */
export function fieldsOf(lines: readonly string[]): Fields {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

export function request(method: string, ...lines: string[]): RequestFacts {
  return { method, headers: fieldReader(fieldsOf(lines)) };
}

export function get(...lines: string[]): RequestFacts {
  return request("GET", ...lines);
}

/** A response that was asked for and came at START. */
export function response(status: number, ...lines: string[]): ResponseFacts {
  const fields = fieldsOf(lines);
  return { status, fields, headers: fieldReader(fields), requestAt: START, responseAt: START };
}

/** The response that was asked for and came so many seconds after START. */
export function at(seconds: number, facts: ResponseFacts): ResponseFacts {
  const instant = START + seconds * 1_000;
  return { ...facts, requestAt: instant, responseAt: instant };
}

/** What a cache keeps of a response; fails the test if it refuses it. */
export function storedFrom(
  rules: CacheRules,
  facts: ResponseFacts,
  asked: RequestFacts = get(),
): StoredFacts {
  const decision = decideResponse(asked, facts, rules);
  if (decision.action !== "store") throw new Error(`Not stored: ${decision.reason}`);
  return decision.facts;
}

/** What a cache keeps of a 200 with these lines that came at START. */
export function stored(rules: CacheRules, ...lines: string[]): StoredFacts {
  return storedFrom(rules, response(200, ...lines));
}
