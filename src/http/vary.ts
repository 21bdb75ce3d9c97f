import { isPairs, isTextOrNull, isToken, listMembers, type FieldReader } from "./fields.ts";
import { canonicalField, isBestLanguage } from "./negotiation.ts";

/** The request fields that a response's Vary names, with the values they had; `null` = the field was absent. */
export type Nominated = readonly (readonly [name: string, value: string | null])[];

/** More members than this in one Vary nominate so much that no other request would match: as `*`. */
const MAX_NOMINATED = 64;

/**
 * How selecting values are compared. `strict`: what is wanted alike keeps its order, as many origins prefer the first.
 * `loose`: that order means nothing, as RFC 9110, 12.4.2 has it, and a stored response in the one language that a request
 * wants most answers it.
 */
export type Selecting = "strict" | "loose";

/**
 * The nominated headers of a response, each once and in one order, so that equal variants get equal keys.
 * `"*"` when no request can match: `*` as any member of any line (RFC 9111, 4.1), or what is no field name.
 */
export function nominate(
  vary: string | null,
  request: FieldReader,
  selecting: Selecting = "strict",
): Nominated | "*" {
  if (vary === null) return [];
  const names = new Set(listMembers(vary).map((name) => name.toLowerCase()));
  if (names.has("*") || names.size > MAX_NOMINATED || ![...names].every(isToken)) return "*";
  return [...names].toSorted().map((name) => [name, selectingValue(name, request, selecting)] as const);
}

/** Whether a value that was read from outside is a list of nominated headers. */
export function isNominated(value: unknown): value is Nominated {
  return isPairs(value, isTextOrNull) && value.every(([name]) => isToken(name));
}

/** What a request has to match: a stored response's own Vary, not another's (RFC 9111, 4.1), and its language. */
export interface Selected {
  readonly nominated: Nominated;
  /** Content-Language, if there is one. */
  readonly language: string | null;
}

/** Whether a request selects the stored response. */
export function isSelected(
  { nominated, language }: Selected,
  request: FieldReader,
  selecting: Selecting = "strict",
): boolean {
  return nominated.every(
    ([name, value]) =>
      selectingValue(name, request, selecting) === value ||
      (selecting === "loose" && name === "accept-language" && isBestLanguage(request.get(name), language)),
  );
}

/** The same nominated headers with the values of another request. */
export function renominate(
  nominated: Nominated,
  request: FieldReader,
  selecting: Selecting = "strict",
): Nominated {
  return nominated.map(([name]) => [name, selectingValue(name, request, selecting)] as const);
}

/** A field's value in the form that all values of the same meaning share. */
function selectingValue(name: string, request: FieldReader, order: Selecting): string | null {
  return canonicalField(name, request.get(name), { order });
}
