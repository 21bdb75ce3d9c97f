import { isPairs, isTextOrNull, isToken, listMembers, type FieldReader } from "./fields.ts";

/** The request fields that a response's Vary names, with the values they had; `null` = the field was absent. */
export type Nominated = readonly (readonly [name: string, value: string | null])[];

/** More members than this in one Vary nominate so much that no other request would match: as `*`. */
const MAX_NOMINATED = 64;

const ONE_NAME = /^[a-z-]+$/;

/** How the values of nominated headers are compared: {@link exactSelecting}, `strictSelecting` or `looseSelecting`. */
export interface Selecting {
  /** A field's value in the form that all values of the same meaning share. */
  canonical(name: string, value: string): string | null;
  /** Whether a response in a language is the best that a request could get, though it was chosen by another request. */
  isBestLanguage(acceptLanguage: string | null, contentLanguage: string | null): boolean;
  /** How much a client wants what is in a language, in thousandths. */
  languageWeight(acceptLanguage: string | null, contentLanguage: string | null): number;
}

/**
 * Letter by letter, and the most recent first: enough where one client asks in the same words each time. What is said in
 * other words is a miss (RFC 9111, 4.1 demands no more).
 */
export const exactSelecting: Selecting = {
  canonical: (_, value) => value,
  isBestLanguage: () => false,
  languageWeight: () => 0,
};

/**
 * The nominated headers of a response, each once and in one order, so that equal variants get equal keys.
 * `"*"` when no request can match: `*` as any member of any line (RFC 9111, 4.1), or what is no field name.
 */
export function nominate(vary: string | null, request: FieldReader, selecting: Selecting): Nominated | "*" {
  if (vary === null) return [];
  // Most name one field, in small letters.
  if (ONE_NAME.test(vary)) return [[vary, selectingValue(vary, request, selecting)]];
  const names = new Set(listMembers(vary.toLowerCase()));
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
  selecting: Selecting,
): boolean {
  return nominated.every(
    ([name, value]) =>
      selectingValue(name, request, selecting) === value ||
      (name === "accept-language" && selecting.isBestLanguage(request.get(name), language)),
  );
}

/** The same nominated headers with the values of another request. */
export function renominate(before: Nominated, request: FieldReader, selecting: Selecting): Nominated {
  return nominated(
    before.map(([name]) => name),
    request,
    selecting,
  );
}

function nominated(names: readonly string[], request: FieldReader, selecting: Selecting): Nominated {
  return names.map((name) => [name, selectingValue(name, request, selecting)] as const);
}

function selectingValue(name: string, request: FieldReader, selecting: Selecting): string | null {
  const value = request.get(name);
  return value === null ? null : selecting.canonical(name, value);
}
