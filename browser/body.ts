import type { Entry } from "../src/index.ts";

/**
 * A body as it is kept: text where it is short text, since browsers store and read that fastest, and bytes otherwise.
 * Never a Blob: its bytes may be lost on disk long after it has been handed out.
 */
export type Body = string | ArrayBuffer;

/** What an entry costs wherever it is kept, in bytes: key, facts, labels and body. An entry that says its `size` is believed. */
export function entryBytes(key: string, { mark, facts, body, size }: Entry<Body>): number {
  if (size !== undefined) return size;
  return key.length + JSON.stringify([mark, facts]).length + (body === null ? 0 : bodyBytes(body));
}

function bodyBytes(body: Body): number {
  return typeof body === "string" ? new TextEncoder().encode(body).byteLength : body.byteLength;
}
