import {
  currentAge,
  decideRequest,
  fieldReader,
  resourceOf,
  standing,
  type Decision,
  type Fields,
  type LedgerPoint,
  type MissReason,
  type Seconds,
  type Snapshot,
  type StoredFacts,
} from "../src/index.ts";
import type { ExchangeTools, Stored } from "./forwarding.ts";
import { COUNTRY_FIELD, selectingReader, selectionOf } from "./selection.ts";

/** What the cache would do with a GET now, and everything that this follows from. */
export interface Explanation {
  /** The resource key: what is keyed and what is forwarded. */
  readonly resource: string;
  readonly decision: Decision | { readonly action: "bypass"; readonly reason: string };
  /** The snapshot that entries are checked against, and how old it is. */
  readonly ledger: (LedgerPoint & { readonly floor: number; readonly age: Seconds }) | "out of reach";
  readonly stored: StoredExplanation | { readonly miss: MissReason | "ahead" };
  /** Why the last answer of the origin was not stored here, if that was not long ago. */
  readonly lastRefusal: string | null;
}

/** One stored response: which variant, how it stands, and its freshness as arithmetic. */
export interface StoredExplanation {
  readonly tier: string;
  readonly status: number;
  readonly variant: Readonly<Record<string, string | null>>;
  readonly part: StoredFacts["part"];
  readonly bytes: number;
  readonly mark: LedgerPoint;
  readonly standing: ReturnType<typeof standing>;
  /** Each selector that covers it, with its last purges where there were any. */
  readonly labels: Readonly<Record<string, { readonly hard: number; readonly soft: number } | null>>;
  readonly freshness: {
    /** As of now: `initialAge` when it came, and `residentTime` since. */
    readonly age: Seconds;
    readonly initialAge: Seconds;
    readonly residentTime: Seconds;
    readonly lifetime: Seconds;
    readonly timeLeft: Seconds;
    readonly staleWhileRevalidate: Seconds;
    readonly staleIfError: Seconds;
    readonly staleForbidden: boolean;
    readonly alwaysValidate: boolean;
  };
  readonly validators: { readonly etag: string | null; readonly lastModified: string | null };
}

/** Explains what a GET with these fields would get. Changes nothing, and asks no origin. */
export async function explain(tools: ExchangeTools, url: string, fields: Fields): Promise<Explanation> {
  const { responses, view, rules, clock, refusals, routeOf } = tools;
  const route = routeOf(url);
  const resource = resourceOf(url, route);
  const lastRefusal = refusals.get(resource) ?? null;
  const snapshot = await view.read();
  if (snapshot === undefined) {
    const decision = { action: "bypass", reason: "the ledger is out of reach" } as const;
    return { resource, decision, ledger: "out of reach", stored: { miss: "miss" }, lastRefusal };
  }
  const { epoch, position, floor, asOf } = snapshot;
  const now = clock();
  const ledger = { epoch, position, floor, age: (now - asOf) / 1_000 };
  const sent = fieldReader(fields);
  const headers = selectingReader(
    sent,
    selectionOf({ headers: sent, cf: { country: sent.get(COUNTRY_FIELD) } }, route),
  );
  const request = { method: "GET", headers, url };
  const lookup = await responses.find(resource, request.headers, { snapshot, mayRefresh: false });
  if (lookup.outcome !== "found") {
    const miss = lookup.outcome === "miss" ? lookup.reason : "ahead";
    const decision = decideRequest(request, miss === "ahead" ? "miss" : miss, { rules, now });
    return { resource, decision, ledger, stored: { miss }, lastRefusal };
  }
  const { response, tier, softPurged } = lookup;
  const decision = decideRequest(request, response.facts, { rules, now, softPurged });
  return { resource, decision, ledger, stored: describe(response, tier, snapshot, now), lastRefusal };
}

function describe(
  { facts, mark, body }: Stored,
  tier: string,
  snapshot: Snapshot,
  now: number,
): StoredExplanation {
  const age = currentAge(facts, now);
  const { initialAge, lifetime, staleWhileRevalidate, staleIfError, staleForbidden, alwaysValidate } = facts;
  const { etag, lastModified } = facts;
  return {
    tier,
    status: facts.status,
    variant: Object.fromEntries(facts.nominated),
    part: facts.part,
    bytes: body.byteLength,
    mark: { epoch: mark.epoch, position: mark.position },
    standing: standing(mark, snapshot),
    labels: Object.fromEntries(mark.labels.map((label) => [label, snapshot.selectors.get(label) ?? null])),
    freshness: {
      age,
      initialAge,
      residentTime: age - initialAge,
      lifetime,
      timeLeft: lifetime - age,
      staleWhileRevalidate,
      staleIfError,
      staleForbidden,
      alwaysValidate,
    },
    validators: { etag, lastModified },
  };
}
