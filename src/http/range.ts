import type { Instant } from "../clock.ts";
import { parseHttpDate } from "./date.ts";
import { listMembers, trimSpace } from "./fields.ts";

/** Bytes of a representation by position, counted from 0, both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** One range or more: in the order asked for, no two of them with a byte in common. */
export type ByteRanges = readonly [ByteRange, ...ByteRange[]];

/**
 * What a request wants of a representation of known length: all of it, since nothing in its Range binds us (200);
 * nothing that exists (416); or these ranges, each within the length (206).
 */
export type RequestedRanges = "whole" | "unsatisfiable" | ByteRanges;

/** What a Range field may ask for before it is ignored. */
export interface RangeLimits {
  /**
   * How many ranges one request may name, those past the end included.
   * @defaultValue 10
   */
  readonly maxRanges?: number;
}

/** A range-spec as written: `first-last`, `first-`, or `-last` where `last` is a number of bytes from the end. */
interface RangeSpec {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

const UNIT = "bytes=";
const RANGE_SPEC = /^(\d*)-(\d*)$/;

/**
 * The bytes that the Range field of a GET asks of a representation (RFC 9110, 14.1.2 and 14.2). Never throws, and each
 * range lies within the length.
 *
 * A server may ignore any Range, and shields itself by it: a field that is malformed or in another unit, that names too
 * many ranges, or two that overlap, asks for the whole. So no answer holds more bytes than the whole does. Ranges out of
 * order are honoured as they stand; one that starts where the one before it ends is joined to it.
 *
 * @param header the field's value; `null` = absent
 * @param length the length of the representation in bytes
 */
export function readRange(header: string | null, length: number, limits?: RangeLimits): RequestedRanges {
  const specs = readSpecs(header, limits);
  if (specs === undefined) return "whole";
  const ranges = joinNeighbours(specs.flatMap((spec) => rangeWithin(spec, length) ?? []));
  if (overlap(ranges)) return "whole";
  if (isSome(ranges)) return ranges;
  // Only a suffix of nothing is left without bytes. It is satisfiable, but no Content-Range can say so: the empty whole
  // answers it (RFC 9110, 14.1.2).
  return specs.some(isSuffix) ? "whole" : "unsatisfiable";
}

/**
 * The bytes that a Range field asks for where the length is not known: only if each of its ranges says both of its ends,
 * and on the terms of {@link readRange}. `undefined` means that what is asked cannot be told without the length, or that
 * nothing binds us to less than the whole. Never throws.
 *
 * The ranges are as asked, not clipped: whoever holds all their bytes can answer, and nobody else.
 */
export function readClosedRanges(header: string | null, limits?: RangeLimits): ByteRanges | undefined {
  const specs = readSpecs(header, limits);
  if (specs === undefined) return undefined;
  const closed: ByteRange[] = [];
  for (const { first, last } of specs) {
    if (first === undefined || last === undefined || !Number.isSafeInteger(last)) return undefined;
    closed.push({ first, last });
  }
  const ranges = joinNeighbours(closed);
  return isSome(ranges) && !overlap(ranges) ? ranges : undefined;
}

/** The ranges as written, or `undefined` where the field is to be ignored (RFC 9110, 14.1.1 and 14.2). */
function readSpecs(
  header: string | null,
  { maxRanges = 10 }: RangeLimits = {},
): readonly RangeSpec[] | undefined {
  const value = trimSpace(header ?? "");
  // RFC 9110, 14.1: the names of units have no case.
  if (value.slice(0, UNIT.length).toLowerCase() !== UNIT) return undefined;
  const members = listMembers(value.slice(UNIT.length));
  if (members.length === 0 || members.length > maxRanges) return undefined;
  const specs: RangeSpec[] = [];
  for (const member of members) {
    const spec = readSpec(member);
    if (spec === undefined) return undefined;
    specs.push(spec);
  }
  return specs;
}

function readSpec(text: string): RangeSpec | undefined {
  const [, start = "", end = ""] = RANGE_SPEC.exec(text) ?? [];
  // Digits without end become a large number or Infinity: past any length, which is what they mean.
  const first = start === "" ? undefined : Number(start);
  const last = end === "" ? undefined : Number(end);
  if (first === undefined && last === undefined) return undefined;
  return first !== undefined && last !== undefined && last < first ? undefined : { first, last };
}

/** The spec's bytes in a representation of this length; `undefined` = none, it is not satisfiable. */
function rangeWithin({ first, last }: RangeSpec, length: number): ByteRange | undefined {
  if (first === undefined) {
    const size = Math.min(last ?? 0, length);
    return size > 0 ? { first: length - size, last: length - 1 } : undefined;
  }
  return first < length ? { first, last: Math.min(last ?? length, length - 1) } : undefined;
}

function isSuffix({ first, last }: RangeSpec): boolean {
  return first === undefined && last !== 0;
}

function isSome(ranges: readonly ByteRange[]): ranges is ByteRanges {
  return ranges.length > 0;
}

function joinNeighbours(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && before.last + 1 === range.first)
      joined[joined.length - 1] = { first: before.first, last: range.last };
    else joined.push(range);
  }
  return joined;
}

function overlap(ranges: readonly ByteRange[]): boolean {
  let end = -1;
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    if (first <= end) return true;
    end = last;
  }
  return false;
}

/** What tells one state of a representation from another, and the Date that says how far to trust it. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly dateAt: Instant;
}

/**
 * Whether the Range of a request counts: it has no If-Range, or its If-Range names exactly the representation at hand, by
 * a strong validator (RFC 9110, 13.1.5). If not, the whole is the answer. Never throws.
 */
export function ifRangeHolds(ifRange: string | null, validators: Validators): boolean {
  if (ifRange === null) return true;
  const condition = trimSpace(ifRange);
  if (isStrongTag(condition)) return condition === validators.etag;
  return condition === validators.lastModified && isStrongDate(validators);
}

/** RFC 9110, 8.8.3: one entity tag, not marked as weak. */
export function isStrongTag(etag: string | null): etag is string {
  return etag !== null && /^"[^"]*"$/.test(etag);
}

/**
 * RFC 9110, 8.8.2.2: a Last-Modified is strong if it lies a second or more before the Date, so that no second change can
 * hide in the same second.
 */
export function isStrongDate({ lastModified, dateAt }: Omit<Validators, "etag">): boolean {
  const modifiedAt = parseHttpDate(lastModified, dateAt);
  return modifiedAt !== undefined && dateAt - modifiedAt >= 1_000;
}
