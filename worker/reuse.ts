import {
  decideRequest,
  fieldReader,
  readRange,
  report,
  requestDirectives,
  singleFlight,
  type Decision,
  type ForwardReason,
  type Lookup,
  type Miss,
  type RequestFacts,
  type Snapshot,
  type StoredFacts,
} from "../src/index.ts";
import { answerFromStored, answerWithError } from "./answer.ts";
import { exchange } from "./exchange.ts";
import { isFormatSelected } from "./format.ts";
import type { ExchangeResult, ExchangeTools, Forwarding, Stored } from "./forwarding.ts";
import { refreshRequest } from "./origin.ts";
import { recently } from "./recently.ts";
import { selectionFor } from "./selection.ts";
import { answerFailure } from "./stand-in.ts";

type Found = Extract<Lookup<Uint8Array>, { outcome: "found" }>;
type Serve = Extract<Decision, { action: "serve" }>;

/** A GET or HEAD on its way through the cache. */
export type Passage = Pick<
  Forwarding,
  "request" | "facts" | "resource" | "selection" | "origin" | "waitUntil"
>;

/** How far a request has come: what it knows of the ledger, and what came of waiting for equal ones. */
interface Progress {
  readonly snapshot: Snapshot;
  readonly joins: number;
  /** `undefined` = it has not waited; `false` = in vain; else why it would have been forwarded. */
  readonly collapsed: ForwardReason | false | undefined;
}

/** How often a request waits for an equal one: while the variants of its resource are unknown, and once they are known. */
const MAX_JOINS = 2;

/**
 * Makes the reading half of the cache: answers from the store where the decision allows, from the origin otherwise, and
 * lets equal requests wait for one answer.
 */
