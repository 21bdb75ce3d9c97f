import {
  formatToken,
  parseDelta,
  withDeadline,
  type Clock,
  type LedgerDelta,
  type LedgerPoint,
} from "../src/index.ts";
import { openSocket, openStream, type Connection } from "./connection.ts";

/** Purges as they happen, from this tab's connection or another's. */
export interface Live {
  /** Says that the page knows where it stands, so that it can be told what follows. Again and again is fine. */
  start(): void;
  /**
   * What the ledger knows, after this call, to have happened since a point. `undefined` = there is no connection to ask
   * over, or it gave no answer within a second: ask the feed.
   */
  ask(point: LedgerPoint): Promise<LedgerDelta | undefined>;
  /** What another tab has posted. */
  hear(text: string): void;
  close(): void;
}

export interface LiveOptions {
  /** The address, absolute. */
  readonly url: string;
  /** Tabs that share it share a connection. */
  readonly name: string;
  readonly fetch: typeof globalThis.fetch;
  /** Sends text to the other tabs. */
  readonly post: (text: string) => void;
  /** Where this page stands. */
  readonly point: () => LedgerPoint | undefined;
  /** Takes purges in; `false` = they are of a ledger that the feed has not told of. */
  readonly accept: (delta: LedgerDelta) => boolean;
  /** One call for an outage, however many tries it takes. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

const ANSWER_WITHIN_SECONDS = 1;
/** Whoever wants to know more often asks the feed. */
const ASKED_EVERY_MS = 250;
const FIRST_WORD_WITHIN_MS = 15_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** A connection that held for so long was a good one. */
const GOOD_AFTER_MS = 10_000;

/**
 * Holds one connection for all tabs of a user: the tab that has the lock passes on what comes, and what others ask. When
 * it goes, however it goes, the browser gives the lock to the next, which goes on from what it knows itself. Two tries
 * by WebSocket, two by event stream, and so on, ever more seldom; meanwhile reads ask the feed.
 */
export function openLive(options: LiveOptions): Live {
  const { url, name, fetch, post, point, accept, onError, clock } = options;
  const asked = new Map<string, (delta: LedgerDelta | undefined) => void>();
  const lifecycle = new AbortController();
  let turn: AbortController | undefined;
  let release: (() => void) | undefined;
  let connection: Connection | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  /** Whether questions are answered, as far as this tab knows. */
  let isUp = false;
  let isReported = false;

  function setUp(is: boolean): void {
    isUp = is;
    if (is) return;
    for (const answer of asked.values()) answer(undefined);
    asked.clear();
  }

  /** Takes in a message of the edge's. Throws at what is none. */
  function take(text: string): void {
    const message: unknown = JSON.parse(text);
    const delta = parseDelta(message);
    const id = typeof message === "object" && message !== null && "id" in message ? message.id : undefined;
    if (delta === undefined ? id === undefined : !accept(delta))
      throw new Error("The live connection speaks of no ledger, or of another one");
    if (typeof id !== "string") return;
    asked.get(id)?.(delta);
    asked.delete(id);
  }

  function connect(): void {
    const since = point();
    if (since === undefined || !navigator.onLine) return;
    const startedAt = clock();
    let isProven = false;

    function end(error: unknown, isBad: boolean): void {
      clearTimeout(retry);
      connection?.close();
      connection = undefined;
      if (isUp) post("down");
      setUp(false);
      if ((isBad || !isProven) && !isReported) {
        isReported = true;
        onError(error);
      }
      tries = isProven && !isBad && clock() - startedAt > GOOD_AFTER_MS ? 0 : tries + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
      retry = setTimeout(connect, Math.random() * pause);
    }

    const isSocket = tries % 4 < 2 && typeof WebSocket === "function";
    const attempt = {
      url: `${url}${url.includes("?") ? "&" : "?"}since=${formatToken(since)}`,
      fetch,
      onEnd: end,
      onText(text: string) {
        if (text === "pong") return;
        try {
          take(text);
        } catch (error) {
          end(error, true);
          return;
        }
        // An event stream cannot be asked: those who read ask the feed.
        if (isSocket && !isUp) post("up");
        isUp = isSocket;
        isProven = true;
        isReported = false;
        post(text);
      },
    };
    retry = setTimeout(() => {
      if (!isProven) end(new Error("The live connection does not say where the ledger stands"), true);
    }, FIRST_WORD_WITHIN_MS);
    try {
      connection = isSocket ? openSocket(attempt) : openStream(attempt);
    } catch (error) {
      end(error, true);
    }
  }

  /** Waits for the lock, and keeps it until `leave`. */
  function enter(): void {
    if (turn !== undefined) return;
    const controller = (turn = new AbortController());
    const lead = (): Promise<void> =>
      new Promise((resolve) => {
        if (controller.signal.aborted) return resolve();
        release = resolve;
        // Whoever waits for an answer of the last one's would wait in vain.
        post("down");
        setUp(false);
        connect();
      });
    // Without a channel between tabs each one listens for itself.
    if (typeof BroadcastChannel === "undefined" || navigator.locks === undefined) void lead();
    else navigator.locks.request(name, { signal: controller.signal }, lead).catch(() => undefined);
    post("hello");
  }

  /** Lets go of everything that would keep the page from being kept for the way back. */
  function leave(): void {
    turn?.abort();
    turn = undefined;
    clearTimeout(retry);
    connection?.close();
    connection = undefined;
    if (isUp && release !== undefined) post("down");
    release?.();
    release = undefined;
    setUp(false);
  }

  function hurry(): void {
    if (release === undefined || connection !== undefined) return;
    clearTimeout(retry);
    connect();
  }

  function start(): void {
    if (!lifecycle.signal.aborted && point() !== undefined) enter();
  }

  for (const [event, listener] of [
    ["pagehide", leave],
    ["freeze", leave],
    ["pageshow", start],
    ["resume", start],
    ["online", hurry],
  ] as const) {
    const target = event === "freeze" || event === "resume" ? globalThis.document : globalThis;
    target?.addEventListener(event, listener, { signal: lifecycle.signal });
  }

  return {
    start,
    async ask(since) {
      const now = clock();
      if (Math.abs(now - askedAt) < ASKED_EVERY_MS) return undefined;
      askedAt = now;
      if (!isUp) {
        // Perhaps it was only late: the answer is for the next time.
        post("hello");
        return undefined;
      }
      // `randomUUID` is for secure contexts alone; tabs only have to tell their questions from each other's.
      const id = Math.floor(Math.random() * 2 ** 52).toString(36);
      const question = `? ${id} ${formatToken(since)}`;
      const answer = new Promise<LedgerDelta | undefined>((resolve) => void asked.set(id, resolve));
      if (connection === undefined) post(question);
      else connection.send(question);
      return withDeadline(answer, ANSWER_WITHIN_SECONDS, "the live connection").catch(() => {
        setUp(false);
        return undefined;
      });
    },
    hear(text) {
      if (text === "hello") {
        if (connection !== undefined && isUp) post("up");
      } else if (text.startsWith("? ")) connection?.send(text);
      else if (text === "down") setUp(false);
      else if (text === "up") isUp = true;
      else {
        try {
          take(text);
        } catch {
          // Another build's, or somebody else's: this tab has a feed to ask.
        }
      }
    },
    close() {
      lifecycle.abort();
      leave();
    },
  };
}
