import type { LoggedPurge } from "../purge/ledger.ts";

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
