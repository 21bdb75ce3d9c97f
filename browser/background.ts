/** Work that goes on after an answer: nothing is forgotten, and none of it can fail anybody. */
export interface Background {
  /** Takes work over. Its failure is whoever's it was to report: here it is only kept from being unhandled. */
  add(work: Promise<unknown>): void;
  /** Resolves once all work taken over so far, and what that work added, is done. */
  settled(): Promise<void>;
}

export function background(): Background {
  const pending = new Set<Promise<unknown>>();
  return {
    add(work) {
      const done = work.catch(() => undefined).finally(() => pending.delete(done));
      pending.add(done);
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

/** Runs work when the page has nothing better to do, or after so many milliseconds at the latest. */
export function whenIdle(work: () => void, timeout = 10_000): void {
  if (typeof globalThis.requestIdleCallback === "function") requestIdleCallback(work, { timeout });
  else setTimeout(work, Math.min(timeout, 1_000)); // Safari, before it learned of idle callbacks.
}
