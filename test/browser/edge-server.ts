import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { memoryLedger, parseToken, type LedgerPoint, type PurgeMode } from "../../src/index.ts";
import { acceptSocket } from "./websocket.ts";

/** How an edge treats who wants to hear of purges as they happen. */
export type LiveMode =
  | "open"
  /** Answers 501, as a worker without listeners' objects. */
  | "none"
  /** No WebSocket gets through, event streams do. */
  | "no-sockets"
  /** Takes the connection and never says anything. */
  | "silent"
  /** Sends the redirect to where it came from. */
  | "loop";

/** What a test tells an edge to do. */
export interface EdgeOrder {
  readonly mode?: LiveMode;
  readonly purge?: readonly string[];
  readonly how?: PurgeMode;
  /** A purge that listeners are not told of. */
  readonly untold?: boolean;
  /** Sent to all who listen. */
  readonly send?: string;
  /** Ends all connections: by a close frame, or by cutting the line. */
  readonly drop?: "close" | "cut";
  /** Stops answering questions and pings, as a line that is dead one way. */
  readonly deaf?: boolean;
  /** The feed answers 503. */
  readonly feedDown?: boolean;
  /** Another ledger from here on. */
  readonly epoch?: string;
}

/** What has happened at an edge so far. */
export interface EdgeLog {
  /** `?since=` of each question to the feed. */
  readonly feeds: readonly string[];
  /** Of each connection that was tried, how and since when. */
  readonly tries: readonly string[];
  readonly questions: number;
  readonly pings: number;
  /** Listeners that are there now. */
  readonly listeners: number;
}

interface Listener {
  readonly send: (text: string) => void;
  readonly drop: (how: "close" | "cut") => void;
}

/** An edge with a ledger, its feed and its live purges, under `/~edge/<name>/`. */
function edge() {
  let ledger = memoryLedger({ epoch: "e1" });
  let order: EdgeOrder = {};
  const feeds: string[] = [];
  const tries: string[] = [];
  let questions = 0;
  let pings = 0;
  const listeners = new Set<Listener>();

  const since = async (point: LedgerPoint | undefined, id?: string): Promise<string> =>
    JSON.stringify({ ...(id !== undefined && { id }), ...(await ledger.since(point)) });

  async function join(listener: Listener, token: string | null): Promise<void> {
    if (order.mode === "silent") return;
    listener.send(await since(parseToken(token)));
    listeners.add(listener);
  }

  async function control(next: EdgeOrder): Promise<EdgeLog> {
    order = { ...order, ...next };
    if (next.epoch !== undefined) ledger = memoryLedger({ epoch: next.epoch });
    if (next.purge !== undefined) {
      const { epoch, position } = await ledger.purge({ selectors: next.purge, mode: next.how ?? "hard" });
      const news = await since({ epoch, position: position - 1 });
      if (next.untold !== true) for (const { send } of listeners) send(news);
    }
    if (next.send !== undefined) for (const { send } of listeners) send(next.send);
    if (next.drop !== undefined) for (const { drop } of [...listeners]) drop(next.drop);
    return { feeds, tries, questions, pings, listeners: listeners.size };
  }

  return {
    control,
    async feed(token: string | null, response: ServerResponse) {
      feeds.push(token ?? "");
      if (order.feedDown === true) response.writeHead(503).end();
      else response.end(await since(parseToken(token)));
    },
    stream(token: string | null, response: ServerResponse, self: string) {
      tries.push(`stream ${token}`);
      if (order.mode === "loop") return void response.writeHead(302, { location: self }).end();
      if (order.mode === "none") return void response.writeHead(501).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(":\n\n");
      const listener: Listener = {
        send: (text) => response.write(`id: 1\ndata: ${text}\n\n`),
        drop: () => void response.destroy(),
      };
      response.on("close", () => listeners.delete(listener));
      void join(listener, token);
    },
    socket(token: string | null, request: IncomingMessage, line: Duplex) {
      tries.push(`socket ${token}`);
      if (order.mode === "none" || order.mode === "no-sockets" || order.mode === "loop") {
        line.end("HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      const socket = acceptSocket(request, line, {
        onEnd: () => listeners.delete(listener),
        onText(text) {
          if (text === "ping") {
            pings += 1;
            if (order.deaf !== true) socket.send("pong");
            return;
          }
          questions += 1;
          const [, id, point] = /^\? (\S+) (\S+)$/.exec(text) ?? [];
          if (order.deaf !== true) void since(parseToken(point), id).then(socket.send);
        },
      });
      const listener: Listener = {
        send: socket.send,
        drop: (how) => (how === "cut" ? socket.destroy() : socket.close(1012)),
      };
      void join(listener, token);
    },
  };
}

/** All edges that tests have asked for, by name. */
export function edges() {
  const known = new Map<string, ReturnType<typeof edge>>();

  function find(request: IncomingMessage) {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://edge");
    const [, name, place] = /^\/~edge\/([\w-]+)\/(purges|live|control)$/.exec(pathname) ?? [];
    if (name === undefined) return undefined;
    const found = known.get(name) ?? edge();
    known.set(name, found);
    return { found, place, token: searchParams.get("since") };
  }

  return {
    /** Whether the request was for an edge. */
    answers(request: IncomingMessage, response: ServerResponse): boolean {
      const asked = find(request);
      if (asked === undefined) return false;
      const { found, place, token } = asked;
      response.setHeader("access-control-allow-origin", "*");
      if (place === "purges") void found.feed(token, response);
      else if (place === "live") found.stream(token, response, request.url ?? "");
      else {
        let text = "";
        request.on("data", (chunk) => (text += String(chunk)));
        // Written by our own tests.
        request.on("end", () => {
          void found.control(JSON.parse(text) as EdgeOrder).then((log) => response.end(JSON.stringify(log)));
        });
      }
      return true;
    },
    upgrades(request: IncomingMessage, line: Duplex): void {
      const asked = find(request);
      if (asked?.place === "live") asked.found.socket(asked.token, request, line);
      else line.destroy();
    },
  };
}
