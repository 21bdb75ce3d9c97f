import type { Bus } from "../values/bus.ts";

export interface Hearers {
  readonly subscribe: Bus["subscribe"];
  /** Tells all who hear now. */
  readonly tell: (message: string) => void;
}

/**
 * Many who hear one line, which is opened for the first of them and closed behind the last. One that throws keeps nobody
 * else from hearing.
 *
 * @param open begins to listen; its result ends that
 */
export function hearers(open: (tell: (message: string) => void) => () => void): Hearers {
  const all = new Set<{ readonly hear: (message: string) => void }>();
  let close: (() => void) | undefined;

  function tell(message: string): void {
    for (const { hear } of [...all]) {
      try {
        hear(message);
      } catch {
        // A listener's mistake is not the line's.
      }
    }
  }

  return {
    tell,
    subscribe(hear) {
      const one = { hear };
      all.add(one);
      close ??= open(tell);
      return () => {
        if (!all.delete(one) || all.size > 0) return;
        close?.();
        close = undefined;
      };
    },
  };
}
