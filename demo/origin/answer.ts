import { createHash } from "node:crypto";

import type { ErrorAnswer } from "../api.ts";

/** One representation of a resource and what a cache may do with it. */
export interface Representation {
  body: string | Uint8Array<ArrayBuffer>;
  contentType: string;
  cacheControl: string;
  /** Labels by which the edge can be told that this has changed. */
  tags?: readonly string[];
  /** Set when the answer was chosen by language: it then also varies by it. */
  language?: string;
  modifiedAt?: number;
  headers?: Readonly<Record<string, string>>;
}

/** Fresh for a minute, usable for five more while a new one is fetched, for a day while nobody answers. */
export const shared = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400";

/** An absence may end soon. */
const shortly = "public, max-age=10";

/**
 * Answers a GET or HEAD: 200 with a strong ETag, or 304 when the client already holds these bytes.
 * Both carry the same validators and cache fields, as RFC 9110, 15.4.5 asks.
 */
export function answer(request: Request, representation: Representation, now: number): Response {
  const { body, contentType, cacheControl, tags = [], language, modifiedAt } = representation;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  const headers = new Headers({
    "Cache-Control": cacheControl,
    Date: new Date(now).toUTCString(),
    ETag: etag,
    ...representation.headers,
  });
  if (tags.length > 0) headers.set("Cache-Tag", tags.join(", "));
  if (language !== undefined) headers.set("Vary", "Accept-Language");
  // The field counts whole seconds. Left out during the first one, it never names two different states.
  if (modifiedAt !== undefined && now - modifiedAt >= 1_000) {
    headers.set("Last-Modified", new Date(modifiedAt).toUTCString());
  }
  if (isUnchanged(request.headers, etag, headers.get("Last-Modified"))) {
    return new Response(null, { status: 304, headers });
  }
  headers.set("Content-Type", contentType);
  headers.set("Content-Length", String(bytes.byteLength));
  if (language !== undefined) headers.set("Content-Language", language);
  return new Response(bytes, { headers });
}

/** RFC 9110, 13.2.2: If-None-Match decides alone when it is there. */
function isUnchanged(request: Headers, etag: string, lastModified: string | null): boolean {
  const ifNoneMatch = request.get("If-None-Match");
  if (ifNoneMatch !== null) return matchesAny(ifNoneMatch, etag);
  const since = Date.parse(request.get("If-Modified-Since") ?? "");
  return lastModified !== null && Date.parse(lastModified) <= since;
}

/** The weak comparison of RFC 9110, 8.8.3.2. Commas may stand inside an entity tag, so no split. */
function matchesAny(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === "*") return true;
  const tags: readonly string[] = ifNoneMatch.match(/"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
  return tags.includes(etag);
}

/** An answer of JSON that nobody may keep: edits and errors. */
export function unstored(
  status: number,
  body: unknown,
  now: number,
  headers: Record<string, string> = {},
): Response {
  return Response.json(body, {
    status,
    headers: { "Cache-Control": "no-store", Date: new Date(now).toUTCString(), ...headers },
  });
}

/** A refusal: says why, and names the offending field where there is one. */
export function refusal(
  status: number,
  reason: string,
  now: number,
  { field, headers = {} }: { field?: string; headers?: Record<string, string> } = {},
): Response {
  const body: ErrorAnswer = { error: { status, reason, ...(field ? { field } : {}) } };
  return unstored(status, body, now, headers);
}

/** 404 may be kept for a moment: who asks again and again for nothing need not reach us each time. */
export function notFound(reason: string, now: number): Response {
  return refusal(404, reason, now, { headers: { "Cache-Control": shortly } });
}
