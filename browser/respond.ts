import {
  appendCacheStatus,
  type CacheStatus,
  type Fields,
  type Seconds,
  type StoredResponse,
} from "../src/index.ts";
import type { Body } from "./body.ts";
import type { CacheableRequest } from "./request.ts";

const CACHE_NAME = "tidemark-browser";

/** Statuses whose answers have no body (RFC 9110, 15.3.5, 15.3.6, 15.4.5). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** What a response says, before the cache adds its own word. */
export interface Content {
  readonly url: string;
  readonly status: number;
  readonly statusText?: string;
  readonly fields: Fields;
  readonly body: Body | ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/**
 * A real Response with this cache's word in `Cache-Status`, behind what earlier caches said.
 *
 * @param age replaces `Age`; without it the field stays as it came
 * @throws {TypeError} if a field or the status is none that a Response can have, as only a foreign record's could be
 */
function respond(
  { url, status, statusText = "", fields, body }: Content,
  word: CacheStatus,
  age?: Seconds,
): Response {
  const headers = new Headers(fields.map(([name, value]): [string, string] => [name, value]));
  if (age !== undefined) headers.set("age", String(Math.floor(age)));
  headers.set("cache-status", appendCacheStatus(headers.get("cache-status"), CACHE_NAME, word));
  return withUrl(new Response(BODILESS.has(status) ? null : body, { status, statusText, headers }), url);
}

/** What is said of an answer that came from the network. */
export type Forwarded = Extract<CacheStatus, { hit: false }>;

/** What an answer was made of. */
export interface Origin {
  readonly body: Body;
  /** Nobody who could have known has said that it is what the server has now. */
  readonly isStale: boolean;
}

const origins = new WeakMap<Response, Origin>();

/** What an answer was made of, as long as nobody has cloned it; `undefined` = it came from the network and is not kept. */
export function originOf(response: Response): Origin | undefined {
  return origins.get(response);
}

/** The answer made of a stored response, or of one that could have been stored. */
export function sendStored(
  { url, facts: { method } }: CacheableRequest,
  { facts: { status, fields }, body }: Pick<StoredResponse<Body>, "facts" | "body">,
  word: CacheStatus,
  age: Seconds,
  statusText = "",
): Response {
  const sent = method === "HEAD" ? null : body;
  const response = respond({ url, status, statusText, fields, body: sent }, word, age);
  if (sent !== null)
    origins.set(response, { body, isStale: word.hit ? word.ttl <= 0 : word.detail !== undefined });
  return response;
}

/**
 * The network's own answer, passed on.
 *
 * @param body its body from the start; `undefined` leaves the whole response untouched
 */
export function passOn(
  { url }: CacheableRequest,
  response: Response,
  body: Response["body"] | undefined,
  word: Forwarded,
): Response {
  // A status that no script can give a Response is passed on as it came.
  if (body === undefined || response.status < 200 || response.status > 599) return response;
  const { status, statusText, headers } = response;
  return respond({ url, status, statusText, fields: [...headers], body }, { ...word, stored: false });
}

/** RFC 9111, 5.2.1.7: the request was for what is stored, and nothing stored will do. */
export function refuse(url: string): Response {
  return withUrl(new Response(null, { status: 504, statusText: "Gateway Timeout" }), url);
}

/** A constructed Response has no URL: it gets the one that was asked for, and so do its clones. */
function withUrl(response: Response, url: string): Response {
  return Object.defineProperties(response, {
    url: { value: url },
    clone: { value: () => withUrl(Response.prototype.clone.call(response), url) },
  });
}

/** Whether facts from a disk make a Response: somebody else may have written them. */
export function isSendable({ status, fields }: Pick<Content, "status" | "fields">): boolean {
  try {
    respond({ url: "", status, fields, body: null }, { hit: true, ttl: 0 });
    return true;
  } catch {
    return false;
  }
}
