import type { Instant } from "../clock.ts";
import type { FieldReader, Fields } from "./fields.ts";

/** What the rules need to know of a request. */
export interface RequestFacts {
  /** As sent: methods are case-sensitive. */
  readonly method: string;
  readonly headers: FieldReader;
  /** The target URI, where a rule compares it with what a response names. */
  readonly url?: string;
}

/** What the rules need to know of a response, and when it was asked for and came. */
export interface ResponseFacts {
  readonly status: number;
  /** End-to-end fields only. */
  readonly fields: Fields;
  readonly headers: FieldReader;
  /** When the request was sent, and when the header of the response had come (RFC 9111, 4.2.3). */
  readonly requestAt: Instant;
  readonly responseAt: Instant;
}

/** The methods that are registered as safe (RFC 9110, 16.1.1). */
const SAFE: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "OPTIONS", "TRACE"],
  ...["PROPFIND", "QUERY", "REPORT", "SEARCH"],
]);

/** RFC 9110, 9.2.1: methods that ask for no change. All others, unknown ones included, are unsafe. */
export function isSafeMethod(method: string): boolean {
  return SAFE.has(method);
}
