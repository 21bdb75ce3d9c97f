import {
  currentAge,
  report,
  singleFlight,
  type CacheStatus,
  type ForwardReason,
  type Seconds,
  type Snapshot,
  type StoredResponse,
} from "../src/index.ts";
import type { Body } from "./body.ts";
import { exchanger, type ExchangeTools, type Outcome, type Question } from "./exchange.ts";
import type { Finder, Found } from "./lookup.ts";
import type { CacheableRequest } from "./request.ts";
import { passOn, sendStored, type Forwarded } from "./respond.ts";
import type { Counts } from "./stats.ts";

export interface ForwarderTools extends ExchangeTools {
  readonly finder: Finder;
  readonly counts: Counts;
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
  readonly found?: Found | undefined;
  readonly staleIfError: boolean;
  /** `false` = it waited for an equal request, in vain. */
  readonly collapsed?: false;
}

export interface Forwarder {
  /** Waits for an equal request if there is one, asks the network otherwise. */
  forward(forwarding: Forwarding): Promise<Response>;
  /** One fetch in the background, however many answers call for it (RFC 5861, 3). */
  refreshLater(
    asked: CacheableRequest,
    stored: StoredResponse<Body>,
    flight: string,
    snapshot: Snapshot,
  ): void;
  /** Purges are unknown: nothing stored is used, and nothing is stored. */
  bypass(asked: CacheableRequest): Promise<Response>;
}

/** As many resources are remembered as not worth waiting for. */
const MAX_LONERS = 1_000;

