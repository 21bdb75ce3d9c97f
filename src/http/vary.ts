import { COMMA, isPairs, isTextOrNull, isToken, listMembers, SPACE, type FieldReader } from "./fields.ts";
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
  const value = vary.toLowerCase();
  // Most name one field. A token has no comma, so it is the only member.
  if (isToken(value)) return value === "*" ? "*" : [[value, selectingValue(value, request, selecting)]];
  const names = new Set(listMembers(value));
  if (names.has("*") || names.size > MAX_NOMINATED || ![...names].every(isToken)) return "*";
  return nominated([...names].toSorted(), request, selecting);
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
  before: Nominated,
  request: FieldReader,
  selecting: Selecting = "strict",
): Nominated {
  return nominated(
    before.map(([name]) => name),
    request,
    selecting,
  );
}

function nominated(names: readonly string[], request: FieldReader, selecting: Selecting): Nominated {
  return names.map((name) => [name, selectingValue(name, request, selecting)] as const);
}

/** A field's value in the form that all values of the same meaning share. */
function selectingValue(name: string, request: FieldReader, order: Selecting): string | null {
  const value = request.get(name);
  const isAsItShouldBe = value === null || (order === "strict" && isPlainList(value));
  return isAsItShouldBe ? value : canonicalField(name, value, { order });
}

/**
 * Whether a value is its own canonical form, whatever field it is of: words of small letters, a comma and a space between
 * them, none twice. `gzip, deflate, br` is one; `false` means that it is not certain.
 */
function isPlainList(value: string): boolean {
  let seen = 0;
  for (let start = 0; start < value.length;) {
    let end = start;
    while (end < value.length && isSmallLetter(value.charCodeAt(end))) end++;
    // Words that are alike share their bit; so may others, which costs no more than a closer look.
    const bit = 1 << (value.charCodeAt(start) + 3 * (end - start));
    if (end === start || (seen & bit) !== 0) return false;
    if (end === value.length) return true;
    if (value.charCodeAt(end) !== COMMA || value.charCodeAt(end + 1) !== SPACE) return false;
    seen |= bit;
    start = end + 2;
  }
  return false;
}

function isSmallLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}
