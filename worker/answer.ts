import {
  appendCacheStatus,
  byteAnswer,
  formatToken,
  MARK_FIELD,
  TOKEN_FIELD,
  isNotModified,
  notModifiedFields,
  parseToken,
  type CacheStatus,
  type Fields,
  type LedgerPoint,
  type Seconds,
  type StoredResponse,
} from "../src/index.ts";
import { answerInBytes } from "./bytes.ts";

/** The purges that a client says it knows of; what is no token counts as none. */
export function tokenOf(headers: Headers): LedgerPoint | undefined {
  const token = headers.get(TOKEN_FIELD);
  return token === null ? undefined : parseToken(token);
}

/** What a script of another origin may read, where the origin lets it read the answer at all. */
const EXPOSED = "Age, Cache-Status, Cache-Tag, Date, ETag, Tidemark-Mark, Tidemark-Token, Vary";

/** Statuses whose answers have no body (RFC 9110, 15.3.5, 15.3.6, 15.4.5). */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** What a cache tells, and does not tell, in all of its answers. */
export interface Teller {
  /** Its name in Cache-Status. */
  readonly name: string;
  /** Fields that spoke to it alone and go no further, in lower case. */
  readonly withheld: ReadonlySet<string>;
}

/** What an answer says of itself. */
export interface AnswerNote {
  readonly cache: Teller;
  readonly status: CacheStatus;
  readonly age: Seconds;
  /** Left out where the answer cannot be tied to a ledger position. */
  readonly mark?: LedgerPoint | undefined;
}

/**
 * The answer to a GET or HEAD from a stored response: 304 where the client's copy still holds (RFC 9111, 4.3.2), the
 * bytes that a Range asks for (RFC 9110, 14.2), the stored status, fields and body otherwise.
 */
export function answerFromStored(
  request: Request,
  { facts, body }: Pick<StoredResponse<Uint8Array>, "facts" | "body">,
  note: AnswerNote,
): Response {
  const { status } = facts;
  if (isNotModified(request, facts)) {
    return answerNotModified(facts.fields, note);
  }
  const headers = answerHeader(facts.fields, note);
  if (BODILESS.has(status)) return new Response(null, { status, headers });
  if (request.method === "HEAD") return answerToHead(status, new Headers(headers), body);
  const wanted = byteAnswer(request, facts, body.byteLength);
  return wanted.kind === "whole"
    ? new Response(body, { status, headers, encodeBody: "manual" })
    : answerInBytes(wanted, new Headers(headers), { facts, body });
}

/** The answer to a client whose copy still holds: what its 200 would have said. */
export function answerNotModified(fields: Fields, note: AnswerNote): Response {
  return new Response(null, { status: 304, headers: answerHeader(notModifiedFields(fields), note) });
}

function answerToHead(status: number, headers: Headers, body: Uint8Array): Response {
  if (!headers.has("content-length")) headers.set("content-length", `${body.byteLength}`);
  return new Response(null, { status, headers });
}

/** The answer that passes on what the origin sent, with its body as a stream. */
export function answerFromOrigin(
  request: Request,
  {
    status,
    fields,
    body,
  }: { readonly status: number; readonly fields: Fields; readonly body: ReadableStream | null },
  note: AnswerNote,
): Response {
  const headers = answerHeader(fields, note);
  const sent = request.method === "HEAD" || BODILESS.has(status) ? null : body;
  return new Response(sent, { status, headers, encodeBody: "manual" });
}

/** The answer when the origin gave none: a status and a reason, never to be stored. */
export function answerWithError(status: 502 | 503 | 504, reason: string, note: AnswerNote): Response {
  const fields: Fields = [
    ["cache-control", "no-store"],
    ["content-type", "application/json"],
  ];
  return new Response(JSON.stringify({ error: reason }), { status, headers: answerHeader(fields, note) });
}

/** An answer's header: the fields, with what this cache says in place of what they said of themselves. */
export function answerHeader(fields: Fields, { cache, status, age, mark }: AnswerNote): HeadersInit {
  const lines: [string, string][] = [["age", String(Math.floor(age))]];
  let mayBeRead = false;
  for (const [name, value] of fields) {
    const isOurs = name === "age" || name === "cache-status" || name === MARK_FIELD;
    if (!isOurs && !cache.withheld.has(name)) lines.push([name, value]);
    mayBeRead ||= name === "access-control-allow-origin";
  }
  lines.push(["cache-status", appendCacheStatus(earlierStatus(fields), cache.name, status)]);
  if (mark !== undefined) lines.push([MARK_FIELD, formatToken(mark)]);
  if (mayBeRead) lines.push(["access-control-expose-headers", EXPOSED]);
  // workerd takes an object at a quarter of what a list of pairs costs it. An object has each name once.
  const byName = Object.fromEntries(lines);
  return Object.keys(byName).length === lines.length ? byName : lines;
}

/** What caches on the origin's side said of themselves. */
export function earlierStatus(fields: Fields): string | null {
  const lines = fields.flatMap(([name, value]) => (name === "cache-status" ? [value] : []));
  return lines.length === 0 ? null : lines.join(", ");
}
