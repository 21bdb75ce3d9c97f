// A process of its own that listens over many WebSockets and tells its parent when they have heard of something.

/** What the parent says. */
export type Order =
  | { readonly type: "open"; readonly url: string; readonly count: number }
  /** From now on messages with this text in them count. */
  | { readonly type: "expect"; readonly url: string; readonly text: string };

/** What it is told: how many listen, or when each has heard, in nanoseconds of the machine's steady clock. */
export type Told =
  | { readonly type: "open"; readonly count: number }
  | { readonly type: "ready" }
  | { readonly type: "heard"; readonly at: readonly number[] };

/** Who connects at the same time. */
const AT_ONCE = 100;
/** Listeners that have not connected by then, or not heard by then, do not count. */
const PATIENCE_MS = 20_000;

interface Crowd {
  readonly sockets: WebSocket[];
  expected: string;
  at: number[];
  tell: () => void;
}

const crowds = new Map<string, Crowd>();

function crowdOf(url: string): Crowd {
  const crowd = crowds.get(url) ?? { sockets: [], expected: "", at: [], tell: () => {} };
  crowds.set(url, crowd);
  return crowd;
}

async function connect(url: string, crowd: Crowd): Promise<void> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    const settle = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.addEventListener("error", settle);
    socket.addEventListener("open", () => {
      crowd.sockets.push(socket);
      settle();
    });
  });
  socket.addEventListener("message", ({ data }) => {
    if (crowd.expected === "" || typeof data !== "string" || !data.includes(crowd.expected)) return;
    crowd.at.push(Number(process.hrtime.bigint()));
    if (crowd.at.length === crowd.sockets.length) crowd.tell();
  });
}

async function open(url: string, count: number): Promise<void> {
  const crowd = crowdOf(url);
  let left = count;
  const gate = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await connect(url, crowd);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, gate));
  tell({ type: "open", count: crowd.sockets.length });
}

function expect(url: string, text: string): void {
  const crowd = crowdOf(url);
  crowd.expected = text;
  crowd.at = [];
  const timer = setTimeout(() => crowd.tell(), PATIENCE_MS);
  crowd.tell = () => {
    clearTimeout(timer);
    crowd.expected = "";
    tell({ type: "heard", at: crowd.at });
  };
  tell({ type: "ready" });
}

function tell(told: Told): void {
  process.send?.(told);
}

process.on("message", (order: Order) => {
  if (order.type === "open") void open(order.url, order.count);
  else expect(order.url, order.text);
});
process.on("disconnect", () => process.exit(0));
