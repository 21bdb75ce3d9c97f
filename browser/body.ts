import type { Entry } from "../src/index.ts";

/**
 * A body as it is kept: text where it is short text, since browsers store and read that fastest, and bytes otherwise.
 * Never a Blob: its bytes may be lost on disk long after it has been handed out.
 */
export type Body = string | ArrayBuffer;

/** A body read to its end, or why that did not come about, with a stream that gives what plain fetch would have given. */
export type BodyRead =
  | { readonly kind: "whole"; readonly bytes: ArrayBuffer }
  | {
      readonly kind: "open";
      readonly reason: "too-large" | "truncated";
      readonly stream: ReadableStream<Bytes>;
    };

type Bytes = Uint8Array<ArrayBuffer>;

const MAX_TEXT_BYTES = 131_072;
const TEXTUAL = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)\b|application\/javascript\b|image\/svg)/i;
const ENDLESS =
  /^(?:text\/event-stream|multipart\/x-mixed-replace|application\/(?:x-)?(?:ndjson|jsonl|json-seq))\b/i;

/** Whether a content type says that its reader wants each part as it comes. */
export function isEndless(contentType: string | null): boolean {
  return contentType !== null && ENDLESS.test(contentType);
}

/**
 * Reads a body once and to its end, as long as it stays within the limit. Never rejects: a body that grows beyond the
 * limit or breaks off comes back as a stream of what was read, followed by the rest or by the error.
 */
export async function readBody(body: ReadableStream<Bytes> | null, limit: number): Promise<BodyRead> {
  if (body === null) return { kind: "whole", bytes: new ArrayBuffer(0) };
  const reader = body.getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      size += next.value.byteLength;
      if (size > limit) return { kind: "open", reason: "too-large", stream: continued(chunks, reader) };
    }
  } catch {
    return { kind: "open", reason: "truncated", stream: continued(chunks, reader) };
  }
  return { kind: "whole", bytes: joined(chunks, size) };
}

/** Bytes in the form in which they are kept: text only if encoding it again gives the very same bytes. */
export function toBody(bytes: ArrayBuffer, contentType: string | null): Body {
  if (bytes.byteLength === 0) return "";
  if (bytes.byteLength > MAX_TEXT_BYTES || contentType === null || !TEXTUAL.test(contentType)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** What an entry costs wherever it is kept, in bytes: key, facts, labels and body. */
export function entryBytes(key: string, { mark, facts, body }: Entry<Body>): number {
  return key.length + JSON.stringify([mark, facts]).length + (body === null ? 0 : bodyBytes(body));
}

function bodyBytes(body: Body): number {
  return typeof body === "string" ? new TextEncoder().encode(body).byteLength : body.byteLength;
}

function joined(chunks: readonly Bytes[], size: number): ArrayBuffer {
  const all = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all.buffer;
}

/** What has been read, then whatever the reader still gives; a reader that failed fails this stream in the same way. */
function continued(
  chunks: readonly Bytes[],
  reader: ReadableStreamDefaultReader<Bytes>,
): ReadableStream<Bytes> {
  const left = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      const chunk = left.shift() ?? (await reader.read()).value;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
