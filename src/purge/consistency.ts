import type { Clock, Seconds } from "../clock.ts";
import type { Snapshot } from "./ledger.ts";
import { outwait, type Flight, type Refresher } from "./refresher.ts";

/**
 * What a read may count on after a purge was acknowledged.
 *
 * - `ttl`: nothing. It goes on whatever snapshot there is, however old; it never waits, and asks only for the first.
 * - `kv`: mostly clean within `bound`, always within `maxBlind`. It never waits; the snapshot is refreshed behind it.
 * - `bounded`: clean once the bound has passed. It waits only when the snapshot is older than the bound.
 * - `linearizable`: every read that begins after the acknowledgement is clean. Each waits for an answer to a question
 *   that was sent after it began.
 */
export type Consistency = "ttl" | "kv" | "bounded" | "linearizable";

/** Questions in the air at once. A read past it waits for one to end, and shares the next. */
const MOST_AT_ONCE = 4;

/**
 * Asks the ledger a question that is sent after the call: its answer holds every purge that was acknowledged before. A
 * question is shared by those who called before it was sent, and by nobody else.
 *
 * @returns `undefined` if the ledger did not answer within the time limit
 */
export async function readAnew(
  refreshes: Refresher,
  timeout: Seconds,
  clock: Clock,
  start: () => Promise<void>,
): Promise<Snapshot | undefined> {
  const seen = refreshes.started;
  // Awaited also where there is room: the calls of one moment share one question, sent when all of them have been made.
  await aTurn(refreshes, timeout, clock, seen);
  const shared = refreshes.inTheAir(clock()).find(({ number }) => number > seen);
  // Half the patience: should that question have died with its request, there is time to ask again.
  if (shared !== undefined) await outwait(shared.done, timeout / 2);
  const isOpen = refreshes.landed <= seen && !refreshes.isResting(clock());
  if (isOpen) await outwait(start(), shared === undefined ? timeout : timeout / 2);
  return refreshes.landed > seen ? refreshes.snapshot : undefined;
}

/** Waits until there is room for a question, or until another call has sent one that can be shared. */
async function aTurn(refreshes: Refresher, timeout: Seconds, clock: Clock, seen: number): Promise<void> {
  const isFull = (flights: readonly Flight[]): boolean => flights.length >= MOST_AT_ONCE;
  for (let air = refreshes.inTheAir(clock()); isFull(air); air = refreshes.inTheAir(clock())) {
    await outwait(Promise.race(air.map(({ done }) => done)), timeout);
    if (refreshes.started > seen) return;
  }
}
