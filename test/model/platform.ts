// What workerd and browsers have and Node has not, as far as the edge and the browser module use it; and timers that a
// world moves by itself. Importing this file installs it: one world runs at a time, and without one the timers are Node's.

/** What a world gives to the code that runs in it. */
export interface Surroundings {
  setTimer(run: () => void, milliseconds: number): object;
  clearTimer(timer: unknown): void;
  /** Carries a message between the tabs of a browser. */
  tell(channel: TabChannel, message: unknown): void;
}

let surroundings: Surroundings | undefined;

/** Puts a world around the code that runs from now on; `undefined` takes it away. */
export function surround(world: Surroundings | undefined): void {
  surroundings = world;
}

/** A pipe without a queue of its own: what is written can be read. */
class Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: { getWriter(): object };

  constructor() {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let isOpen = true;
    const end = (act: () => void): Promise<void> => {
      if (isOpen) act();
      isOpen = false;
      return Promise.resolve();
    };
    this.readable = new ReadableStream<Uint8Array>({
      start: (own) => void (controller = own),
      cancel: () => void (isOpen = false),
    });
    this.writable = {
      getWriter: () => ({
        closed: new Promise<never>(() => undefined),
        write: (chunk: Uint8Array) => Promise.resolve(isOpen ? controller?.enqueue(chunk) : undefined),
        close: () => end(() => controller?.close()),
        abort: (reason: unknown) => end(() => controller?.error(reason)),
      }),
    };
  }
}

/** A channel between tabs whose messages take as long as the world says, or get lost. */
export class TabChannel extends EventTarget {
  readonly name: string;
  isOpen = true;

  constructor(name: string) {
    super();
    this.name = name;
    channels.add(this);
  }

  postMessage(message: unknown): void {
    for (const channel of channels) {
      if (channel !== this && channel.name === this.name) surroundings?.tell(channel, message);
    }
  }

  close(): void {
    this.isOpen = false;
    channels.delete(this);
  }
}

const channels = new Set<TabChannel>();

/** Ends the channels that a world has left open. */
export function closeChannels(): void {
  for (const channel of channels) channel.close();
}

const { setTimeout: setReal, clearTimeout: clearReal } = globalThis;

Object.assign(globalThis, {
  IdentityTransformStream: Pipe,
  FixedLengthStream: Pipe,
  BroadcastChannel: TabChannel,
  origin: "https://shop.example",
  location: { href: "https://shop.example/" },
  setTimeout: (run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]) =>
    surroundings?.setTimer(() => run(...args), milliseconds) ?? setReal(run, milliseconds, ...args),
  clearTimeout: (timer: unknown) =>
    surroundings === undefined ? clearReal(timer as NodeJS.Timeout) : surroundings.clearTimer(timer), // Whoever set it.
});
// A request's own limit; the world's network knows no abort, and the purge feed keeps time by a timer besides.
AbortSignal.timeout = () => new AbortController().signal;

// Failures are part of most histories; where in the code each came from would cost more than all else.
Error.stackTraceLimit = 0;
