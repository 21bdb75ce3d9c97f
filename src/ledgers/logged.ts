import { loggedSelectors, REASON_CHARACTERS } from "../purge/journal.ts";
import type { LoggedPurge, PurgeOrder } from "../purge/ledger.ts";

/** What a log keeps of an order whose selectors are named once each; whoever logs it adds where and when. */
export function logged(order: PurgeOrder): Omit<LoggedPurge, "position" | "orderedAt"> {
  const { selectors, mode, origin = "operator", actor = null, idempotencyKey = null, reason } = order;
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

/** A logged purge that was read from outside; `undefined` if it has another shape. */
export function readLogged(value: unknown): LoggedPurge | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entry: Partial<Record<keyof LoggedPurge, unknown>> = value;
  const { position, orderedAt, mode, origin, actor, idempotencyKey, selectors, named, reason } = entry;
  if (mode !== "hard" && mode !== "soft") return undefined;
  if (origin !== "operator" && origin !== "traffic") return undefined;
  if (!isNumber(position) || !isNumber(orderedAt) || !isNumber(named)) return undefined;
  if (!isTextOrNull(actor) || !isTextOrNull(idempotencyKey) || !isTextOrNull(reason)) return undefined;
  if (!Array.isArray(selectors) || !selectors.every((selector) => typeof selector === "string"))
    return undefined;
  return { position, orderedAt, mode, origin, actor, idempotencyKey, selectors, named, reason };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