export function reader(tools: ExchangeTools): (passage: Passage, snapshot: Snapshot) => Promise<Response> {
  const { cache, rules, responses, view, clock, onEvent } = tools;
  const flights = singleFlight<ExchangeResult>({ clock, lifetime: tools.originTimeout + 30 });
  /** Answers that could not be shared: to wait for the next one would be to queue for nothing. */
  const unshared = recently<true>("10s", clock);
  /** Refreshes that failed: the origin gets a moment's rest. */
  const failed = recently<true>("1s", clock);

  async function read(passage: Passage, { snapshot: earlier, ...progress }: Progress): Promise<Response> {
    const { facts, resource, waitUntil } = passage;
    let snapshot = earlier;
    let lookup = await responses.find(resource, facts.headers, { snapshot, waitUntil });
    if (lookup.outcome === "ahead") {
      snapshot = (await view.read({ atLeast: lookup.point, waitUntil })) ?? snapshot;
      lookup = await responses.find(resource, facts.headers, { snapshot, mayRefresh: false, waitUntil });
    }
    const context = { rules, now: clock() };
    if (lookup.outcome !== "found" || !mayAnswer(facts, lookup.response.facts)) {
      const reason = lookup.outcome === "miss" ? lookup.reason : "vary-miss";
      const decision = decideRequest(facts, reason, context);
      return forward(
        passage,
        { ...progress, snapshot },
        lookup.outcome === "ahead" ? resource : lookup.flight,
        decision,
      );
    }
    const decision = decideRequest(facts, lookup.response.facts, {
      ...context,
      softPurged: lookup.softPurged,
    });
    if (decision.action !== "serve")
      return forward(passage, { ...progress, snapshot }, lookup.flight, decision, lookup);
    if (decision.refresh) refresh(passage, snapshot, lookup);
    return serve(passage, lookup, decision, progress.collapsed);
  }

  /** The careful take no stored response whose format the request may have switched. */
  function mayAnswer({ headers }: RequestFacts, stored: StoredFacts): boolean {
    return rules.profile === "rfc" || isFormatSelected(headers, stored);
  }

  /** Goes to the origin, or waits for an equal request that has gone before. */
  async function forward(
    passage: Passage,
    { snapshot, joins, collapsed }: Progress,
    variant: string,
    decision: Miss | Exclude<Decision, Serve>,
    found?: Found,
  ): Promise<Response> {
    if (decision.action === "refuse") return refuse();
    const { waitUntil } = passage;
    const forwarding: Forwarding = {
      ...passage,
      snapshot,
      reason: decision.reason,
      ...askFor(passage, decision, found?.response, tools.maxBodyBytes),
      collapsed: collapsed === undefined ? undefined : false,
    };
    const flight = `${snapshot.epoch} ${variant}`;
    if (!isSharable(forwarding) || unshared.get(flight)) return exchange(tools, forwarding).answer;
    const waiting =
      joins < MAX_JOINS && collapsed !== false ? flights.join(flight, snapshot.position) : undefined;
    if (waiting === undefined) return lead(flight, forwarding);
    const result = await waiting.catch(() => ({ outcome: "passed" }) as const);
    if (result.outcome === "failed") return answerFailure(tools, forwarding, result.status, result.reason);
    // The purges that came while waiting count for this request too.
    const latest = (await view.read({ waitUntil })) ?? snapshot;
    return read(passage, {
      snapshot: latest,
      joins: joins + 1,
      collapsed: result.outcome === "stored" && decision.reason,
    });
  }

  function lead(flight: string, forwarding: Forwarding): Promise<Response> {
    const { snapshot, waitUntil } = forwarding;
    const { answer, result } = exchange(tools, forwarding);
    flights.lead(flight, result, { position: snapshot?.position ?? 0, waitUntil });
    waitUntil(result.then(({ outcome }) => outcome === "passed" && unshared.note(flight, true)));
    return answer;
  }

  /** RFC 5861, 3: one refresh at a time, behind the answer, and as nobody's request. */
  function refresh(
    { resource, selection, origin, waitUntil }: Passage,
    snapshot: Snapshot,
    { flight, response: stored }: Found,
  ): void {
    const key = `${snapshot.epoch} ${flight}`;
    if (failed.get(key) || flights.isUnderWay(key)) return;
    const { answer, result } = exchange(tools, {
      request: refreshRequest(resource, stored.facts),
      facts: {
        method: "GET",
        headers: fieldReader(
          stored.facts.nominated.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
        ),
      },
      resource,
      selection: selectionFor(stored.facts.nominated, selection),
      origin,
      waitUntil,
      snapshot,
      reason: "stale",
      kind: "fill",
      validated: { stored, staleIfError: true, staleIfLost: true },
    });
    flights.lead(key, result, { position: snapshot.position, waitUntil });
    waitUntil(
      Promise.all([answer.then((response) => response.body?.cancel()), result]).then(([, end]) => {
        if (end.outcome !== "failed") return;
        failed.note(key, true);
        report(onEvent, { type: "refresh-failed", key: resource, error: new Error(end.reason) });
      }),
    );
  }

  function serve(
    { request }: Passage,
    { response, tier }: Found,
    { age, timeLeft }: Serve,
    collapsed: Progress["collapsed"],
  ): Response {
    const status = collapsed
      ? ({ hit: false, fwd: collapsed, collapsed: true, ttl: timeLeft } as const)
      : ({ hit: true, ttl: timeLeft, detail: tier } as const);
    return answerFromStored(request, response, { cache, status, age, mark: response.mark });
  }

  /** RFC 9111, 5.2.1.7. */
  function refuse(): Response {
    const status = { hit: false, fwd: "request", detail: "only-if-cached" } as const;
    return answerWithError(504, "Nothing stored can answer, and the client wants no other answer", {
      cache,
      status,
      age: 0,
    });
  }

  return (passage, snapshot) => read(passage, { snapshot, joins: 0, collapsed: undefined });
}

/** What to ask the origin for: what the decision says, in view of what the client wants and what is stored. */
function askFor(
  { facts: { method, headers } }: Passage,
  decision: Exclude<Decision, Serve | { action: "refuse" }>,
  stored: Stored | undefined,
  maxBodyBytes: number,
): Pick<Forwarding, "kind" | "validated" | "headed" | "held" | "missing"> {
  if (method !== "GET") return { kind: "pass", headed: stored };
  if (decision.action === "revalidate" && stored !== undefined) {
    const { staleIfError, staleIfLost } = decision;
    return { kind: "fill", validated: { stored, staleIfError, staleIfLost } };
  }
  const held = stored?.facts.part ? stored : undefined;
  // What is no Range of bytes goes no further: it would only bring an error, and binds nobody (RFC 9110, 14.2).
  if (readRange(headers.get("range"), Number.MAX_SAFE_INTEGER) !== "whole") return { kind: "part", held };
  const total = held?.facts.part?.total;
  const isWorthIt = typeof total === "number" && total <= maxBodyBytes;
  const missing = decision.action === "forward" && isWorthIt ? decision.missing : undefined;
  return { kind: "fill", held, missing };
}

/** Whether equal requests may wait for this one's answer. One with credentials or no-store is unlikely to get one for all. */
function isSharable({ kind, facts: { headers } }: Forwarding): boolean {
  const isForOne =
    headers.get("authorization") !== null || requestDirectives(headers.get("cache-control")).noStore;
  return kind === "fill" && !isForOne;
}
