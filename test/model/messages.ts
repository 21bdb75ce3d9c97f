/** A message that is held back on its way. */
interface Held {
  readonly what: string;
  /** A connection that loses its message breaks, and its client hears of that. */
  readonly isConnection: boolean;
  go(): void;
  fail(): void;
}

/** Holds messages back where a history says so, and moves time; whatever is not held goes its way at once. */
export function messages(log: (line: string) => void) {
  const held: Held[] = [];
  const timers = new Map<object, { readonly at: number; readonly run: () => void }>();
  let mask = 0;
  let now = 1_000_000_000_000;

  /** Lets everything that can go on go on: all that the code under test waits for settles without real time. */
  function drained(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }

  function take(which: number): Held | undefined {
    const [message] = held.length === 0 ? [] : held.splice(which % held.length, 1);
    return message;
  }

  return {
    now: (): number => now,

    /** From here on the nth message is held if bit n is set. */
    hold(bits: number): void {
      mask = bits;
    },

    /** A message on its way: resolves when it has come. */
    sent(what: string, isConnection = false): Promise<void> | undefined {
      const isHeld = (mask & 1) === 1;
      mask >>= 1;
      if (!isHeld) return undefined;
      log(`    held: ${what}`);
      return new Promise((resolve, reject) => {
        held.push({ what, isConnection, go: resolve, fail: () => reject(new Error(`${what}: lost`)) });
      });
    },

    async go(which: number): Promise<boolean> {
      const message = take(which);
      if (message !== undefined) log(`  at last: ${message.what}`);
      message?.go();
      await drained();
      return message !== undefined;
    },
    async fail(which: number): Promise<void> {
      const message = take(which);
      if (message !== undefined) log(`  fails: ${message.what}`);
      message?.fail();
      await drained();
    },
    async lose(which: number): Promise<void> {
      const message = take(which);
      if (message !== undefined) log(`  never arrives: ${message.what}`);
      if (message?.isConnection) message.fail();
      await drained();
    },

    async pass(ms: number): Promise<void> {
      const until = now + ms;
      for (;;) {
        const due = [...timers]
          .filter(([, { at }]) => at <= until)
          .toSorted(([, one], [, other]) => one.at - other.at);
        const [first] = due;
        if (first === undefined) break;
        timers.delete(first[0]);
        now = Math.max(now, first[1].at);
        first[1].run();
        await drained();
      }
      now = until;
    },

    drained,
    setTimer(run: () => void, ms: number): object {
      const timer = {};
      timers.set(timer, { at: now + ms, run });
      return timer;
    },
    clearTimer: (timer: unknown): void => void timers.delete(timer as object), // Only its own are handed back.
  };
}

export type Messages = ReturnType<typeof messages>;
