import {
  EVERYTHING,
  formatToken,
  groupInvalidations,
  isPattern,
  labelsOf,
  report,
  resourceKey,
  resourceOf,
  urlSelectors,
  TOKEN_FIELD,
  withDeadline,
  type LedgerDelta,
  type LedgerPoint,
  type PurgeOrder,
  type Selector,
  type Snapshot,
} from "../src/index.ts";
import { noteEvictions } from "./evictions.ts";
import { exchange } from "./exchange.ts";
import type { ExchangeTools } from "./forwarding.ts";
import { orderPurge } from "./order-purge.ts";
import { isUnkeyed } from "./origin.ts";
import type { Passage } from "./reuse.ts";
import type { RouteFinder } from "./routes.ts";

/** How long a purge may take before the client gets its answer, and when it is tried again after that; in seconds. */
const PURGE_LIMIT = 3;
const RETRY_AFTER = [0.5, 2, 8];

/**
 * Makes the writing half of the cache: a change goes to the origin, and when that accepts it, what it touches is purged
 * everywhere before its client hears of it (RFC 9111, 4.4).
 */
export function changer(
  tools: ExchangeTools,
): (passage: Passage, snapshot: Snapshot | undefined) => Promise<Response> {
  const { responses, ledger, rules, onEvent } = tools;

  async function change(passage: Passage, snapshot: Snapshot | undefined): Promise<Response> {
    const mark = Promise.withResolvers<LedgerPoint | undefined>();
    try {
      const forwarding = {
        ...passage,
        snapshot,
        reason: "method",
        kind: "change",
        mark: mark.promise,
      } as const;
      const response = await exchange(tools, forwarding).answer;
      if (response.status < 200 || response.status > 399) return response;
      const before = isCandidate(passage, response) ? await purgesUntilNow(snapshot) : undefined;
      const receipt = await purge(passage, response);
      if (snapshot && before && receipt) {
        const labels = labelsOf(passage.resource, [...response.headers], tools) ?? [];
        if (isUntouched(labels, snapshot, before, receipt)) mark.resolve(receipt);
      }
      return response;
    } finally {
      mark.resolve(undefined);
    }
  }

  /**
   * Whether the answer may be what later GETs get, by the letter (RFC 9110, 9.3.3): not if the origin got more of this
   * client than a fill would have told it.
   */
  function isCandidate({ request, selection }: Passage, { headers }: Response): boolean {
    if (rules.profile !== "rfc" || !headers.has("content-location")) return false;
    return selection.names.length === 0 && ![...request.headers.keys()].some(isUnkeyed);
  }

  async function purgesUntilNow(point: LedgerPoint | undefined): Promise<LedgerDelta | undefined> {
    return withDeadline(ledger.since(point), PURGE_LIMIT, "the ledger").catch(() => undefined);
  }

  /** Purges what the change touches, and tells its client the token. `undefined` = the ledger is out of reach. */
  async function purge(
    { resource, facts, waitUntil }: Passage,
    response: Response,
  ): Promise<LedgerPoint | undefined> {
    const urls = changedUrls(facts.url ?? resource, resource, response.headers, tools.routeOf);
    const selectors = [
      ...urls.flatMap((url) => urlSelectors(url) ?? []),
      ...(tools.groups ? groupInvalidations(resource, [...response.headers]) : []),
    ];
    const order: PurgeOrder = { selectors, mode: "hard", origin: "traffic", reason: "a change in traffic" };
    try {
      const receipt = await orderPurge(tools, order, PURGE_LIMIT);
      response.headers.set(TOKEN_FIELD, formatToken(receipt));
      const { epoch, position } = receipt;
      const items = urls.map((value) => ({ kind: "url", value, purge: { epoch, position } }) as const);
      waitUntil(noteEvictions(tools.evictions, items, onEvent));
      return receipt;
    } catch (error) {
      report(onEvent, { type: "ledger-error", error });
      await responses.remove(resource);
      waitUntil(insist(order));
      return undefined;
    }
  }

  /** The client has its answer; the purge is tried again behind it. Purges may be repeated: they are idempotent. */
  async function insist(order: PurgeOrder): Promise<void> {
    for (const pause of RETRY_AFTER) {
      await new Promise<void>((resolve) => void setTimeout(resolve, pause * 1_000));
      try {
        await orderPurge(tools, order, PURGE_LIMIT);
        return;
      } catch (error) {
        report(onEvent, { type: "ledger-error", error });
      }
    }
  }

  return change;
}

/**
 * Whether no purge that covers the answer came since the origin was asked, besides the one that it caused itself: the
 * answer may be older than what such a purge was for.
 */
function isUntouched(
  labels: readonly Selector[],
  asked: LedgerPoint,
  before: LedgerDelta,
  own: LedgerPoint,
): boolean {
  const covering = new Set([EVERYTHING, ...labels]);
  const isNext =
    before.epoch === asked.epoch && own.epoch === asked.epoch && own.position === before.position + 1;
  return (
    isNext &&
    before.floor <= asked.position &&
    before.changes.every(
      ([selector, hard, soft]) =>
        !(covering.has(selector) || isPattern(selector)) || Math.max(hard, soft) <= asked.position,
    )
  );
}

/**
 * The URLs that an accepted change invalidates: its own, and of those that the answer names the ones of the same origin; each
 * as it is kept here, and as a browser keeps it that asked for it so.
 */
function changedUrls(
  asked: string,
  target: string,
  answer: Headers,
  routeOf: RouteFinder,
): readonly string[] {
  const { origin } = new URL(target);
  const named = [answer.get("location"), answer.get("content-location")].flatMap((reference) =>
    reference !== null && URL.canParse(reference, target) ? [new URL(reference, target).href] : [],
  );
  const own = named.filter((url) => new URL(url).origin === origin);
  const kept = own.map((url) => resourceOf(url, routeOf(url)));
  return [...new Set([target, resourceKey(asked), ...kept, ...own.map(resourceKey)])];
}
