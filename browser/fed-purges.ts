import { promisifyRequest, type UseStore } from "idb-keyval";
import {
  compilePatterns,
  ledgerView,
  parseToken,
  patternTide,
  report,
  urlLabels,
  urlSelector,
  type Clock,
  type Duration,
  type Instant,
  type LedgerDelta,
  type LedgerPoint,
  type OnEvent,
  type Seconds,
  type Snapshot,
} from "../src/index.ts";
import type { ApiCacheEvent } from "./events.ts";
import { purgeFeed, readRemembered, wholeLedger, type Remembered } from "./feed.ts";
import type { Database } from "./disk/database.ts";
import { atomically } from "./disk/transaction.ts";
import type { Live, openLive } from "./live.ts";
import { markOf } from "./mark.ts";
import type { Purges } from "./purges.ts";
import type { Finding } from "./subscriptions.ts";

/** The connection over which purges come as they happen. */
export interface LiveSettings {
  readonly url: string;
  /** Tabs of the same name share it. */
  readonly name: string;
  readonly post: (text: string) => void;
}

export interface FedPurgesOptions {
  readonly url: string;
  readonly live: LiveSettings | undefined;
  /** Tags of answers that name none. */
  readonly defaultTags: readonly string[];
  /** Takes what tells by which selectors a purge finds a URL. */
  readonly labelBy: (finding: Finding) => void;
  /** Hears of purges that came after the point, once reads know of them too. */
  readonly onNews: (delta: LedgerDelta, after: LedgerPoint) => void;
  readonly bound: Duration;
  /** How long to go on without the feed. */
  readonly maxBlind: Seconds;
  /** Where the last snapshot is kept; absent = nowhere. */
  readonly database: Database | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
  readonly later: (work: Promise<unknown>) => void;
}

const KEY = "ledger";
const REMEMBERED_EVERY_MS = 60_000;
/** Reading the disk may take a second, and so may the feed; both keep their own time. */
const VIEW_TIMEOUT: Seconds = 2.5;

/**
 * Purges as a feed tells them, never older than the bound while it can be reached. The last snapshot is kept on disk:
 * the next page begins with it, also without a network.
 *
 * @param open opens the live connection, if there is to be one
 */
