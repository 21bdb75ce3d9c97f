import type { Instant } from "../clock.ts";
import { formatHttpDate } from "./date.ts";

/** Header fields as lines, in order; names in lower case. JSON carries them. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** Reads header fields by name, lines joined with ", ". The platform's `Headers` is one. */
export interface FieldReader {
  get(name: string): string | null;
}

/** The fields that rules ask every response for; `null` = absent. */
export interface ResponseHead {
  readonly age: string | null;
  readonly cacheControl: string | null;
  readonly contentLanguage: string | null;
  readonly contentRange: string | null;
  readonly date: string | null;
  readonly etag: string | null;
  readonly expires: string | null;
  readonly lastModified: string | null;
  readonly setCookie: string | null;
  readonly vary: string | null;
}

/** A reader over lines, for fields that are not the platform's `Headers`. It has the head of a response at hand. */
export function fieldReader(fields: Fields): FieldReader & ResponseHead {
  return new LineReader(fields);
}

/** Gathers the head in one pass: that costs less than to look for each field by its name, or to make an index of all. */
class LineReader implements FieldReader, ResponseHead {
  age: string | null = null;
  cacheControl: string | null = null;
  contentLanguage: string | null = null;
  contentRange: string | null = null;
  date: string | null = null;
  etag: string | null = null;
  expires: string | null = null;
  lastModified: string | null = null;
  setCookie: string | null = null;
  vary: string | null = null;
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
    for (const [name, value] of fields) {
      // The length leaves so few to compare with that most names are compared with none.
      switch (name.length) {
        case 3:
          if (name === "age") this.age = joined(this.age, value);
          break;
        case 4:
          if (name === "date") this.date = joined(this.date, value);
          else if (name === "etag") this.etag = joined(this.etag, value);
          else if (name === "vary") this.vary = joined(this.vary, value);
          break;
        case 7:
          if (name === "expires") this.expires = joined(this.expires, value);
          break;
        case 10:
          if (name === "set-cookie") this.setCookie = joined(this.setCookie, value);
          break;
        case 13:
          if (name === "cache-control") this.cacheControl = joined(this.cacheControl, value);
          else if (name === "last-modified") this.lastModified = joined(this.lastModified, value);
          else if (name === "content-range") this.contentRange = joined(this.contentRange, value);
          break;
        case 16:
          if (name === "content-language") this.contentLanguage = joined(this.contentLanguage, value);
          break;
      }
    }
  }

  get(name: string): string | null {
    return find(this.#fields, name) ?? find(this.#fields, name.toLowerCase());
  }
}

/** The head of a response, whatever reads its fields. */
export function responseHead(headers: FieldReader): ResponseHead {
  if (hasHead(headers)) return headers;
  return {
    age: headers.get("age"),
    cacheControl: headers.get("cache-control"),
    contentLanguage: headers.get("content-language"),
    contentRange: headers.get("content-range"),
    date: headers.get("date"),
    etag: headers.get("etag"),
    expires: headers.get("expires"),
    lastModified: headers.get("last-modified"),
    setCookie: headers.get("set-cookie"),
    vary: headers.get("vary"),
  };
}

/** The value of Cache-Control, whatever reads it. */
export function cacheControlOf(headers: FieldReader): string | null {
  return hasHead(headers) ? headers.cacheControl : headers.get("cache-control");
}

function hasHead(headers: FieldReader): headers is FieldReader & ResponseHead {
  return "cacheControl" in headers;
}

function find(fields: Fields, name: string): string | null {
  let found: string | null = null;
  for (const field of fields) if (field[0] === name) found = joined(found, field[1]);
  return found;
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

/**
 * Splits a list at its commas, but not at those inside quoted strings; members trimmed, empty ones left out
 * (RFC 9110, 5.6.1). Linear in the length of the value.
 */
export function listMembers(value: string): string[] {
  const members: string[] = [];
  for (let start = 0; start < value.length; start++) {
    const end = memberEnd(value, start);
    const member = trimmedSlice(value, start, end);
    if (member !== "") members.push(member);
    start = end;
  }
  return members;
}

/** Characters by their code: to read text by codes makes no strings. */
export const COMMA = 0x2c;
const QUOTE = 0x22;
export const SPACE = 0x20;
const TAB = 0x09;
const BACKSLASH = 0x5c;

/** Where the member that begins here ends: at the next comma that no quotes hold, or with the value. */
export function memberEnd(value: string, start: number): number {
  for (let index = start; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code === COMMA) return index;
    if (code === QUOTE) index = closingQuote(value, index);
  }
  return value.length;
}

/** Where the quotes that open here close; the end of the text if they do not. */
function closingQuote(text: string, opening: number): number {
  for (let index = opening + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index;
    if (code === BACKSLASH) index++;
  }
  return text.length;
}

/** Removes what RFC 9110, 5.6.3 calls optional white space: spaces and tabs, nothing else. */
export function trimSpace(text: string): string {
  return trimmedSlice(text, 0, text.length);
}

/** What stands between two positions, without the white space around it. */
function trimmedSlice(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

export function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** RFC 9110, 5.6.2: what names are made of. Platforms throw when they are asked for a field of another name. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** RFC 9110, 7.6.1 and RFC 9111, 3.1: these speak of one connection, or to the proxy, never of the response. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization"],
  ...["proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
]);

/** A bit for the length of each of these: most names have another, and need not be looked up. */
const HOP_BY_HOP_LENGTHS = [...HOP_BY_HOP].reduce((bits, name) => bits | (1 << name.length), 0);

/** The fields that travel end to end: without hop-by-hop fields and without those that Connection lists. */
export function endToEndFields(lines: Iterable<readonly [string, string]>): Fields {
  const fields: [string, string][] = [];
  const dropped: string[] = [];
  for (const [rawName, value] of lines) {
    const name = rawName.toLowerCase();
    const isHopByHop = (HOP_BY_HOP_LENGTHS & (1 << name.length)) !== 0 && HOP_BY_HOP.has(name);
    if (!isHopByHop) fields.push([name, value]);
    else if (name === "connection")
      for (const listed of listMembers(value)) dropped.push(listed.toLowerCase());
  }
  return dropped.length === 0 ? fields : withoutFields(fields, dropped);
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
