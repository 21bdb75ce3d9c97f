import {
  multipartBody,
  singleContentRange,
  type ByteAnswer,
  type ByteRange,
  type StoredFacts,
} from "../src/index.ts";

/** A stored response with the bytes that are held of it. */
interface Held {
  readonly facts: StoredFacts;
  readonly body: Uint8Array;
}

/**
 * The answer to a request for bytes (RFC 9110, 15.3.7 and 15.5.17): one range as it is, several as parts of a
 * multipart body, none that exists as 416.
 *
 * @param headers those of the whole, to be changed into those of the answer
 */
export function answerInBytes(
  wanted: Exclude<ByteAnswer, { kind: "whole" }>,
  headers: Headers,
  { facts, body }: Held,
): Response {
  headers.delete("content-length");
  if (wanted.kind === "unsatisfiable") {
    headers.set("content-range", wanted.contentRange);
    headers.delete("content-encoding");
    return new Response(null, { status: 416, headers });
  }
  const { ranges, total } = wanted;
  const start = facts.part?.first ?? 0;
  const slice = ({ first, last }: ByteRange): Uint8Array => body.subarray(first - start, last - start + 1);
  if (ranges.length === 1) {
    headers.set("content-range", singleContentRange(ranges, total));
    return new Response(slice(ranges[0]), { status: 206, headers, encodeBody: "manual" });
  }
  const boundary = crypto.randomUUID();
  const contentType = headers.get("content-type");
  const parts = multipartBody({ ranges, total, contentType, boundary });
  headers.set("content-type", parts.contentType);
  const bytes = parts.pieces.map((piece) =>
    typeof piece === "string" ? new TextEncoder().encode(piece) : slice(piece),
  );
  return new Response(new Blob(bytes), { status: 206, headers, encodeBody: "manual" });
}
