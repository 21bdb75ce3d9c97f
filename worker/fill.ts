import { withDeadline, type FillDrop } from "../src/index.ts";

/** Bytes that fills of one isolate may hold at once, over all requests. */
export interface FillBudget {
  /** Reserves bytes; `false` when they do not fit. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** @param total the most bytes that may be reserved at once */
export function fillBudget(total: number): FillBudget {
  let left = total;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
    },
  };
}

/** The whole body, or why it was not kept. */
export type FillResult = { readonly body: Uint8Array } | { readonly dropped: FillDrop };

export interface SplitOptions {
  /** Content-Length of the response, if it says one. */
  readonly length: number | undefined;
  /** A longer body is sent on, not kept. */
  readonly limit: number;
  readonly budget: FillBudget;
}

/**
 * Sends a body on to the client and keeps a copy, chunk by chunk. As long as the copy is kept the origin is read at its
 * own pace, so that neither a slow client nor one that leaves holds up whoever waits for the copy; once it is dropped, the
 * client's pace rules, and memory holds one chunk. A body that breaks off, or has another length than was announced, is
 * never kept.
 *
 * @returns the client's stream, and a promise (never rejected, for `waitUntil`) of the copy
 */
export function splitBody(
  source: ReadableStream<Uint8Array>,
  options: SplitOptions,
): { readonly toClient: ReadableStream<Uint8Array>; readonly whole: Promise<FillResult> } {
  const { readable, writable } =
    options.length === undefined ? new IdentityTransformStream() : new FixedLengthStream(options.length);
  const copy = collector(options);
  const whole = Promise.withResolvers<FillResult>();
  void pump(source.getReader(), clientOf(writable), copy, whole.resolve)
    .then(whole.resolve)
    .finally(copy.release);
  return { toClient: readable, whole: whole.promise };
}

/** @param settle hears at once that the copy was dropped, while the client's body goes on */
async function pump(
  source: ReadableStreamDefaultReader<Uint8Array>,
  client: Client,
  copy: Collector,
  settle: (result: FillResult) => void,
): Promise<FillResult> {
  try {
    for (;;) {
      const { done, value } = await withDeadline(source.read(), MAX_SILENCE, "the origin's body");
      if (done) break;
      copy.add(value);
      const sent = client.send(value);
      if (!copy.isDropped) continue;
      settle(copy.result());
      await sent;
      if (client.isGone) {
        await source.cancel();
        return copy.result();
      }
    }
  } catch (error) {
    client.fail(error);
    source.cancel(error).catch(() => undefined);
    return { dropped: "truncated" };
  }
  client.finish();
  return copy.result();
}

/** A body that says nothing for so long, in seconds, counts as broken off. */
const MAX_SILENCE = 30;

/** Where the body goes. No call rejects: that a client has left is no error of ours. */
interface Client {
  send(chunk: Uint8Array): Promise<void>;
  finish(): void;
  fail(error: unknown): void;
  readonly isGone: boolean;
}

function clientOf(writable: WritableStream<Uint8Array>): Client {
  const writer = writable.getWriter();
  let isGone = false;
  const leave = (): void => {
    isGone = true;
  };
  writer.closed.catch(leave);
  return {
    get isGone() {
      return isGone;
    },
    send: async (chunk) => (isGone ? undefined : writer.write(chunk).catch(leave)),
    finish: () => void writer.close().catch(leave),
    fail: (error) => void writer.abort(error).catch(leave),
  };
}

interface Collector {
  add(chunk: Uint8Array): void;
  readonly isDropped: boolean;
  result(): FillResult;
  release(): void;
}

/** Gathers chunks into one body, within the limit and the budget. */
function collector({ length, limit, budget }: SplitOptions): Collector {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let reserved = 0;
  let dropped: FillDrop | undefined;

  function drop(reason: FillDrop): void {
    dropped = reason;
    chunks = [];
  }
  function reserve(bytes: number): void {
    if (budget.take(bytes)) reserved += bytes;
    else drop("over-budget");
  }
  if (length !== undefined && length > limit) drop("too-large");
  else if (length !== undefined) reserve(length);

  return {
    add(chunk) {
      size += chunk.byteLength;
      if (dropped !== undefined) return;
      if (size > limit) drop("too-large");
      else if (size > reserved) reserve(size - reserved);
      if (dropped === undefined) chunks.push(chunk.slice());
    },
    get isDropped() {
      return dropped !== undefined;
    },
    result() {
      if (dropped !== undefined) return { dropped };
      if (length !== undefined && size !== length) return { dropped: "length-mismatch" };
      return { body: concat(chunks, size) };
    },
    release() {
      budget.give(reserved);
      reserved = 0;
    },
  };
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}
