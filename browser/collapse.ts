import { decideRequest, singleFlight, type ForwardReason, type Snapshot } from "../src/index.ts";
import { exchanger, type ExchangeTools, type Outcome, type Question } from "./exchange.ts";
import type { Finder, Found, Known } from "./lookup.ts";
import type { CacheableRequest } from "./request.ts";
import { sendStored } from "./respond.ts";
import type { Turns } from "./turns.ts";

export interface CollapseTools extends ExchangeTools {
  readonly finder: Finder;
  /** `undefined` = there is no disk by which tabs could share an answer. */
  readonly turns: Pick<Turns, "take"> | undefined;
  readonly later: (work: Promise<unknown>) => void;
}

/** A request that goes to the network, and why. */
export interface Forwarding {
  readonly asked: CacheableRequest;
  readonly snapshot: Snapshot;
  /** What requests must have in common to wait for each other's answers. */
  readonly flight: string;
  readonly reason: ForwardReason;
  /** What the origin is asked about, and what may stand in for its answer. */
  readonly found?: Pick<Found, "response" | "tier"> | undefined;
  readonly staleIfError: boolean;
  /** `false` = it waited for an equal request, in vain. */
  readonly collapsed?: false;
}

/** What of it makes the question. */
type Asked = Pick<Forwarding, "asked" | "found" | "staleIfError"> & Pick<Question, "snapshot">;

/** One question to the network for all who ask the same at the same time, in all tabs. */
export interface Collapse {
  /**
   * Whether an equal request of this tab, under way, has brought something to find; `undefined` = there is none.
   *
   * @param isForAll whether to wait even for what was for one caller alone the last time
   */
  join(forwarding: Forwarding, isForAll?: boolean): Promise<boolean> | undefined;
  /** Asks the network, or finds what another tab has brought, while others may wait for the outcome. */
  lead(forwarding: Forwarding): Promise<Outcome | Response>;
  /** The answer that an equal request brought; `undefined` = none that this request may have. */
  shared(underWay: Promise<boolean>, forwarding: Forwarding): Promise<Response | undefined>;
  /** Asks the network for this request alone. */
  ask(forwarding: Asked): Promise<Outcome>;
}

/** As many requests are remembered as not worth waiting for. */
const MAX_LONERS = 1_000;

export function collapse(tools: CollapseTools): Collapse {
  const { shelf, isPartitioned, rules, clock, later, finder, turns } = tools;
  const exchange = exchanger(tools);
  /** Each flight results in whether there is something new to find. */
  // Whoever waits longer asks alone: the request in front may hang on a dead connection.
  const flights = singleFlight<boolean>({ patience: 2, lifetime: 30, clock });
  /** Requests whose last answer was for one caller alone: who waited for such a one would wait in vain. */
  const loners = new Set<string>();

  /** One tab asks for all, where the answer may be for all. */
  async function inTurn(key: string, forwarding: Forwarding): Promise<Outcome | Response> {
    const { asked, reason } = forwarding;
    const isForOne = reason === "request" || loners.has(key) || (asked.hasToken && !isPartitioned);
    const end = isForOne ? undefined : await turns?.take(key);
    let isThere = false;
    let written: Promise<unknown> = Promise.resolve();
    try {
      const there = end && (await brought(forwarding));
      isThere = there !== undefined;
      if (there !== undefined) return there;
      const outcome = await exchange(questionOf(forwarding));
      isThere = isShared(forwarding, outcome);
      if (isThere) loners.delete(key);
      else if (loners.size < MAX_LONERS) loners.add(key);
      if (outcome.kind === "whole") written = outcome.written;
      return outcome;
    } finally {
      if (end) later(written.finally(() => end(isThere)));
    }
  }

  /** Whether an answer is one that an equal request may have without asking. */
  function isShared({ asked: { facts } }: Forwarding, outcome: Outcome): boolean {
    if (outcome.kind !== "whole" || !outcome.isStored) return false;
    return decideRequest(facts, outcome.response.facts, { rules, now: clock() }).action === "serve";
  }

  /** What another tab has put on disk since this request was decided on. */
  async function brought(forwarding: Forwarding): Promise<Response | undefined> {
    const { asked, snapshot, found } = forwarding;
    const known = await finder.find(asked, snapshot, true);
    if (known.outcome === "miss") return undefined;
    if (found !== undefined && known.response.facts.responseAt <= found.response.facts.responseAt)
      return undefined;
    const answer = collapsed(forwarding, known);
    // Memory has what was there before.
    if (answer !== undefined) await shelf.reread(asked.url);
    return answer;
  }

  /** Requests are equal only if a browser would send them alike, and no change came between them. */
  function flightOf(key: string): string {
    return `${shelf.changes} ${key}`;
  }

  function collapsed({ asked, reason }: Forwarding, known: Known): Response | undefined {
    const decision = finder.decide({ ...asked, isReload: false }, known);
    if (known.outcome === "miss" || decision.action !== "serve") return undefined;
    const word = { hit: false, fwd: reason, collapsed: true, ttl: decision.timeLeft } as const;
    return sendStored(asked, known.response, word, decision.age);
  }

  return {
    join(forwarding, isForAll = false) {
      const key = keyOf(forwarding);
      return loners.has(key) && !isForAll
        ? undefined
        : flights.join(flightOf(key), forwarding.snapshot.position);
    },
    lead(forwarding) {
      const key = keyOf(forwarding);
      const work = inTurn(key, forwarding);
      const result = work.then((outcome) => outcome instanceof Response || isShared(forwarding, outcome));
      flights.lead(flightOf(key), result, { position: forwarding.snapshot.position, waitUntil: later });
      return work;
    },
    ask: (forwarding) => exchange(questionOf(forwarding)),
    async shared(underWay, forwarding) {
      const { asked, snapshot } = forwarding;
      const isThere = await underWay.catch(() => false);
      asked.request.signal.throwIfAborted();
      return isThere ? collapsed(forwarding, await finder.find(asked, snapshot)) : undefined;
    },
  };
}

/** What a browser would send alike. */
function keyOf({ asked: { request }, flight }: Forwarding): string {
  return `${request.mode} ${request.redirect} ${flight}`;
}

/** HEAD asks about nothing: its answer has no body that could take the stored one's place. */
function questionOf({ asked, snapshot, found, staleIfError }: Asked): Question {
  return {
    asked,
    snapshot,
    stored: asked.facts.method === "GET" ? found?.response : undefined,
    staleIfError,
  };
}
