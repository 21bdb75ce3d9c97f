import { combineParts, isWhole, mayCombine, type StoredPart } from "./parts.ts";
import type { CacheRules } from "./rules.ts";
import type { StoredFacts } from "./stored.ts";

/** A response with the bytes that are held of it. */
export interface HeldResponse {
  readonly facts: StoredFacts;
  readonly body: Uint8Array;
}

/**
 * What to keep once a response has come whole as it was sent: itself, or if it is a part that adjoins the one already
 * held and shares its strong validator, both as one (RFC 9111, 3.4). The newer fields count.
 *
 * @param held the part already stored, if there is one
 * @returns `undefined` if the part has not the bytes that it says: it is not to be kept
 */
export function assemble(
  { facts, body }: HeldResponse,
  held: HeldResponse | undefined,
  rules: CacheRules,
): HeldResponse | undefined {
  if (facts.part === null) return { facts, body };
  const part = fittingPart(facts.part, body.byteLength, rules);
  if (part === undefined) return undefined;
  const combined =
    held?.facts.part && mayCombine(facts, held.facts)
      ? combineParts({ part, body }, { part: held.facts.part, body: held.body })
      : undefined;
  const all = combined ?? { part, body };
  return { facts: { ...facts, part: isWhole(all.part) ? null : all.part }, body: all.body };
}

/**
 * The part as its bytes bear it out. One that claims to reach the end and has fewer bytes than it says may be taken at
 * its bytes by the letter, since its message was complete; the careful do not keep it.
 */
function fittingPart(part: StoredPart, length: number, { profile }: CacheRules): StoredPart | undefined {
  const { first, last, total } = part;
  if (last - first + 1 === length) return part;
  const atEnd = total !== null && last + 1 === total;
  const isShort = length > 0 && length < last - first + 1;
  return profile === "rfc" && atEnd && isShort
    ? { first, last: first + length - 1, total: first + length }
    : undefined;
}
