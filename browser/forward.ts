import { currentAge, report, type Seconds, type Snapshot } from "../src/index.ts";
import { collapse, type CollapseTools, type Forwarding } from "./collapse.ts";
import type { Outcome } from "./exchange.ts";
import type { Found } from "./lookup.ts";
import type { CacheableRequest } from "./request.ts";
import { passOn, sendStored, type Forwarded } from "./respond.ts";
import type { Counts } from "./stats.ts";

export interface ForwarderTools extends CollapseTools {
  readonly counts: Counts;
}

export interface Forwarder {
  /** Waits for an equal request if there is one, asks the network otherwise. */
  forward(forwarding: Forwarding): Promise<Response>;
  /** One fetch in the background, however many answers call for it (RFC 5861, 3). */
  refreshLater(asked: CacheableRequest, found: Found, snapshot: Snapshot): void;
  /** Purges are unknown: nothing stored is used, and nothing is stored. */
  bypass(asked: CacheableRequest): Promise<Response>;
}

export function forwarder(tools: ForwarderTools): Forwarder {
  const { purges, network, maxStale, clock, onEvent, counts, later } = tools;
  const { join, lead, shared, ask } = collapse(tools);

  async function answered(forwarding: Forwarding, work: Promise<Outcome | Response>): Promise<Response> {
    const { asked, reason, found, collapsed } = forwarding;
    const why: Forwarded = { hit: false, fwd: reason, ...(collapsed === undefined ? {} : { collapsed }) };
    try {
      const outcome = await work;
      if (outcome instanceof Response) return outcome;
      count(outcome);
      if (outcome.kind === "whole") return whole(asked, outcome, why);
      if (outcome.kind !== "failing") return passOn(asked, outcome.response, bodyOf(outcome), why);
      if (found === undefined) return await network(asked.request);
      return standIn(asked, found, { ...why, fwdStatus: outcome.status }, "stale-if-error");
    } catch (error) {
      counts.errors += 1;
      asked.request.signal.throwIfAborted();
      if (found !== undefined && mayStandIn(forwarding, found)) {
        return standIn(asked, found, why, "offline");
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

  /** The answer says why it is what is stored, and which tier gave that. */
  function standIn(
    asked: CacheableRequest,
    { response, tier }: NonNullable<Forwarding["found"]>,
    why: Forwarded,
    reason: "offline" | "stale-if-error",
  ): Response {
    counts.stale += 1;
    const word = { ...why, detail: `${reason}/${tier}` };
    return sendStored(asked, response, word, currentAge(response.facts, clock()));
  }

  /** RFC 9111, 4.2.4: a private cache without a network may show what is stale, unless the response forbids it. */
  function mayStandIn(
    { reason, staleIfError }: Forwarding,
    { response: { facts } }: Pick<Found, "response">,
  ): boolean {
    const staleFor: Seconds = currentAge(facts, clock()) - facts.lifetime;
    return staleIfError || (reason === "stale" && !facts.staleForbidden && staleFor <= maxStale);
  }

  return {
    async forward(forwarding) {
      if (forwarding.asked.facts.method !== "GET") return answered(forwarding, ask(forwarding));
      const underWay = join(forwarding);
      if (underWay === undefined) return answered(forwarding, lead(forwarding));
      const answer = await shared(underWay, forwarding);
      return answer ?? answered({ ...forwarding, collapsed: false }, ask(forwarding));
    },

    refreshLater(asked, found, snapshot) {
      const { flight } = found;
      const forwarding = { asked, snapshot, flight, reason: "stale", found, staleIfError: true } as const;
      const underWay = join(forwarding, true);
      if (underWay !== undefined) return void underWay.catch(() => undefined);
      const work = lead(forwarding);
      later(
        work.then(
          (outcome) => {
            if (outcome instanceof Response) return;
            count(outcome);
            if (outcome.kind === "open") void outcome.body?.cancel().catch(() => undefined);
          },
          (error: unknown) => report(onEvent, { type: "refresh-failed", key: asked.resource, error }),
        ),
      );
    },

    async bypass(asked) {
      const outcome = await ask({ asked, snapshot: undefined, staleIfError: false });
      count(outcome);
      if (outcome.kind !== "open" && outcome.kind !== "foreign") return network(asked.request);
      return passOn(asked, outcome.response, bodyOf(outcome), { hit: false, fwd: "bypass" });
    },
  };
}

/** `undefined` = a response that is not to be touched. */
function bodyOf(outcome: Extract<Outcome, { kind: "open" | "foreign" }>): Response["body"] | undefined {
  return outcome.kind === "open" ? outcome.body : undefined;
}
