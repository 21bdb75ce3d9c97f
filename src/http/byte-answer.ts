import { contentRange, rangesOf, unsatisfiedRange } from "./parts.ts";
import { ifRangeHolds, readRange, type ByteRanges } from "./range.ts";
import type { RequestFacts } from "./message.ts";
import type { StoredFacts } from "./stored.ts";

/** What a stored response answers a request for bytes with. */
export type ByteAnswer =
  /** 200: all of it. */
  | { readonly kind: "whole" }
  /** 206: these bytes; one range with this Content-Range, several as parts of a multipart body. */
  | { readonly kind: "ranges"; readonly ranges: ByteRanges; readonly total: number | null }
  /** 416, with this Content-Range. */
  | { readonly kind: "unsatisfiable"; readonly contentRange: string };

const WHOLE: ByteAnswer = { kind: "whole" };

/**
 * What of a stored response a request wants (RFC 9110, 14.2): only a GET of what would be a 200 can ask for less than the
 * whole, and only if its If-Range still holds. Preconditions come before this.
 *
 * @param length bytes of the body that is held
 */
export function byteAnswer(
  { method, headers }: RequestFacts,
  stored: StoredFacts,
  length: number,
): ByteAnswer {
  const range = headers.get("range");
  const applies = range !== null && method === "GET" && stored.status === 200;
  if (!applies || !ifRangeHolds(headers.get("if-range"), stored)) return WHOLE;
  if (stored.part !== null) {
    const held = rangesOf(range, stored.part);
    return held === undefined ? WHOLE : { kind: "ranges", ranges: held, total: stored.part.total };
  }
  const ranges = readRange(range, length);
  if (ranges === "whole") return WHOLE;
  if (ranges === "unsatisfiable") return { kind: "unsatisfiable", contentRange: unsatisfiedRange(length) };
  return { kind: "ranges", ranges, total: length };
}

/** The Content-Range of an answer of one range. */
export function singleContentRange([{ first, last }]: ByteRanges, total: number | null): string {
  return contentRange(first, last, total);
}
