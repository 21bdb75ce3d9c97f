import { withDeadline } from "../deadline.ts";
import type { Seconds } from "../clock.ts";

/** How long one piece of work waits for the one before it. */
const TURN: Seconds = 1;

/** Runs work on one key one after the other; work on other keys goes on beside it. */
export function turnTaking(): (key: string, work: () => Promise<void>) => Promise<void> {
  const turns = new Map<string, Promise<void>>();
  return async (key, work) => {
    const before = turns.get(key);
    const turn = (async () => {
      // Whoever goes before may be a request that the platform has ended.
      if (before !== undefined) await withDeadline(before, TURN, "another variant").catch(() => undefined);
      await work();
    })();
    turns.set(key, turn);
    await turn.finally(() => turns.get(key) === turn && turns.delete(key));
  };
}
