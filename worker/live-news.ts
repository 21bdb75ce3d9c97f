import type { LedgerDelta, LedgerPoint } from "../src/index.ts";
import { flights } from "./live-flights.ts";
import { condensedWhole, followed, newsSince, tailAt, tailOf, type Tail } from "./live-tail.ts";

/** The ledger, as a shard of listeners asks it. */
export interface NewsSource {
  /** The purges after a point; without one, only where the ledger stands. From then on the shard is told of each purge. */
  listen(point: LedgerPoint | undefined): Promise<LedgerDelta>;
  since(point: LedgerPoint | undefined): Promise<LedgerDelta>;
}

export interface NewsOptions {
  readonly source: NewsSource;
  /** What all who listen have been told already; `undefined` = nobody listens yet. */
  readonly told: LedgerPoint | undefined;
  /** Sends to all who listen. They may know some of it. */
  tell(delta: LedgerDelta): void;
  /** Keeps what all who listen have been told, for after a sleep. */
  remember(point: LedgerPoint): void;
}

/** What a shard of listeners knows of the ledger, and what it tells them. */
export interface News {
  /** Purges that the ledger tells of. If some before them are missing, they are asked for. */
  hear(delta: LedgerDelta): void;
  /** Asks the ledger and tells everyone what they have missed. Rejects if it cannot be reached. */
  refresh(): Promise<void>;
  /**
   * All purges after a point, or the whole ledger, as the ledger knows them *after* this call: who gets them knows
   * of every purge that was acknowledged before it asked. One or two deltas, in order; for a point that lies ahead of the
   * ledger, only where the ledger stands. Rejects as `refresh` does.
   */
  after(point: LedgerPoint | undefined): Promise<readonly LedgerDelta[]>;
}

/** Purges within so many milliseconds become one message. */
const GATHERING_MS = 10;
/** Selectors that are kept for those who were away for a moment. */
const MOST_SELECTORS = 5_000;
/** Positions that one question reaches back to, for whoever was away for longer. */
const REACH = 1_000;

/**
 * Keeps the last stretch of the ledger, and asks for more where that is not enough. Listeners come with points of their
 * own choosing, so what they can make it ask is bounded: once about the last thousand positions, once about everything,
 * for each stretch; the answers serve all.
 */
export function liveNews({ source, told, tell, remember }: NewsOptions): News {
  let tail = told && tailAt(told);
  let announced = told;
  let whole: LedgerDelta | undefined;
  let reachedFrom: number | undefined;
  let isGathering = false;

  function announce(): void {
    if (isGathering) return;
    isGathering = true;
    setTimeout(() => {
      isGathering = false;
      flush();
    }, GATHERING_MS);
  }

  function flush(): void {
    if (tail === undefined || announced === undefined || announced.position === tail.end.position) return;
    const news = newsSince(tail, announced);
    if (news === undefined) {
      // The ledger has forgotten purges that our listeners may not have heard of.
      void askWhole().then(announceWhole, () => undefined);
      return;
    }
    // Told first: what is sent once a write has begun waits for the disk.
    tell(news);
    announceUpTo(tail.end);
    if (tail.end.selectors.size > MOST_SELECTORS) tail = tailAt(tail.end);
  }

  function announceUpTo({ epoch, position }: LedgerPoint): void {
    announced = { epoch, position };
    remember(announced);
  }

  function announceWhole(delta: LedgerDelta): void {
    tell(delta);
    announceUpTo(delta);
  }

  function take(delta: LedgerDelta): void {
    const next = tail && followed(tail, delta);
    if (next !== undefined) {
      tail = next;
      announce();
      return;
    }
    // The first answer, or one of a ledger that begins anew.
    const hadListeners = tail !== undefined;
    tail = tailAt(delta);
    announceUpTo(delta);
    whole = undefined;
    if (delta.since !== null) return;
    whole = condensedWhole(delta);
    if (hadListeners) announceWhole(whole);
  }

  const refresh = flights(async () => take(await source.listen(tail && pointOf(tail))));

  const askWhole = shared(async () => {
    whole = condensedWhole(await source.since(undefined));
    return whole;
  });

  const reachBack = shared(async () => {
    if (tail === undefined || reachedFrom === tail.from) return;
    reachedFrom = tail.from;
    const { epoch, position, floor } = tail.end;
    const longer = tailOf(await source.since({ epoch, position: Math.max(position - REACH, floor) }));
    const rest = longer && newsSince(tail, pointOf(longer));
    // What the ledger has told in the meantime follows on the answer, or is in it.
    const joined = longer && rest ? followed(longer, rest) : longer;
    if (joined === undefined || joined.end.position < tail.end.position) return;
    if (joined.end.selectors.size > MOST_SELECTORS) return;
    tail = joined;
    announce();
  });

  /** Everything, as it was told before or as it is now, and what came after it. */
  async function everything(): Promise<readonly LedgerDelta[]> {
    const known = whole && tail && newsSince(tail, whole);
    if (whole !== undefined && known !== undefined)
      return known.position > whole.position ? [whole, known] : [whole];
    return [await askWhole()];
  }

  return {
    hear(delta) {
      const next = tail && followed(tail, delta);
      if (next === undefined) void refresh().catch(() => undefined);
      else take(delta);
    },
    refresh,
    async after(point) {
      await refresh();
      if (point !== undefined && tail !== undefined && point.epoch === tail.end.epoch) {
        // Nobody has been told of it, so it is made up. The whole ledger would say no more, and cost more.
        if (point.position > tail.end.position) return [newsAtEnd(tail)];
        const isNear = point.position < tail.from && point.position >= tail.end.position - REACH;
        if (isNear) await reachBack();
        const news = newsSince(tail, point);
        if (news !== undefined) return [news];
      }
      return everything();
    },
  };
}

/** Only where the ledger stands. */
function newsAtEnd({ end: { epoch, position, floor } }: Tail): LedgerDelta {
  return { epoch, position, floor, since: position, changes: [] };
}

function pointOf({ end: { epoch, position } }: Tail): LedgerPoint {
  return { epoch, position };
}

/** Work that is done once for all who want it at the same time. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => (underWay ??= work().finally(() => (underWay = undefined)));
}
