import {
  applyDelta,
  formatToken,
  parseDelta,
  withDeadline,
  type Clock,
  type Instant,
  type Ledger,
  type LedgerDelta,
  type LedgerPoint,
  type Snapshot,
} from "../src/index.ts";

/** The purges as known at some instant: what is kept on disk, so that the page can start without the network. */
export interface Remembered extends LedgerDelta {
  /** When the feed was asked, on this device's clock. */
  readonly asOf: Instant;
}

/** The edge's purge feed, read as a ledger. */
export interface Feed {
  since: Ledger["since"];
  /** When the feed was last asked with success, in this page or in the one that remembered it. */
  readonly heardAt: Instant | undefined;
}

export interface FeedOptions {
  /** The feed's address, relative to the page. */
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** What an earlier page knew. The first question asks only for what has happened since. */
  readonly remembered: Promise<Remembered | undefined>;
  /** Asks in a quicker way; `undefined` = there is none now, or it gave no answer. */
  readonly shortcut: (point: LedgerPoint) => Promise<LedgerDelta | undefined>;
  /** What an answer has to contain: a change of this page's own, which the edge that answers may not have heard of. */
  readonly atLeast: () => LedgerPoint | undefined;
  readonly onAnswer: (delta: LedgerDelta) => void;
  /** The feed could not be reached at the start, and what is remembered has to do. */
  readonly onUnreachable: (error: unknown, known: LedgerPoint) => void;
}

const ANSWER_WITHIN_SECONDS = 1;

export function purgeFeed(options: FeedOptions): Feed {
  const { url, fetch, clock, remembered, shortcut, atLeast, onAnswer, onUnreachable } = options;
  let heardAt: Instant | undefined;
  /** Set by the first answer: from then on the reader knows more than what was remembered. */
  let hasStarted = false;

  async function ask(point: LedgerPoint | undefined): Promise<LedgerDelta> {
    const askedAt = clock();
    const delta = (point && (await shortcut(point))) ?? (await askFeed(point));
    heardAt = askedAt;
    hasStarted = true;
    onAnswer(delta);
    return delta;
  }

  async function askFeed(point: LedgerPoint | undefined): Promise<LedgerDelta> {
    // In the query and not in a field of its own, which would need a question before the question on another origin.
    const asked = { since: point, "at-least": atLeast() };
    const query = Object.entries(asked).flatMap(([name, at]) => (at ? [`${name}=${formatToken(at)}`] : []));
    const address = query.length === 0 ? url : `${url}${url.includes("?") ? "&" : "?"}${query.join("&")}`;
    const signal = AbortSignal.timeout(ANSWER_WITHIN_SECONDS * 1_000);
    const body: unknown = await withDeadline(
      getJson(fetch, address, signal),
      ANSWER_WITHIN_SECONDS,
      "the purge feed",
    );
    const delta = parseDelta(body);
    if (delta === undefined) throw new Error("The purge feed's answer is no ledger delta");
    return delta;
  }

  async function start(): Promise<LedgerDelta> {
    const known = await remembered;
    if (known === undefined) return ask(undefined);
    try {
      const news = await ask(known);
      return joined(known, news) ?? (await ask(undefined));
    } catch (error) {
      heardAt = known.asOf;
      onUnreachable(error, known);
      return known;
    }
  }

  return {
    since: (known) => (known === undefined && !hasStarted ? start() : ask(known)),
    get heardAt() {
      return heardAt;
    },
  };
}

/** A snapshot as one delta that holds the whole ledger. */
export function wholeLedger({ epoch, position, floor, selectors }: Snapshot): LedgerDelta {
  const changes = [...selectors].map(([selector, { hard, soft }]) => [selector, hard, soft] as const);
  return { epoch, position, floor, since: null, changes };
}

/** Reads back what was kept; `undefined` if it has another shape. Never throws. */
export function readRemembered(value: unknown): Remembered | undefined {
  const delta = parseDelta(value);
  if (delta?.since !== null || typeof value !== "object" || value === null || !("asOf" in value))
    return undefined;
  return typeof value.asOf === "number" ? { ...delta, asOf: value.asOf } : undefined;
}

/** What is known with the news, as a whole ledger; `undefined` if the news do not follow on it. */
function joined(known: Remembered, news: LedgerDelta): LedgerDelta | undefined {
  if (news.since === null) return news;
  const before = applyDelta(undefined, known, known.asOf);
  const after = before && applyDelta(before, news, known.asOf);
  return after && wholeLedger(after);
}

async function getJson(
  fetch: typeof globalThis.fetch,
  address: string,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await fetch(address, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`The purge feed answered with status ${response.status}`);
  return response.json();
}
