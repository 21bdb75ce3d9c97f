/** One connection to the edge's live purges. */
export interface Connection {
  /** Sends text, where the connection goes both ways. */
  send(text: string): void;
  /** Ends it; `onEnd` is not called. */
  close(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly onText: (text: string) => void;
  /**
   * Called once, if the connection does not come about, breaks, says nothing for a minute, or says what is no message:
   * then it `isBad`.
   */
  readonly onEnd: (error: unknown, isBad: boolean) => void;
}

/** Characters that a message, and what is gathered of one, may have: twice what the edge sends at the most. */
const MOST_CHARACTERS = 524_288;

/** A timer may be late in a hidden tab, so silence is counted in beats and not in time. */
const BEAT_MS = 30_000;

/** A WebSocket. The edge answers its pings without waking up, so that silence means that nobody is there. */
export function openSocket({ url, onText, onEnd }: ConnectionOptions): Connection {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const send = (text: string): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  };
  const stop = (): void => {
    line.end();
    socket.onmessage = socket.onclose = null;
    socket.close();
  };
  const line = watch(
    () => send("ping"),
    (error, isBad) => {
      stop();
      onEnd(error, isBad);
    },
  );
  socket.onmessage = ({ data }: MessageEvent<unknown>) => line.pass(data, onText);
  socket.onclose = ({ code, reason }) => line.fail(new Error(`The live connection ended: ${code} ${reason}`));
  return { send, close: stop };
}

/** Server-sent events, read by `fetch`: unlike `EventSource` that tells the status, and hears heartbeats. */
export function openStream({ url, fetch, onText, onEnd }: ConnectionOptions): Connection {
  const controller = new AbortController();
  const stop = (): void => {
    line.end();
    controller.abort();
  };
  const line = watch(
    () => undefined,
    (error, isBad) => {
      stop();
      onEnd(error, isBad);
    },
  );

  async function read(): Promise<void> {
    const headers = { accept: "text/event-stream" };
    const response = await fetch(url, { cache: "no-store", headers, signal: controller.signal });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || response.body === null)
      throw new Error(`The live connection was answered with status ${response.status}`);
    let text = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const events = (text + part.value).split("\n\n");
      text = events.pop() ?? "";
      // A comment is no event, and yet a sign of life.
      line.pass(text, () => undefined);
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) line.pass(data, onText);
      }
    }
    throw new Error("The live connection ended");
  }

  void read().catch(line.fail);
  return { send: () => undefined, close: stop };
}

/** Watches over what comes in. */
interface Line {
  /** Hands text on; what is no text, or too long, ends the connection. */
  pass(data: unknown, onText: (text: string) => void): void;
  fail(error: unknown): void;
  end(): void;
}

function watch(beat: () => void, onFail: ConnectionOptions["onEnd"]): Line {
  let isSilent = false;
  let isOver = false;
  const fail = (error: unknown, isBad = false): void => {
    if (!isOver) onFail(error, isBad);
  };
  const timer = setInterval(() => {
    if (isSilent) fail(new Error("The live connection has fallen silent"));
    isSilent = true;
    beat();
  }, BEAT_MS);
  return {
    pass(data, onText) {
      if (isOver) return;
      isSilent = false;
      if (typeof data === "string" && data.length <= MOST_CHARACTERS) onText(data);
      else fail(new Error("The live connection sent what is no message"), true);
    },
    fail: (error) => fail(error),
    end() {
      isOver = true;
      clearInterval(timer);
    },
  };
}
