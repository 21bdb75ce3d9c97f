import type { Clock, Instant, Seconds } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { type CacheEvent, type OnEvent, report } from "../events.ts";
import type { Ledger, LedgerDelta, Snapshot } from "./ledger.ts";
import { applyDelta, heed } from "./snapshot.ts";

/** One round trip to the ledger. */
export interface Flight {
  /** Counts up. A flight that began after a read has a higher number than those the read found. */
  readonly number: number;
  readonly askedAt: Instant;
  /** Settles when the flight is over, never rejects. May never settle if the request that began it is gone. */
  readonly done: Promise<void>;
}

/** Holds the snapshot and asks the ledger for news; when to ask is for others to say. */
export interface Refresher {
  readonly snapshot: Snapshot | undefined;
  /** The highest number a flight has got. */
  readonly started: number;
  /** The highest number among the flights that are over, well or not. */
  readonly ended: number;
  /** The number of the flight that the snapshot came with. */
  readonly landed: number;
  /** Whether the last flight failed. */
  readonly isFailing: boolean;
  /** The last flight, unless it is over or ran past its time limit. */
  underWay(now: Instant): Flight | undefined;
  /** All flights that are not over and within their time limit, in the order in which they began. */
  inTheAir(now: Instant): readonly Flight[];
  /** Whether the ledger failed so recently that it should be left alone. */
  isResting(now: Instant): boolean;
  start(): Flight;
  apply(delta: LedgerDelta): void;
}

/** After a failure, the ledger is left alone for this long; twice as long after each further one. */
const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 2_000;

/** A snapshot to begin with, or one that is still being read from somewhere. */
export type InitialSnapshot = Snapshot | Promise<Snapshot | undefined>;

/** The state behind a view: one snapshot, the flights that refresh it, and how the last ones went. */
export function refresher(
  ledger: Ledger,
  timeout: Seconds,
  clock: Clock,
  onEvent: OnEvent<CacheEvent> | undefined,
  initial?: InitialSnapshot,
): Refresher {
  let snapshot = initial instanceof Promise ? undefined : initial;
  /** Until it is over, nobody knows from where to ask on. */
  let recall = initial instanceof Promise ? remember(initial) : undefined;
  let flights: readonly Flight[] = [];
  /** Purges that came while there was no snapshot to apply them to, and what was to bring one had perhaps left before them. */
  const early: LedgerDelta[] = [];
  let started = 0;
  let ended = 0;
  let landed = 0;
  let failures = 0;
  let failedAt = 0;

  async function remember(promised: Promise<Snapshot | undefined>): Promise<void> {
    const known = await withDeadline(promised, timeout, "remembering the ledger").catch(() => undefined);
    if (known !== undefined) snapshot ??= withEarly(known);
    recall = undefined;
  }

  function withEarly(first: Snapshot): Snapshot | undefined {
    return early.splice(0).reduce<Snapshot | undefined>(taken, first);
  }

  function inTheAir(now: Instant): readonly Flight[] {
    return flights.filter(({ askedAt }) => isWithin(timeout * 1_000, askedAt, now));
  }

  /** Resolves to whether the answer could be used. */
  async function ask(number: number, from: Snapshot | undefined): Promise<boolean> {
    const askedAt = clock();
    const known = from && { epoch: from.epoch, position: from.position };
    const delta = await withDeadline(ledger.since(known), timeout, "asking the ledger");
    // Overtaken by a flight that asked later: the snapshot is newer already.
    if (number < landed) return true;
    const next = applyDelta(snapshot, delta, askedAt);
    if (next === undefined) return false;
    snapshot = withEarly(next);
    landed = number;
    failures = 0;
    return true;
  }

  async function fly(number: number): Promise<void> {
    if (recall !== undefined) await recall;
    try {
      if ((await ask(number, snapshot)) || (await ask(number, undefined))) return;
      throw new Error("The ledger has gone back behind what it said before: it needs a new epoch");
    } catch (error) {
      report(onEvent, { type: "ledger-error", error });
      if (number < landed) return;
      failures += 1;
      failedAt = clock();
    } finally {
      ended = Math.max(ended, number);
      flights = flights.filter((flight) => flight.number !== number);
      if (flights.length === 0) early.length = 0;
    }
  }

  return {
    get snapshot() {
      return snapshot;
    },
    get started() {
      return started;
    },
    get ended() {
      return ended;
    },
    get landed() {
      return landed;
    },
    get isFailing() {
      return failures > 0;
    },
    underWay(now) {
      const last = flights.at(-1);
      return last?.number === started && isWithin(timeout * 1_000, last.askedAt, now) ? last : undefined;
    },
    inTheAir,
    isResting(now) {
      return (
        failures > 0 &&
        isWithin(Math.min(FIRST_REST_MS * 2 ** (failures - 1), LONGEST_REST_MS), failedAt, now)
      );
    },
    start() {
      started += 1;
      const now = clock();
      const flight = { number: started, askedAt: now, done: fly(started) };
      // Those that have died with their requests are never over.
      flights = [...inTheAir(now), flight];
      return flight;
    },
    apply(delta) {
      if (snapshot !== undefined) snapshot = taken(snapshot, delta);
      else if (recall !== undefined || inTheAir(clock()).length > 0) early.push(delta);
    },
  };
}

/** Takes in purges that came without asking. Of another epoch: the snapshot is no good any more, and the next read asks anew. */
function taken(snapshot: Snapshot | undefined, delta: LedgerDelta): Snapshot | undefined {
  return snapshot && (applyDelta(snapshot, delta, snapshot.asOf) ?? heed(snapshot, delta));
}

/** Waits for a flight, but no longer than the limit: it may have died with the request that began it. */
export async function outwait(done: Promise<unknown>, limit: Seconds): Promise<void> {
  await withDeadline(done, limit, "waiting for the ledger").catch(() => undefined);
}

/** Whether fewer than so many milliseconds have passed. A clock that was set back proves nothing: no. */
export function isWithin(milliseconds: number, since: Instant, now: Instant): boolean {
  return now >= since && now - since < milliseconds;
}
