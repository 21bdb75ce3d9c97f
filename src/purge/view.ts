import { type Clock, type Instant, type Seconds, systemClock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { type CacheEvent, type OnEvent, report } from "../events.ts";
import type { Ledger, LedgerDelta, LedgerPoint, Snapshot } from "./ledger.ts";
import { isWithin, refresher } from "./refresher.ts";

/** Options of {@link ledgerView}. */
export interface LedgerViewOptions {
  readonly ledger: Ledger;
  /**
   * How old the knowledge behind an answer may be: once a purge was acknowledged this long ago, nothing it
   * covers is served. 0 asks the ledger for each read.
   *
   * @defaultValue "2s"
   */
  readonly bound?: Duration;
  /**
   * How long to go on with the last snapshot while the ledger is out of reach; not shorter than the bound.
   *
   * @defaultValue "60s"
   */
  readonly maxBlind?: Duration;
  /**
   * How long one question to the ledger may take, more than 0.
   *
   * @defaultValue "1s"
   */
  readonly timeout?: Duration;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
  /** Learns of `ledger-error` (each failed question) and `ledger-blind` (once an outage). */
  readonly onEvent?: OnEvent<CacheEvent> | undefined;
}

/** What one read may ask for. */
export interface ReadOptions {
  /**
   * The token of a purge or a change that this reader has seen: its snapshot must contain it. One that the ledger,
   * when asked, does not confirm is ignored, as is one of another epoch than the ledger's.
   */
  readonly atLeast?: LedgerPoint | undefined;
  /** Keeps a refresh going after the answer has been sent; without it, the refresh runs on by itself. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** One reader's view of a ledger, shared by all requests of a process or an isolate. */
export interface LedgerView {
  /** The bound, in seconds: when a purge acknowledged now is effective for this reader. */
  readonly bound: Seconds;
  /**
   * The snapshot to check entries against and to mark new ones with. Comes at once, not as a promise, if it is
   * younger than the bound. Never rejects.
   *
   * `undefined` = the ledger has been out of reach for too long, or is out of reach while the token names purges that
   * the snapshot does not have: every entry is a miss, and nothing may be stored.
   */
  read(options?: ReadOptions): Snapshot | undefined | Promise<Snapshot | undefined>;
  /** Takes in purges that came without asking: one's own (see `deltaOf`) or those a listener was told of. */
  apply(delta: LedgerDelta): void;
}

/** Between two refreshes that a token alone called for; tokens come from clients, who may make them up. */
const FORCED_EVERY_MS = 100;

/**
 * Keeps a snapshot of a ledger that is never older than the bound while the ledger answers. From half the bound
 * on, a read starts one refresh in the background; past the bound, a read waits for one. In an outage one read
 * in each back-off pays for a question, and the others go on with the last snapshot at once.
 *
 * @throws {TypeError} if a duration cannot be read
 * @throws {RangeError} if `maxBlind` is shorter than the bound, or `timeout` is 0
 */
export function ledgerView({
  ledger,
  bound = "2s",
  maxBlind = "60s",
  timeout = "1s",
  clock = systemClock,
  onEvent,
}: LedgerViewOptions): LedgerView {
  const boundMs = toSeconds(bound, "bound") * 1_000;
  const maxBlindMs = toSeconds(maxBlind, "maxBlind") * 1_000;
  const timeLimit = toSeconds(timeout, "timeout");
  if (maxBlindMs < boundMs)
    throw new RangeError(cannot("read maxBlind", "it must not be below bound", maxBlind));
  if (timeLimit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));

  const refreshes = refresher(ledger, timeLimit, clock, onEvent);
  let forcedAt = Number.NEGATIVE_INFINITY;
  let isBlind = false;

  function start(waitUntil: ReadOptions["waitUntil"]): Promise<void> {
    const { done } = refreshes.start();
    waitUntil?.(done);
    return done;
  }

  function isYoung(snapshot: Snapshot | undefined, now: Instant): snapshot is Snapshot {
    return snapshot !== undefined && isWithin(boundMs, snapshot.asOf, now);
  }

  /** What there is, as long as it is within `maxBlind` or was asked for after the flights that the read has seen. */
  function latest(now: Instant, seen = Number.POSITIVE_INFINITY): Snapshot | undefined {
    const { snapshot, landed } = refreshes;
    const isUsable = snapshot !== undefined && (landed > seen || isWithin(maxBlindMs, snapshot.asOf, now));
    if (!isUsable && !isBlind) {
      report(onEvent, {
        type: "ledger-blind",
        blindFor: snapshot ? Math.max(now - snapshot.asOf, 0) / 1_000 : 0,
      });
    }
    isBlind = !isUsable;
    return isUsable ? snapshot : undefined;
  }

  /**
   * The latest snapshot, unless it lacks what the token names and the ledger could not be asked about it: who has seen a
   * purge is never served from before it. What the ledger itself does not know of is nobody's purge.
   */
  function answerTo(atLeast: LedgerPoint | undefined, seen = Number.POSITIVE_INFINITY): Snapshot | undefined {
    const snapshot = latest(clock(), seen);
    if (snapshot === undefined || refreshes.landed > seen) return snapshot;
    return atLeast?.epoch === snapshot.epoch && isBehind(snapshot, atLeast) ? undefined : snapshot;
  }

  async function refreshed({ atLeast, waitUntil }: ReadOptions): Promise<Snapshot | undefined> {
    // Flights with higher numbers begin after this read, and so bring all it can ask for.
    const seen = refreshes.started;
    const shared = refreshes.underWay(clock());
    if (shared !== undefined && isWithin(boundMs, shared.askedAt, clock())) {
      // Half the patience: should that flight have died with its request, there is time to ask again.
      await outwait(shared.done, timeLimit / 2);
      const { snapshot } = refreshes;
      if (isYoung(snapshot, clock()) && !isBehind(snapshot, atLeast)) return answerTo(atLeast);
      if (refreshes.isResting(clock())) return answerTo(atLeast);
    }
    if (isYoung(refreshes.snapshot, clock())) await myTurn(seen);
    if (refreshes.ended <= seen) {
      const newer = refreshes.underWay(clock());
      await outwait(newer !== undefined && newer.number > seen ? newer.done : start(waitUntil), timeLimit);
    }
    return answerTo(atLeast, seen);
  }

  /** Only a token calls for this refresh: waits until one is due, unless another read has begun it meanwhile. */
  async function myTurn(seen: number): Promise<void> {
    const due = forcedAt + FORCED_EVERY_MS - clock();
    if (due > 0 && due <= FORCED_EVERY_MS)
      await new Promise<void>((resolve) => void setTimeout(resolve, due));
    if (refreshes.started === seen) forcedAt = clock();
  }

  return {
    bound: boundMs / 1_000,
    read(options = {}) {
      const now = clock();
      const { snapshot } = refreshes;
      if (isYoung(snapshot, now) && !isBehind(snapshot, options.atLeast)) {
        isBlind = false;
        const isDue = !isWithin(boundMs / 2, snapshot.asOf, now);
        if (isDue && !refreshes.underWay(now) && !refreshes.isResting(now)) void start(options.waitUntil);
        return snapshot;
      }
      const isOutOfReach =
        refreshes.isResting(now) || (refreshes.isFailing && refreshes.underWay(now) !== undefined);
      return isOutOfReach ? answerTo(options.atLeast) : refreshed(options);
    },
    apply: refreshes.apply,
  };
}

/** Waits for a flight, but no longer than the limit: it may have died with the request that began it. */
async function outwait(done: Promise<void>, limit: Seconds): Promise<void> {
  await withDeadline(done, limit, "waiting for the ledger").catch(() => undefined);
}

/** Whether a token names purges that the snapshot does not have. One of another epoch may be of a newer one. */
function isBehind({ epoch, position }: Snapshot, atLeast: LedgerPoint | undefined): boolean {
  return atLeast !== undefined && (atLeast.epoch !== epoch || atLeast.position > position);
}
