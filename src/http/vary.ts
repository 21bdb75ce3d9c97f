import { isPairs, isTextOrNull, isToken, listMembers, type FieldReader } from "./fields.ts";

/** The request fields that a response's Vary names, with the values they had; `null` = the field was absent. */
export type Nominated = readonly (readonly [name: string, value: string | null])[];

/** More members than this in one Vary nominate so much that no other request would match: as `*`. */
const MAX_NOMINATED = 64;

/**
 * The nominated headers of a response, each once and in one order, so that equal variants get equal keys.
 * `"*"` when no request can match: `*` as any member of any line (RFC 9111, 4.1), or what is no field name.
 */
export function nominate(vary: string | null, request: FieldReader): Nominated | "*" {
  if (vary === null) return [];
  const names = new Set(listMembers(vary).map((name) => name.toLowerCase()));
  if (names.has("*") || names.size > MAX_NOMINATED || ![...names].every(isToken)) return "*";
  return [...names].toSorted().map((name) => [name, selectingValue(request.get(name))] as const);
}

/** Whether a value that was read from outside is a list of nominated headers. */
export function isNominated(value: unknown): value is Nominated {
  return isPairs(value, isTextOrNull) && value.every(([name]) => isToken(name));
}

/** Whether a request has the values that a stored response was chosen by: its own Vary, not another's (RFC 9111, 4.1). */
export function matchesNominated(nominated: Nominated, request: FieldReader): boolean {
  return nominated.every(([name, value]) => selectingValue(request.get(name)) === value);
}

/** The same nominated headers with the values of another request. */
export function renominate(nominated: Nominated, request: FieldReader): Nominated {
  return nominated.map(([name]) => [name, selectingValue(request.get(name))] as const);
}

/** A field's value without what cannot change its meaning in a list: white space around members, empty members. */
function selectingValue(value: string | null): string | null {
  return value === null ? null : listMembers(value).join(", ");
}
