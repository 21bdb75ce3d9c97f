import { isMark, type Entry, type Instant, type Mark } from "../../src/index.ts";
import type { Body } from "../body.ts";

/** What stands in `body`: all that a hit needs, so that it is one request to the database. */
export interface KeptRecord {
  readonly mark: Mark;
  readonly expiresAt: Instant;
  readonly facts: unknown;
  readonly body: Body | null;
  /** What the entry takes of the budget. */
  readonly bytes: number;
  readonly writtenAt: Instant;
}

/** What stands under the same key in `meta`: all that an eviction needs. */
interface MetaRecord {
  readonly expiresAt: Instant;
  readonly bytes: number;
  readonly usedAt: Instant;
}

/** What is to stand under a key, as it stands there; `null` = nothing. */
export type Records = { readonly meta: MetaRecord; readonly kept: unknown } | null;

/** How much is on disk, in all versions together. Changes in the transaction of the write that changes it. */
export interface Totals {
  readonly bytes: number;
  readonly entries: number;
}

/** @param bytes what the entry takes of the budget */
export function toRecords(
  { mark, expiresAt, facts, body }: Entry<Body>,
  bytes: number,
  now: Instant,
): { readonly kept: KeptRecord; readonly meta: MetaRecord } {
  return {
    kept: { mark, expiresAt, facts, body, bytes, writtenAt: now },
    meta: { expiresAt, bytes, usedAt: now },
  };
}

/** Reads an entry back; `undefined` if the record is not whole, or none of ours. Never throws. */
export function readRecord(
  kept: unknown,
): { readonly entry: Entry<Body>; readonly writtenAt: Instant } | undefined {
  if (typeof kept !== "object" || kept === null) return undefined;
  const { mark, expiresAt, facts, body, bytes, writtenAt } = kept as Partial<
    Record<keyof KeptRecord, unknown>
  >; // Checked below.
  if (!isMark(mark) || typeof expiresAt !== "number" || typeof writtenAt !== "number") return undefined;
  if (!isCount(bytes) || !isBody(body)) return undefined;
  return { entry: { mark, expiresAt, facts, body, size: bytes }, writtenAt };
}

/** What a record takes of the budget; 0 where nobody can tell. */
export function bytesOf(meta: unknown): number {
  if (typeof meta !== "object" || meta === null || !("bytes" in meta)) return 0;
  return isCount(meta.bytes) ? meta.bytes : 0;
}

export function readTotals(value: unknown): Totals | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { bytes, entries } = value as Partial<Record<keyof Totals, unknown>>; // Checked here.
  return isCount(bytes) && isCount(entries) ? { bytes, entries } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isBody(value: unknown): value is Body | null {
  return typeof value === "string" || value === null || value instanceof ArrayBuffer;
}
