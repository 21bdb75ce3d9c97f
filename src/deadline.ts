import type { Seconds } from "./clock.ts";

/** The longest that timers count; a longer wait would end at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** What {@link withDeadline} rejects with when the time is over. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * The work's own outcome, or a rejection with {@link DeadlineError} once the time is over. The work goes on
 * unheard; its later failure is never an unhandled rejection. The timer is the caller's own, so on Workers
 * a request may wait for work that another request started.
 */
export function withDeadline<T>(work: PromiseLike<T>, limit: Seconds, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new DeadlineError(`${what} took longer than ${limit} s`)),
      Math.min(limit * 1_000, MAX_TIMER_MS),
    );
    work.then(resolve, reject).then(() => clearTimeout(timer));
  });
}