export function fedPurges(options: FedPurgesOptions, open: typeof openLive | undefined): Purges {
  const { url, defaultTags, bound, maxBlind, database, fetch, clock, onEvent, labelBy, onNews, later } =
    options;
  const sys = database?.use("sys");
  let isDown = false;
  let expected: LedgerPoint | undefined;
  /** Up to here this page has heard of every purge. */
  let heard: LedgerPoint | undefined;
  let kept: { readonly point: string; readonly at: number } | undefined;

  /** One event for an outage, however many questions fail in it. */
  function reportOutage(error: unknown): void {
    if (!isDown) report(onEvent, { type: "ledger-error", error });
    isDown = true;
  }

  /** The purges are known up to here: says so to those who watch for them, and to the edge. */
  function advance({ epoch, position }: LedgerPoint): LedgerPoint | undefined {
    const before = heard;
    if (before?.epoch !== epoch || before.position < position) heard = { epoch, position };
    live?.start();
    return before;
  }

  /** An answer: the view takes it in when this task is over. */
  function land(delta: LedgerDelta): void {
    isDown = false;
    const before = advance(delta);
    if (before !== undefined) setTimeout(onNews, 0, delta, before);
  }

  /** Purges that came without being asked for. */
  function accept(delta: LedgerDelta): boolean {
    if (heard === undefined) return true;
    const isOther = delta.epoch !== heard.epoch;
    const isGap = delta.since !== null && delta.since > heard.position;
    if (!isOther) {
      const before = isGap ? heard : (advance(delta) ?? heard);
      view.apply(delta);
      onNews(delta, before);
    }
    // The feed has the word on which ledger is in force, and knows what is missing.
    if (isOther || isGap) later(Promise.resolve().then(() => view.read({ atLeast: delta })));
    return !isOther;
  }

  const live: Live | undefined =
    options.live &&
    open?.({
      ...options.live,
      fetch,
      clock,
      point: () => heard,
      accept,
      onError: (error) => report(onEvent, { type: "live-error", error }),
    });
  const feed = purgeFeed({
    url,
    fetch,
    clock,
    remembered: recall(database, sys, clock, maxBlind),
    shortcut: async (point) => live?.ask(point),
    atLeast: () => expected,
    onAnswer: land,
    onUnreachable(error, known) {
      reportOutage(error);
      advance(known);
    },
  });
  const view = ledgerView({
    ledger: { since: feed.since, purge: () => Promise.reject(new Error("A purge feed takes no purges")) },
    bound,
    maxBlind,
    timeout: VIEW_TIMEOUT,
    clock,
    onEvent: (event) => (event.type === "ledger-error" ? reportOutage(event.error) : report(onEvent, event)),
  });

  /** Whether the feed was heard recently enough. */
  function isHeard(heardAt: Instant | undefined): heardAt is Instant {
    return heardAt !== undefined && clock() - heardAt <= maxBlind * 1_000;
  }

  /** The snapshot, if the feed was heard recently enough; kept on disk when it has moved. */
  function checked(snapshot: Snapshot | undefined, asked: LedgerPoint | undefined): Snapshot | undefined {
    const { heardAt } = feed;
    if (snapshot === undefined || !isHeard(heardAt)) return undefined;
    // Once is enough: a token that makes no sense must not delay every read.
    if (asked === expected) expected = undefined;
    const point = `${snapshot.epoch}.${snapshot.position}.${snapshot.floor}`;
    if (sys !== undefined && (kept?.point !== point || heardAt - kept.at >= REMEMBERED_EVERY_MS)) {
      kept = { point, at: heardAt };
      later(remember(sys, { ...wholeLedger(snapshot), asOf: heardAt }));
    }
    return snapshot;
  }

  /** Offline, a token that cannot be asked about must not hide what there is. */
  function latest(): Snapshot | undefined | Promise<Snapshot | undefined> {
    return view.read({ waitUntil: later });
  }

  function read(atLeast = expected): ReturnType<Purges["read"]> {
    const snapshot = view.read({ atLeast, waitUntil: later });
    return snapshot === undefined || snapshot instanceof Promise
      ? Promise.resolve(snapshot).then(async (asked) => checked(asked ?? (await latest()), atLeast))
      : checked(snapshot, atLeast);
  }

  labelBy({
    labelsOf: (address) => (urlSelector(address) === undefined ? [] : urlLabels(address)),
    tideOf: (after, labels, patterns) =>
      patternTide({ ...after, labels }, compilePatterns(patterns.keys()), patterns),
  });
  // Whoever only listens has to know where it stands, too.
  if (live !== undefined) later(Promise.resolve(view.read({ waitUntil: later })));

  return {
    isFed: true,
    read,
    peek() {
      const snapshot = view.read({ consistency: "ttl", waitUntil: later });
      return snapshot instanceof Promise || !isHeard(feed.heardAt) ? undefined : snapshot;
    },
    markOf: (answered, snapshot) => markOf(answered, snapshot, read, defaultTags),
    expect(token) {
      const point = parseToken(token);
      if (point === undefined) return;
      const isOlder = expected?.epoch === point.epoch && expected.position > point.position;
      expected = isOlder ? expected : point;
    },
    hear: (text) => live?.hear(text),
    close: () => live?.close(),
  };
}

/** What an earlier page knew, unless that was too long ago. */
async function recall(
  database: Database | undefined,
  sys: UseStore | undefined,
  clock: Clock,
  maxBlind: Seconds,
): Promise<Remembered | undefined> {
  if (database === undefined || sys === undefined || !(await database.ready())) return undefined;
  const known = await sys("readonly", readKept).catch(() => undefined);
  return known !== undefined && clock() - known.asOf <= maxBlind * 1_000 ? known : undefined;
}

/** Another tab may have heard more of the same ledger: that stays. */
function remember(sys: UseStore, news: Remembered): Promise<void> {
  return sys("readwrite", (store) =>
    atomically(store, async () => {
      const old = await readKept(store);
      if (old?.epoch !== news.epoch || old.position <= news.position) store.put(news, KEY);
    }),
  );
}

async function readKept(sys: IDBObjectStore): Promise<Remembered | undefined> {
  return readRemembered(await promisifyRequest<unknown>(sys.get(KEY)));
}
