import type { Instant } from "../clock.ts";
import { fingerprint } from "./fingerprint.ts";
import {
  IdempotencyConflict,
  type LoggedPurge,
  type PurgeOrder,
  type PurgeReceipt,
  type Selector,
} from "./ledger.ts";

/** How long an idempotency key is remembered. */
export const KEY_LIFE_MS = 86_400_000;
/** Keys that are remembered at once; past it the oldest leave early, and their orders would purge anew. */
export const MOST_KEYS = 100_000;
/** Text of selectors that the log keeps of one purge. */
const LOGGED_CHARACTERS = 65_536;
/** Characters of a reason that the log keeps. */
const REASON_CHARACTERS = 500;
/** Purges of operators that the log in memory keeps, and as many of traffic. */
const LOG_LENGTH = 1_000;

/** What a ledger in memory remembers of its purges besides their effect: the log, and the keys of orders. */
export interface Journal {
  /**
   * The receipt of the order that came with the same key, as a replay; `undefined` = carry it out.
   *
   * @throws {IdempotencyConflict} if the key was another order's
   */
  replay(order: PurgeOrder, now: Instant): PurgeReceipt | undefined;
  /** Enters a purge that was carried out. */
  enter(order: PurgeOrder, receipt: PurgeReceipt, now: Instant): void;
  /** The last purges, newest first. */
  history(options: { readonly limit: number; readonly before?: number }): readonly LoggedPurge[];
}

export function journal(): Journal {
  /** Oldest first, as they came. */
  const keys = new Map<string, { readonly order: string; readonly receipt: PurgeReceipt; at: Instant }>();
  const logs: Record<LoggedPurge["origin"], LoggedPurge[]> = { operator: [], traffic: [] };

  return {
    replay(order, now) {
      const known = order.idempotencyKey === undefined ? undefined : keys.get(order.idempotencyKey);
      if (known === undefined || known.at + KEY_LIFE_MS <= now) return undefined;
      if (known.order !== orderName(order)) throw idempotencyConflict();
      return { ...known.receipt, isReplay: true };
    },
    enter(order, receipt, now) {
      const log = logs[order.origin ?? "operator"];
      log.push({ ...logged(order), position: receipt.position, orderedAt: now });
      // Not one by one: to take away the first of a long list costs as much as the list is long.
      if (log.length >= 2 * LOG_LENGTH) log.splice(0, log.length - LOG_LENGTH);
      if (order.idempotencyKey === undefined) return;
      keys.delete(order.idempotencyKey);
      keys.set(order.idempotencyKey, { order: orderName(order), receipt, at: now });
      for (const [key, { at }] of keys) {
        if (keys.size <= MOST_KEYS && at + KEY_LIFE_MS > now) break;
        keys.delete(key);
      }
    },
    history({ limit, before = Number.POSITIVE_INFINITY }) {
      return [...logs.operator.slice(-LOG_LENGTH), ...logs.traffic.slice(-LOG_LENGTH)]
        .filter(({ position }) => position < before)
        .sort((one, other) => other.position - one.position)
        .slice(0, limit);
    },
  };
}

/** One name for all orders that purge the same in the same way, in whatever order they list it. */
export function orderName({ selectors, mode }: PurgeOrder): string {
  return fingerprint(JSON.stringify([mode, ...[...new Set(selectors)].sort()]));
}

/** The selectors from the first on, as many as the log keeps. */
export function loggedSelectors(selectors: readonly Selector[]): readonly Selector[] {
  let room = LOGGED_CHARACTERS;
  return selectors.filter((selector) => (room -= selector.length) >= 0);
}

/** The failure of an order whose key was another's. */
export function idempotencyConflict(): IdempotencyConflict {
  return new IdempotencyConflict("Cannot purge: the idempotency key was another order's");
}

/** What a log keeps of an order, whose selectors it names once each; whoever logs it adds where and when. */
export function logged(order: PurgeOrder): Omit<LoggedPurge, "position" | "orderedAt"> {
  const { mode, origin = "operator", actor = null, idempotencyKey = null, reason } = order;
  const selectors = [...new Set(order.selectors)];
  return {
    mode,
    origin,
    actor,
    idempotencyKey,
    selectors: loggedSelectors(selectors),
    named: selectors.length,
    reason: reason?.slice(0, REASON_CHARACTERS) ?? null,
  };
}
