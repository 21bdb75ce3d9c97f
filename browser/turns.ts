/** Lets one tab of a user ask the network for what several want. */
export interface Turns {
  /**
   * Waits until no other tab asks for the same, and says so to those that come later. Resolves to the turn, which must
   * end; to `undefined` where there is nothing to wait for any longer: the other tab's answer is for itself alone, or it
   * takes too long, or this browser has no locks. Never rejects.
   */
  take(key: string): Promise<Turn | undefined>;
  /** Ends the turns of this tab for a URL: what they bring is from before a change. "" = all of them. */
  abandon(url: string): void;
  /** Another tab's turn is over; `isShared` = what it brought is on disk. */
  settle(key: string, isShared: boolean): void;
}

/** Ends a turn, and tells those who wait whether there is something on disk for them. A second call does nothing. */
export type Turn = (isShared: boolean) => void;

/** Less than callers wait for an equal request of their own tab, so that one of them asks for all. */
const PATIENCE_MS = 1_500;

/**
 * Takes turns by Web Locks: when a tab goes, however it goes, the browser gives its locks to others.
 *
 * @param name tabs of the same name take turns
 * @param post tells other tabs that a turn is over, so that all who wait go on at once, and not one behind the other
 */
export function tabTurns(name: string, post: (key: string, isShared: boolean) => void): Turns {
  const waiting = new Map<string, Turn>();
  const held = new Map<string, Turn>();

  return {
    take: (key) =>
      new Promise((resolve) => {
        const controller = new AbortController();
        const leave = (turn?: Turn): void => {
          clearTimeout(timer);
          if (waiting.get(key) === settle) waiting.delete(key);
          resolve(turn);
          controller.abort();
        };
        const settle = (isShared: boolean): void => leave(isShared ? () => undefined : undefined);
        const timer = setTimeout(leave, PATIENCE_MS);
        waiting.set(key, settle);
        const hold = (): Promise<void> =>
          new Promise((release) => {
            if (controller.signal.aborted) return release();
            const turn: Turn = (isShared) => {
              if (held.get(key) !== turn) return;
              held.delete(key);
              post(key, isShared);
              release();
            };
            held.set(key, turn);
            leave(turn);
          });
        // Asynchronous, so that a browser without locks is a rejection as well.
        (async () => navigator.locks.request(`${name} ${key}`, { signal: controller.signal }, hold))().catch(
          () => leave(),
        );
      }),
    abandon(url) {
      for (const [key, end] of held) if (key.includes(url)) end(false);
    },
    settle: (key, isShared) => waiting.get(key)?.(isShared),
  };
}
