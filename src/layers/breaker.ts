import { systemClock, type Clock, type Instant } from "../clock.ts";
import { toSeconds, type Duration } from "../duration.ts";
import { cannot } from "../errors.ts";
import type { Store } from "../store.ts";
import { aroundCalls } from "./around.ts";

/** What a call of a store rejects with while its breaker is open: the store was not asked. */
export class BreakerError extends Error {
  override readonly name = "BreakerError";
}

/** Closed: calls go through. Open: they do not. Half-open: one goes through, to see. */
export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerOptions {
  /** Failures in a row that open it. @defaultValue 5 */
  readonly failures?: number;
  /** How long it stays open at first; twice as long after each trial that fails. @defaultValue "250ms" */
  readonly rest?: Duration;
  /** The longest that it stays open. @defaultValue "2s" */
  readonly longestRest?: Duration;
  /** After this long a trial that has not ended counts as lost, and another may go. @defaultValue "5s" */
  readonly trialTimeout?: Duration;
  readonly onChange?: (state: BreakerState) => void;
  readonly clock?: Clock;
}

/**
 * Leaves a store alone that keeps failing, so that nobody waits for it: after some failures in a row calls reject at once;
 * after a rest one call tries, and its outcome closes the breaker or lengthens the rest. Time-outs are failures where a
 * `timed` store stands inside.
 *
 * @throws {TypeError | RangeError} if an option makes no sense
 */
export function breaker<Body>(store: Store<Body>, options: BreakerOptions = {}): Store<Body> {
  const { failures: most = 5, rest = "250ms", longestRest = "2s", trialTimeout = "5s" } = options;
  const { onChange, clock = systemClock } = options;
  if (!Number.isInteger(most) || most < 1) {
    throw new RangeError(cannot("make a breaker", "failures must be a positive whole number", most));
  }
  const first = toSeconds(rest, "rest") * 1_000;
  const longest = toSeconds(longestRest, "longestRest") * 1_000;
  const trialTime = toSeconds(trialTimeout, "trialTimeout") * 1_000;

  let state: BreakerState = "closed";
  let failed = 0;
  let trials = 0;
  let changedAt: Instant = 0;

  function turn(next: BreakerState): void {
    changedAt = clock();
    if (state === next) return;
    state = next;
    onChange?.(next);
  }

  /** Whether a call may go through; the one that may after a rest is the trial. */
  function mayPass(): boolean {
    if (state === "closed") return true;
    const waited = Math.abs(clock() - changedAt); // A clock that was set back must not keep it open.
    const due = state === "open" ? Math.min(first * 2 ** trials, longest) : trialTime;
    if (waited < due) return false;
    turn("half-open");
    return true;
  }

  return aroundCalls(store, async (_operation, call) => {
    if (!mayPass()) throw new BreakerError(`The store ${store.name} is being left alone`);
    const isTrial = state === "half-open";
    try {
      const outcome = await call();
      // What was sent before it opened says nothing about now.
      if (isTrial || state === "closed") {
        failed = 0;
        trials = 0;
        turn("closed");
      }
      return outcome;
    } catch (error) {
      failed += 1;
      if (isTrial) {
        trials += 1;
        turn("open");
      } else if (state === "closed" && failed >= most) turn("open");
      throw error;
    }
  });
}
