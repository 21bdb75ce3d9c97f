import type { Decision } from "./decision.ts";
import type { RequestFacts, ResponseFacts } from "./message.ts";
import { covers, missingRange, partOf, rangesOf, type StoredPart } from "./parts.ts";
import { ifRangeHolds, isStrongTag } from "./range.ts";
import type { StoredFacts } from "./stored.ts";

/** What a cache does that stores parts of representations (RFC 9111, 3.3 and 3.4). */
export interface PartRules {
  /** The bytes that a 206 brings; `undefined` if they cannot be told: it is not to be stored. */
  held(response: ResponseFacts): StoredPart | undefined;
  /** Why a stored part does not answer a request, which may complete it; `undefined` = it holds what is asked for. */
  decide(
    request: RequestFacts,
    stored: StoredFacts,
    part: StoredPart,
    profile: "safe" | "rfc",
  ): Extract<Decision, { action: "forward" }> | undefined;
}

/** A part answers only for bytes that it holds; another request may complete it. */
export const storedParts: PartRules = {
  held: ({ headers }) => partOf(headers.get("content-range"), headers.get("content-type")),

  decide({ method, headers }, stored, part, profile) {
    const range = headers.get("range");
    const ranges = method === "GET" ? rangesOf(range, part) : undefined;
    const isHeld =
      ranges?.every((wanted) => covers(part, wanted)) && ifRangeHolds(headers.get("if-range"), stored);
    if (isHeld) return undefined;
    // Without a strong validator the rest may be asked for too, but then seldom fits (RFC 9111, 3.4).
    const mayComplete = method === "GET" && range === null && (isStrongTag(stored.etag) || profile === "rfc");
    const missing = mayComplete ? missingRange(part) : undefined;
    return { action: "forward", reason: "partial", ...(missing !== undefined && { missing }) };
  },
};
