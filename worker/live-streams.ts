/** The event streams (server-sent events) that are open. */
export interface EventStreams {
  readonly size: number;
  /** An answer that begins with these events and goes on with those to come. */
  open(first: readonly StreamEvent[]): Response;
  send(event: StreamEvent): void;
}

/** One event: its data in one line, and the token that a browser sends back as `Last-Event-ID` when it reconnects. */
export interface StreamEvent {
  readonly id: string;
  readonly data: string;
}

const HEARTBEAT_MS = 20_000;
/** Bytes that may wait for a reader. One that does not take them is let go, and asks again from where it was. */
const MOST_WAITING = 1_048_576;

/**
 * For whoever cannot have a WebSocket. An open stream keeps its object awake, and its heartbeats, which are comments,
 * keep proxies from taking it for dead.
 */
export function eventStreams(): EventStreams {
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | null = null;

  function write(text: string, readers: Iterable<ReadableStreamDefaultController<Uint8Array>>): void {
    const bytes = encoder.encode(text);
    for (const reader of readers) {
      try {
        reader.enqueue(bytes);
        if ((reader.desiredSize ?? 0) > 0) continue;
        reader.error(new Error("The reader does not keep up"));
      } catch {
        // It has gone.
      }
      leave(reader);
    }
  }

  function leave(reader: ReadableStreamDefaultController<Uint8Array>): void {
    open.delete(reader);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    get size() {
      return open.size;
    },
    open(first) {
      let own: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            own = controller;
            open.add(own);
            write(first.map(eventText).join(""), [own]);
          },
          cancel: () => leave(own),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING }),
      );
      timer ??= setInterval(() => write(":\n\n", open), HEARTBEAT_MS);
      return new Response(body, { headers: STREAM_FIELDS });
    },
    send: (event) => write(eventText(event), open),
  };
}

/** No store, and no proxy that gathers or packs what it passes on. */
const STREAM_FIELDS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

function eventText({ id, data }: StreamEvent): string {
  return `id: ${id}\ndata: ${data}\n\n`;
}
