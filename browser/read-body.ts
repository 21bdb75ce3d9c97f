import { DeadlineError, withDeadline, type Seconds } from "../src/index.ts";
import type { Body } from "./body.ts";

/** A body read to its end, or why that did not come about, with a stream that gives what plain fetch would have given. */
export type BodyRead =
  | { readonly kind: "whole"; readonly bytes: ArrayBuffer }
  | {
      readonly kind: "open";
      readonly reason: "too-large" | "truncated" | "slow";
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

/** A body that says nothing for so long may be one that its reader wants part by part: it is handed over. */
const MAX_SILENCE: Seconds = 2;

/**
 * Reads a body once and to its end, as long as it stays within the limit and goes on. Never rejects: a body that grows
 * beyond the limit, falls silent or breaks off comes back as a stream of what was read, followed by the rest or the error.
 */
export async function readBody(body: ReadableStream<Bytes> | null, limit: number): Promise<BodyRead> {
  if (body === null) return { kind: "whole", bytes: new ArrayBuffer(0) };
  const reader = body.getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  for (;;) {
    const next = reader.read();
    try {
      const { done, value } = await withDeadline(next, MAX_SILENCE, "the body");
      if (done) break;
      chunks.push(value);
      size += value.byteLength;
    } catch (error) {
      const reason = error instanceof DeadlineError ? "slow" : "truncated";
      return { kind: "open", reason, stream: continued(chunks, reader, next) };
    }
    if (size > limit) return { kind: "open", reason: "too-large", stream: continued(chunks, reader) };
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

function joined(chunks: readonly Bytes[], size: number): ArrayBuffer {
  const all = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all.buffer;
}

/**
 * What has been read, then whatever the reader still gives; a reader that failed fails this stream in the same way.
 *
 * @param underWay a read that has not been answered yet, or has failed
 */
function continued(
  chunks: readonly Bytes[],
  reader: ReadableStreamDefaultReader<Bytes>,
  underWay?: Promise<ReadableStreamReadResult<Bytes>>,
): ReadableStream<Bytes> {
  const left = [...chunks];
  let pending = underWay;
  return new ReadableStream({
    async pull(controller) {
      const first = left.shift();
      if (first !== undefined) return controller.enqueue(first);
      const next = pending ?? reader.read();
      pending = undefined;
      const { value } = await next;
      if (value === undefined) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
