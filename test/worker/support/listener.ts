import { env } from "cloudflare:workers";
import { parseDelta, type Ledger, type LedgerDelta, type LedgerPoint } from "../../../src/index.ts";
import { formatToken } from "../../../src/index.ts";
import { durableLedger } from "../../../worker/durable-ledger.ts";
import type { LedgerObject } from "../../../worker/ledger-object.ts";
import type { LiveObject } from "../../../worker/live-object.ts";
import { liveRoutes, type LiveOptions } from "../../../worker/live-routes.ts";

const bindings = env as {
  LEDGER: DurableObjectNamespace<LedgerObject>;
  LIVE: DurableObjectNamespace<LiveObject>;
};

/** One who listens over a WebSocket. */
export interface Listener {
  /** The next message as it came; each is given once, in order. */
  text(): Promise<string>;
  /** The next message as a delta. */
  next(): Promise<LedgerDelta>;
  /** Messages that came and have not been asked for. */
  readonly waiting: number;
  send(message: string | ArrayBuffer): void;
  close(): void;
  /** Code and reason, once the other side has ended it. */
  readonly ended: Promise<readonly [code: number, reason: string]>;
}

/** A ledger of its own, with its shards and the route to them. */
export function liveLedger(options: Partial<LiveOptions> = {}) {
  const name = crypto.randomUUID();
  const ledger: Ledger = durableLedger(bindings.LEDGER, { name });
  const routes = liveRoutes({ namespace: bindings.LIVE, ledger: name, shards: 1, ...options });
  const shard = (index: number) => bindings.LIVE.get(bindings.LIVE.idFromName(`${name}/live/${index}`));
  const ask = (since: LedgerPoint | string | undefined, headers: Record<string, string>) => {
    const token = typeof since === "object" ? formatToken(since) : since;
    return routes.request(`http://edge/live${token === undefined ? "" : `?since=${token}`}`, { headers });
  };
  return {
    name,
    ledger,
    ask,
    shard,
    object: bindings.LEDGER.get(bindings.LEDGER.idFromName(name)),
    purge: (...selectors: string[]) => ledger.purge({ selectors, mode: "hard" }),
    async listen(since?: LedgerPoint | string): Promise<Listener> {
      const { webSocket, status } = await ask(since, { upgrade: "websocket" });
      if (webSocket === null || webSocket === undefined) throw new Error(`There is no socket: ${status}`);
      return listener(webSocket);
    },
  };
}

function listener(socket: WebSocket): Listener {
  const messages: string[] = [];
  const waiters: ((message: string) => void)[] = [];
  const ended = new Promise<readonly [number, string]>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]));
  });
  socket.addEventListener("message", ({ data }) => {
    const waiter = waiters.shift();
    if (waiter === undefined) messages.push(String(data));
    else waiter(String(data));
  });
  socket.accept();
  const text = async (): Promise<string> =>
    messages.shift() ?? new Promise<string>((resolve) => void waiters.push(resolve));
  return {
    text,
    async next() {
      const message = await text();
      const delta = parseDelta(JSON.parse(message));
      if (delta === undefined) throw new Error(`This is no delta: ${message}`);
      return delta;
    },
    get waiting() {
      return messages.length;
    },
    send: (message) => socket.send(message),
    close: () => socket.close(1000),
    ended,
  };
}
