import type { Instant } from "../clock.ts";
import { formatHttpDate } from "./date.ts";

/** Header fields as lines, in order; names in lower case. JSON carries them. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** Reads header fields by name, lines joined with ", ". The platform's `Headers` is one. */
export interface FieldReader {
  get(name: string): string | null;
}

/** A reader over lines, for fields that are not the platform's `Headers`. */
export function fieldReader(fields: Fields): FieldReader {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { get: (name) => values.get(name.toLowerCase()) ?? null };
}

/**
 * Splits a list at its commas, but not at those inside quoted strings; members trimmed, empty ones left out
 * (RFC 9110, 5.6.1). Linear in the length of the value.
 */
export function listMembers(value: string): string[] {
  const members: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < value.length; index++) {
    const char = value[index];
    if (quoted && char === "\\") index++;
    else if (char === '"') quoted = !quoted;
    else if (char === "," && !quoted) {
      members.push(trimSpace(value.slice(start, index)));
      start = index + 1;
    }
  }
  members.push(trimSpace(value.slice(start)));
  return members.filter((member) => member !== "");
}

/** Removes what RFC 9110, 5.6.3 calls optional white space: spaces and tabs, nothing else. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** RFC 9110, 5.6.2: what names are made of. Platforms throw when they are asked for a field of another name. */
export function isToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}

/** RFC 9110, 7.6.1 and RFC 9111, 3.1: these speak of one connection, or to the proxy, never of the response. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The fields that travel end to end: without hop-by-hop fields and without those that Connection lists. */
export function endToEndFields(lines: Iterable<readonly [string, string]>): Fields {
  const fields: [string, string][] = [];
  const dropped = new Set<string>();
  for (const [rawName, value] of lines) {
    const name = rawName.toLowerCase();
    if (name === "connection") for (const listed of listMembers(value)) dropped.add(listed.toLowerCase());
    if (!HOP_BY_HOP.has(name)) fields.push([name, value]);
  }
  return dropped.size === 0 ? fields : fields.filter(([name]) => !dropped.has(name));
}

/**
 * The fields of a response as they go on from here: end to end, and with a Date if the origin sent none
 * (RFC 9110, 6.6.1).
 */
export function receivedFields(lines: Iterable<readonly [string, string]>, receivedAt: Instant): Fields {
  const fields = endToEndFields(lines);
  const dated = fields.some(([name]) => name === "date");
  return dated ? fields : [...fields, ["date", formatHttpDate(receivedAt)]];
}

/** The fields without those of the given names. */
export function withoutFields(fields: Fields, names: Iterable<string>): Fields {
  const dropped = new Set(names);
  return dropped.size === 0 ? fields : fields.filter(([name]) => !dropped.has(name));
}

/** Whether a value that was read from outside is a list of names with values. */
export function isPairs<V>(value: unknown, isValue: (value: unknown) => value is V): value is [string, V][] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && isValue(pair[1]),
    )
  );
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
