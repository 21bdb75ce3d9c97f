import type { LedgerDelta } from "./ledger.ts";
import { isEpoch } from "./token.ts";

/**
 * Reads a delta that came as JSON from outside, say from another place's purge feed.
 *
 * @returns `undefined` if any part of it has another shape; members it does not know are left out
 */
export function parseDelta(value: unknown): LedgerDelta | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { epoch, position, floor, since, changes }: Partial<Record<keyof LedgerDelta, unknown>> = value;
  if (typeof epoch !== "string" || !isEpoch(epoch)) return undefined;
  if (!isPosition(position) || !isPosition(floor) || floor > position) return undefined;
  if (since !== null && !(isPosition(since) && since <= position)) return undefined;
  if (!Array.isArray(changes) || !changes.every(isChange)) return undefined;
  return { epoch, position, floor, since, changes };
}

function isChange(change: unknown): change is LedgerDelta["changes"][number] {
  if (!Array.isArray(change) || change.length !== 3) return false;
  const [selector, hard, soft]: unknown[] = change;
  return typeof selector === "string" && isPosition(hard) && isPosition(soft);
}

function isPosition(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
