import {
  memoryLedger,
  memoryStore,
  tagSelector,
  urlSelectors,
  type CacheEvent,
  type Ledger,
  type PurgeMode,
} from "../../../src/index.ts";
import { createEdgeCache, type EdgeCacheOptions } from "../../../worker/index.ts";

/** What the origin says to a request; a function may look at it, wait, or fail. */
export type Line = Response | ((request: Request) => Response | Promise<Response>);

const START = Date.parse("2026-11-01T12:00:00Z");
const HOST = "https://example.com";

/**
 * An edge cache between a client and an origin, both played by the test: the origin answers with the lines it was given,
 * in order, the last one for ever; the clock moves when the test says so.
 */
export function conversation(options: Partial<EdgeCacheOptions> = {}) {
  let now = START;
  const clock = (): number => now;
  const events: CacheEvent[] = [];
  const ledger: Ledger = options.ledger ?? memoryLedger({ clock });
  const seen: Request[] = [];
  let lines: Line[] = [];
  const background: Promise<unknown>[] = [];
  const edge = createEdgeCache({
    tiers: [{ name: "hot", store: memoryStore({ clock }) }],
    clock,
    onEvent: (event) => events.push(event),
    ...options,
    ledger,
  });

  async function origin(request: Request): Promise<Response> {
    seen.push(request);
    const line = lines.length > 1 ? lines.shift() : lines[0];
    if (line === undefined) throw new Error("The origin is not to be asked");
    return line instanceof Response ? line.clone() : line(request);
  }

  function sendTo(url: string, init?: RequestInit): Promise<Response> {
    return edge.handle(new Request(url, init), { origin, waitUntil: (work) => void background.push(work) });
  }

  return {
    edge,
    events,
    ledger,
    /** The requests that reached the origin. */
    seen,
    clock,
    /** The origin's lines from now on. */
    says: (...next: Line[]): void => void (lines = next),
    /** The origin cannot be reached from now on. */
    goesDown: (): void => void (lines = [() => Promise.reject(new Error("connection refused"))]),
    pass: (seconds: number): void => void (now += seconds * 1_000),
    /** A request of the client's. */
    send: (path: string, init?: RequestInit): Promise<Response> => sendTo(`${HOST}${path}`, init),
    sendTo,
    /** Waits until nothing goes on in the background. */
    async settle(): Promise<void> {
      while (background.length > 0) await background.shift();
    },
    purge: ({ tag, path }: { tag?: string; path?: string }, mode: PurgeMode = "hard") =>
      ledger.purge({
        selectors: [...(tag ? [tagSelector(tag)] : []), ...((path && urlSelectors(`${HOST}${path}`)) || [])],
        mode,
      }),
  };
}

/** An answer of the origin: a body and header fields. */
export function answer(body: string | null, fields: Record<string, string> = {}, status = 200): Response {
  return new Response(body, { status, headers: { date: new Date(START).toUTCString(), ...fields } });
}

/** What the client can tell of an answer: its body, and what the cache says of itself. */
export async function told(
  response: Response,
): Promise<{ body: string; status: string; age: string | null }> {
  const status = (response.headers.get("cache-status") ?? "").replace(/^tidemark-edge;/, "");
  return { body: await response.text(), status, age: response.headers.get("age") };
}
