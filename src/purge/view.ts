import { type Clock, type Instant, type Seconds, systemClock } from "../clock.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { type CacheEvent, type OnEvent, report } from "../events.ts";
import { type Consistency, readAnew } from "./consistency.ts";
import { closing } from "./fail-closed.ts";
import type { Ledger, LedgerDelta, LedgerPoint, Selector, Snapshot } from "./ledger.ts";
import { type InitialSnapshot, isWithin, outwait, refresher } from "./refresher.ts";

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
   * What a read counts on that does not say so itself.
   *
   * @defaultValue "bounded"
   */
  readonly consistency?: Consistency;
  /**
   * What must not be served while the ledger is out of reach: as soon as the snapshot is older than the bound, entries
   * that one of these covers count as purged, at every level of consistency.
   *
   * @defaultValue nothing: `maxBlind` alone decides
   */
  readonly failClosed?: readonly Selector[];
  /**
   * A snapshot of this ledger to begin with, such as one kept on disk, with `asOf` on this clock: the first question asks
   * only for what has happened since. It is handed over: its selectors grow in place. While a promised one is awaited,
   * for `timeout` at the most, nothing is asked.
   */
  readonly initial?: InitialSnapshot | undefined;
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
  /** @defaultValue the view's */
  readonly consistency?: Consistency | undefined;
  /**
   * The token of a purge or a change that this reader has seen: its snapshot must contain it. One that the ledger,
   * when asked, does not confirm is ignored, as is one of another epoch than the ledger's. Heeded by `kv` and `bounded`
   * reads, which wait where the snapshot lacks it; `ttl` never waits.
   */
  readonly atLeast?: LedgerPoint | undefined;
  /** Keeps a refresh going after the answer has been sent; without it, the refresh runs on by itself. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** One reader's view of a ledger, shared by all requests of a process or an isolate. */
export interface LedgerView {
  /**
   * In seconds: when a purge acknowledged now is effective for the reads of this view that do not ask for less, the
   * ledger's own lag included. `Infinity` if it is `ttl`.
   */
  readonly bound: Seconds;
  /** The same for reads that ask for another level. */
  boundOf(level: Consistency): Seconds;
  /**
   * The snapshot to check entries against and to mark new ones with. Comes at once, not as a promise, if the level of
   * consistency allows: `bounded` if it is younger than the bound. Never rejects.
   *
   * `undefined` = the ledger has been out of reach for too long, or is out of reach while the token names purges that
   * the snapshot does not have, or while every read has to ask: every entry is a miss, and nothing may be stored.
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
 * @throws {RangeError} if `maxBlind` is shorter than the bound, or `timeout` is 0, or every read is to be `linearizable`
 * on a ledger that lags
 */
export function ledgerView({
  ledger,
  bound = "2s",
  maxBlind = "60s",
  timeout = "1s",
  consistency = "bounded",
  failClosed = [],
  initial,
  clock = systemClock,
  onEvent,
}: LedgerViewOptions): LedgerView {
  const boundMs = toSeconds(bound, "bound") * 1_000;
  const maxBlindMs = toSeconds(maxBlind, "maxBlind") * 1_000;
  const timeLimit = toSeconds(timeout, "timeout");
  if (maxBlindMs < boundMs)
    throw new RangeError(cannot("read maxBlind", "it must not be below bound", maxBlind));
  if (timeLimit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));
  const { lag = 0 } = ledger;
  if (consistency === "linearizable" && lag > 0)
    throw new RangeError(cannot("read linearizably", "the ledger must not lag", `a lag of ${lag} s`));

  const refreshes = refresher(ledger, timeLimit, clock, onEvent, initial);
  const closed = closing(failClosed);
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
    if (!isUsable) return undefined;
    return landed > seen || isYoung(snapshot, now) ? snapshot : closed(snapshot);
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

  function isOutOfReach(now: Instant): boolean {
    return refreshes.isResting(now) || (refreshes.isFailing && refreshes.underWay(now) !== undefined);
  }

  function refreshBehind(now: Instant, { waitUntil }: ReadOptions): void {
    if (!refreshes.underWay(now) && !refreshes.isResting(now)) void start(waitUntil);
  }

  const reads: Record<Consistency, LedgerView["read"]> = {
    ttl(options = {}) {
      const { snapshot } = refreshes;
      if (snapshot === undefined) refreshBehind(clock(), options);
      return snapshot === undefined || isYoung(snapshot, clock()) ? snapshot : closed(snapshot);
    },
    kv(options = {}) {
      const now = clock();
      const { snapshot } = refreshes;
      if (snapshot !== undefined && isBehind(snapshot, options.atLeast)) return reads.bounded(options);
      if (snapshot === undefined || !isWithin(boundMs / 2, snapshot.asOf, now)) refreshBehind(now, options);
      // A snapshot that is old because nobody has read for long is no outage.
      const isIdle = !refreshes.isFailing && !(snapshot && isWithin(maxBlindMs, snapshot.asOf, now));
      return isIdle ? undefined : latest(now);
    },
    bounded(options = {}) {
      const now = clock();
      const { snapshot } = refreshes;
      if (isYoung(snapshot, now) && !isBehind(snapshot, options.atLeast)) {
        isBlind = false;
        if (!isWithin(boundMs / 2, snapshot.asOf, now)) refreshBehind(now, options);
        return snapshot;
      }
      return isOutOfReach(now) ? answerTo(options.atLeast) : refreshed(options);
    },
    linearizable({ waitUntil } = {}) {
      // What the ledger does not tell yet cannot be waited for.
      if (lag > 0 || isOutOfReach(clock())) return undefined;
      return readAnew(refreshes, timeLimit, clock, () => start(waitUntil));
    },
  };
  const bounds: Record<Consistency, Seconds> = {
    ttl: Number.POSITIVE_INFINITY,
    kv: maxBlindMs / 1_000 + lag,
    bounded: boundMs / 1_000 + lag,
    linearizable: 0,
  };

  return {
    bound: bounds[consistency],
    boundOf: (level) => bounds[level],
    read: (options = {}) => reads[options.consistency ?? consistency](options),
    apply: refreshes.apply,
  };
}

/** Whether a token names purges that the snapshot does not have. One of another epoch may be of a newer one. */
function isBehind({ epoch, position }: Snapshot, atLeast: LedgerPoint | undefined): boolean {
  return atLeast !== undefined && (atLeast.epoch !== epoch || atLeast.position > position);
}
