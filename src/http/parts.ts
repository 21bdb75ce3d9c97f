import { trimSpace } from "./fields.ts";
import {
  isStrongDate,
  isStrongTag,
  readClosedRanges,
  readRange,
  type ByteRange,
  type ByteRanges,
  type Validators,
} from "./range.ts";

/**
 * The contiguous bytes of a representation that a stored response holds (RFC 9111, 3.3), as its Content-Range says them.
 * `total` is the length of the whole representation; `null` = not known.
 */
export interface StoredPart extends ByteRange {
  readonly total: number | null;
}

/** A part with its bytes: `body` is as long as the part says. */
export interface HeldPart {
  readonly part: StoredPart;
  readonly body: Uint8Array;
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i;

/** The Content-Range of a part: `bytes 0-4/10`, or `bytes 0-4/*` where the total is not known (RFC 9110, 14.4). */
export function contentRange(first: number, last: number, total: number | null): string {
  return `bytes ${first}-${last}/${total ?? "*"}`;
}

/** The Content-Range of a 416: it tells the length, so that the client can ask for what is there (RFC 9110, 14.4). */
export function unsatisfiedRange(total: number): string {
  return `bytes */${total}`;
}

/**
 * Reads a Content-Range that says which bytes come with it (RFC 9110, 14.4). Another unit, an unsatisfied range, ends in
 * the wrong order or past the total, and numbers too large to count with are all `undefined`. Never throws.
 */
export function parseContentRange(value: string | null): StoredPart | undefined {
  const [, start, end, size] = CONTENT_RANGE.exec(trimSpace(value ?? "")) ?? [];
  if (start === undefined || end === undefined || size === undefined) return undefined;
  const part = { first: Number(start), last: Number(end), total: size === "*" ? null : Number(size) };
  return isStoredPart(part) ? part : undefined;
}

/** Whether a value that was read from outside is a part that can be: some bytes, none of them past the total. */
export function isStoredPart(value: unknown): value is StoredPart {
  if (typeof value !== "object" || value === null) return false;
  const { first, last, total } = value as Partial<Record<keyof StoredPart, unknown>>; // Each is checked below.
  if (!isPosition(first) || !isPosition(last) || first > last) return false;
  return total === null || (isPosition(total) && last < total);
}

function isPosition(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/**
 * What a 206 says it holds, where that is one part. Anything else is `undefined` and not to be stored: a body of several
 * parts (RFC 9110, 15.3.7.2) above all, whose bytes are not those of the representation. Never throws.
 *
 * @param contentType says whether the body is of several parts, where a Content-Range stands beside them against the rule
 */
export function partOf(contentRangeValue: string | null, contentType: string | null): StoredPart | undefined {
  const isMultipart = contentType !== null && /^[ \t]*multipart\/byteranges/i.test(contentType);
  return isMultipart ? undefined : parseContentRange(contentRangeValue);
}

/** Whether the part is the whole representation, so that it may be served as a 200. */
export function isWhole({ first, last, total }: StoredPart): boolean {
  return first === 0 && last + 1 === total;
}

/** The ranges that a Range field asks of a representation of which a part is held; `undefined` = not ranges, or none there. */
export function rangesOf(range: string | null, { total }: StoredPart): ByteRanges | undefined {
  const ranges = total === null ? readClosedRanges(range) : readRange(range, total);
  return typeof ranges === "string" ? undefined : ranges;
}

/** Whether the part holds every byte of the range. */
export function covers(part: StoredPart, range: ByteRange): boolean {
  return part.first <= range.first && range.last <= part.last;
}

/**
 * The Range to ask the origin for, to complete the part with one answer: what follows it, or what precedes it.
 * `undefined` = no one range does that: the part is whole already, or lacks both ends, or may lack both since its total
 * is not known. Then there is nothing to ask, or all of it.
 *
 * Send it with If-Range and the strong validator of the part, so that a representation which has changed comes whole.
 */
export function missingRange(part: StoredPart): string | undefined {
  if (isWhole(part)) return undefined;
  if (part.first === 0) return `bytes=${part.last + 1}-`;
  return part.last + 1 === part.total ? `bytes=0-${part.first - 1}` : undefined;
}

/**
 * Whether two responses are of one and the same state of a representation, so that their parts may be joined: they share
 * a strong validator (RFC 9111, 3.4; RFC 9110, 15.3.7.3). Where either has an entity tag, tags decide, and a weak one or
 * one that the other lacks forbids; without tags, equal Last-Modified that are strong by the Dates of both allow it.
 */
export function mayCombine(a: Validators, b: Validators): boolean {
  if (a.etag !== null || b.etag !== null) return isStrongTag(a.etag) && a.etag === b.etag;
  return a.lastModified === b.lastModified && isStrongDate(a) && isStrongDate(b);
}

/**
 * One part made of two that overlap or adjoin, in either order; of bytes in both, those of `a` are taken. `undefined` if
 * there is a gap between them, if they contradict each other about the total, or if a body is not as long as its part
 * says. Never throws; copies each byte once at most.
 *
 * Means something only for parts that {@link mayCombine}.
 */
export function combineParts(a: HeldPart, b: HeldPart): HeldPart | undefined {
  if (a.body.byteLength !== sizeOf(a.part) || b.body.byteLength !== sizeOf(b.part)) return undefined;
  if (a.part.first > b.part.last + 1 || b.part.first > a.part.last + 1) return undefined;

  const total = a.part.total ?? b.part.total;
  const first = Math.min(a.part.first, b.part.first);
  const last = Math.max(a.part.last, b.part.last);
  if (b.part.total !== null && b.part.total !== total) return undefined;
  if (total !== null && last >= total) return undefined;

  const part: StoredPart = { first, last, total };
  if (covers(a.part, b.part)) return { part, body: a.body };
  const body = new Uint8Array(sizeOf(part));
  body.set(b.body, b.part.first - first);
  body.set(a.body, a.part.first - first);
  return { part, body };
}

function sizeOf({ first, last }: ByteRange): number {
  return last - first + 1;
}
