import { systemClock, type Clock, type Instant, type Seconds } from "./clock.ts";
import { withDeadline } from "./deadline.ts";

/** Work under way that others may wait for. */
interface Flight<T> {
  readonly startedAt: Instant;
  readonly position: number;
  readonly result: Promise<T>;
}

export interface FlightOptions {
  /** The ledger position that the caller knows. It joins no flight that began before that position. */
  readonly position: number;
  /** Keeps the work alive after the caller has gone, as `ExecutionContext.waitUntil` does. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** Collapses equal work: many callers, one run per key. */
export interface SingleFlight<T> {
  /**
   * Waits for equal work under way; `undefined` when there is none, or only some that began before `position`.
   * Rejects with the work's own failure, or with `DeadlineError` after `patience`: a lost flight delays, it never hangs.
   */
  join(key: string, position: number): Promise<T> | undefined;
  /** Whether equal work is under way, whenever it began. */
  isUnderWay(key: string): boolean;
  /** Announces work for others to join, until it settles. Its failure is shared with all who wait and then forgotten. */
  lead(key: string, result: Promise<T>, options: FlightOptions): void;
}

export interface SingleFlightOptions {
  /** How long `join` waits, in seconds. @defaultValue 10 */
  readonly patience?: Seconds;
  /**
   * How long work counts as under way, in seconds: what has not settled by then is lost, as when the platform ended the
   * request that it belonged to. @defaultValue 60
   */
  readonly lifetime?: Seconds;
  readonly clock?: Clock;
}

/**
 * Makes a table of flights. What they result in is shared between requests, so it must be plain data: on Workers a
 * body, a stream or a socket belongs to the request that made it.
 */
export function singleFlight<T>({
  patience = 10,
  lifetime = 60,
  clock = systemClock,
}: SingleFlightOptions = {}): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function underWay(key: string): Flight<T> | undefined {
    const flight = flights.get(key);
    if (flight === undefined || Math.abs(clock() - flight.startedAt) < lifetime * 1_000) return flight;
    flights.delete(key);
    return undefined;
  }

  return {
    join(key, position) {
      const flight = underWay(key);
      if (flight === undefined || flight.position < position) return undefined;
      return withDeadline(flight.result, patience, "waiting for an equal request");
    },
    isUnderWay: (key) => underWay(key) !== undefined,
    lead(key, result, { position, waitUntil }) {
      flights.set(key, { startedAt: clock(), position, result });
      const done = (): void => {
        if (flights.get(key)?.result === result) flights.delete(key);
      };
      const settled = result.then(done, done);
      waitUntil?.(settled);
    },
  };
}