export function forwarder(tools: ForwarderTools): Forwarder {
  const { shelf, purges, network, maxStale, clock, onEvent, counts, later, finder } = tools;
  const exchange = exchanger(tools);
  /** Each flight results in whether there is something new to find. */
  // Whoever waits longer asks alone: the request in front may hang on a dead connection.
  const flights = singleFlight<boolean>({ patience: 2, lifetime: 30, clock });
  /** Resources whose last answer was for one caller alone: who waited for such a one would wait in vain. */
  const loners = new Set<string>();

  /** Asks the network while others may wait for the outcome. */
  function lead(key: string, question: Question, { position }: Snapshot): Promise<Outcome> {
    const work = exchange(question);
    const result = work.then((outcome) => {
      const isShared = outcome.kind === "whole" && outcome.isStored;
      if (isShared) loners.delete(question.asked.resource);
      else if (loners.size < MAX_LONERS) loners.add(question.asked.resource);
      return isShared;
    });
    flights.lead(key, result, { position, waitUntil: later });
    return work;
  }

  /** Requests are equal only if a browser would send them alike, and no change came between them. */
  function keyOf({ request: { mode, redirect } }: CacheableRequest, flight: string): string {
    return `${shelf.changes} ${mode} ${redirect} ${flight}`;
  }

  /** The answer that an equal request brought; `undefined` = none that this request may have. */
  async function shared(underWay: Promise<boolean>, forwarding: Forwarding): Promise<Response | undefined> {
    const { asked, snapshot, reason } = forwarding;
    const isThere = await underWay.catch(() => false);
    asked.request.signal.throwIfAborted();
    if (!isThere) return undefined;
    const known = await finder.find(asked, snapshot);
    const decision = finder.decide({ ...asked, isReload: false }, known);
    if (known.outcome === "miss" || decision.action !== "serve") return undefined;
    const word = { hit: false, fwd: reason, collapsed: true, ttl: decision.timeLeft } as const;
    return sendStored(asked, known.response, word, decision.age);
  }

  async function answered(forwarding: Forwarding, work: Promise<Outcome>): Promise<Response> {
    const { asked, reason, found, collapsed } = forwarding;
    const why: Forwarded = { hit: false, fwd: reason, ...(collapsed === undefined ? {} : { collapsed }) };
    try {
      const outcome = await work;
      count(outcome);
      if (outcome.kind === "whole") return whole(asked, outcome, why);
      if (outcome.kind !== "failing") return passOn(asked, outcome.response, bodyOf(outcome), why);
      const word = { ...why, fwdStatus: outcome.status, detail: "stale-if-error" };
      return found === undefined ? await network(asked.request) : standIn(asked, found, word);
    } catch (error) {
      counts.errors += 1;
      asked.request.signal.throwIfAborted();
      if (found !== undefined && mayStandIn(forwarding, found)) {
        return standIn(asked, found, { ...why, detail: "offline" });
      }
      // What was added to the request may be what failed it, say at a redirect to an origin that allows none of it.
      if (asked.isSameOrigin && (purges.isFed || found !== undefined)) return network(asked.request);
      throw error;
    }
  }

  function count(outcome: Outcome): void {
    if (outcome.kind === "failing") counts.errors += 1;
    else counts[outcome.kind === "whole" && outcome.status === 304 ? "revalidated" : "misses"] += 1;
  }

  function whole(
    asked: CacheableRequest,
    { response, isStored, status, statusText }: Extract<Outcome, { kind: "whole" }>,
    why: Forwarded,
  ): Response {
    const age = currentAge(response.facts, clock());
    const word = {
      ...why,
      stored: isStored,
      ...(isStored ? { ttl: response.facts.lifetime - age } : {}),
      ...(status === response.facts.status ? {} : { fwdStatus: status }),
    };
    return sendStored(asked, response, word, age, status === 304 ? "" : statusText);
  }

  function standIn(asked: CacheableRequest, { response }: Found, word: CacheStatus): Response {
    counts.stale += 1;
    return sendStored(asked, response, word, currentAge(response.facts, clock()));
  }

  /** RFC 9111, 4.2.4: a private cache without a network may show what is stale, unless the response forbids it. */
  function mayStandIn({ reason, staleIfError }: Forwarding, { response: { facts } }: Found): boolean {
    const staleFor: Seconds = currentAge(facts, clock()) - facts.lifetime;
    return staleIfError || (reason === "stale" && !facts.staleForbidden && staleFor <= maxStale);
  }

  return {
    async forward(forwarding) {
      const { asked, snapshot, flight } = forwarding;
      const question = questionOf(forwarding);
      if (asked.facts.method !== "GET") return answered(forwarding, exchange(question));
      const key = keyOf(asked, flight);
      const underWay = loners.has(asked.resource) ? undefined : flights.join(key, snapshot.position);
      if (underWay === undefined) return answered(forwarding, lead(key, question, snapshot));
      const answer = await shared(underWay, forwarding);
      return answer ?? answered({ ...forwarding, collapsed: false }, exchange(question));
    },

    refreshLater(asked, stored, flight, snapshot) {
      const key = keyOf(asked, flight);
      const underWay = flights.join(key, snapshot.position);
      if (underWay !== undefined) return void underWay.catch(() => undefined);
      const work = lead(key, { asked, snapshot, stored, staleIfError: true }, snapshot);
      later(
        work.then(
          (outcome) => {
            count(outcome);
            if (outcome.kind === "open") void outcome.body?.cancel().catch(() => undefined);
          },
          (error: unknown) => report(onEvent, { type: "refresh-failed", key: asked.resource, error }),
        ),
      );
    },

    async bypass(asked) {
      const outcome = await exchange({ asked, snapshot: undefined });
      count(outcome);
      if (outcome.kind !== "open" && outcome.kind !== "foreign") return network(asked.request);
      return passOn(asked, outcome.response, bodyOf(outcome), { hit: false, fwd: "bypass" });
    },
  };
}

/** HEAD asks about nothing: its answer has no body that could take the stored one's place. */
function questionOf({ asked, snapshot, found, staleIfError }: Forwarding): Question {
  return {
    asked,
    snapshot,
    stored: asked.facts.method === "GET" ? found?.response : undefined,
    staleIfError,
  };
}

/** `undefined` = a response that is not to be touched. */
function bodyOf(outcome: Extract<Outcome, { kind: "open" | "foreign" }>): Response["body"] | undefined {
  return outcome.kind === "open" ? outcome.body : undefined;
}
