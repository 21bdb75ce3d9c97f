import { isMark, type Entry, type Instant, type Mark } from "../../src/index.ts";
import { entryBytes, type Body } from "../body.ts";

/** What stands in `meta` beside each body. */
export interface MetaRecord {
  readonly mark: Mark;
  readonly expiresAt: Instant;
  readonly facts: unknown;
  /** The body's length, so that a body of another write is told apart; `null` = there is no body. */
  readonly length: number | null;
  /** What the entry takes of the budget. */
  readonly bytes: number;
  readonly usedAt: Instant;
}

/** How much is on disk, in all versions together. Changes in the transaction of the write that changes it. */
export interface Totals {
  readonly bytes: number;
  readonly entries: number;
}

export function toRecord(key: string, entry: Entry<Body>, now: Instant): MetaRecord {
  const { mark, expiresAt, facts, body } = entry;
  return {
    mark,
    expiresAt,
    facts,
    length: body === null ? null : lengthOf(body),
    bytes: entryBytes(key, entry),
    usedAt: now,
  };
}

/** Reads an entry back; `undefined` if the two records are not both whole and of one write. Never throws. */
export function readRecord(
  meta: unknown,
  body: unknown,
): { readonly entry: Entry<Body>; readonly usedAt: Instant } | undefined {
  if (typeof meta !== "object" || meta === null) return undefined;
  const { mark, expiresAt, facts, length, bytes, usedAt } = meta as Partial<
    Record<keyof MetaRecord, unknown>
  >; // Checked below.
  if (!isMark(mark) || typeof expiresAt !== "number" || typeof usedAt !== "number" || !isCount(bytes))
    return undefined;
  const entry = { mark, expiresAt, facts, size: bytes };
  if (length === null) return body === undefined ? { entry: { ...entry, body: null }, usedAt } : undefined;
  return isBody(body) && lengthOf(body) === length ? { entry: { ...entry, body }, usedAt } : undefined;
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

function isBody(value: unknown): value is Body {
  return typeof value === "string" || value instanceof ArrayBuffer;
}

function lengthOf(body: Body): number {
  return typeof body === "string" ? body.length : body.byteLength;
}
