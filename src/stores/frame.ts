import { isMark, type Entry } from "../store.ts";

/*
 * One entry as bytes, for stores that keep bytes:
 *
 *   "TDM1" · length of the header · its checksum (4 bytes each, big-endian) · header as JSON · body
 *
 * The header repeats the full key and the body's length, so that an entry under a colliding key, a truncated one and
 * a foreign one are all told apart from ours. Its checksum keeps a damaged mark from rising above a purge.
 */
const MAGIC = new TextEncoder().encode("TDM1");
const START = MAGIC.length + 8;

interface FrameHeader {
  readonly key: string;
  readonly expiresAt: number;
  readonly mark: Entry["mark"];
  readonly facts: unknown;
  readonly stamp?: string | undefined;
  /** Bytes of the body; `null` = there is none. */
  readonly size: number | null;
}

/** Writes an entry as bytes. */
export function encodeEntry(
  key: string,
  { mark, expiresAt, facts, body, stamp }: Entry,
): Uint8Array<ArrayBuffer> {
  const size = body === null ? null : body.byteLength;
  const header: FrameHeader = { key, expiresAt, mark, facts, stamp, size };
  const head = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(START + head.length + (body?.byteLength ?? 0));
  frame.set(MAGIC, 0);
  const view = new DataView(frame.buffer);
  view.setUint32(MAGIC.length, head.length);
  view.setUint32(MAGIC.length + 4, checksum(head));
  frame.set(head, START);
  if (body !== null) frame.set(body, START + head.length);
  return frame;
}

/** Reads an entry back. `undefined` for anything that is not a whole entry of this key. Never throws. */
export function decodeEntry(key: string, frame: Uint8Array): Entry | undefined {
  if (frame.byteLength < START || MAGIC.some((byte, index) => frame[index] !== byte)) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const bodyStart = START + view.getUint32(MAGIC.length);
  if (bodyStart > frame.byteLength) return undefined;
  const head = frame.subarray(START, bodyStart);
  const header = checksum(head) === view.getUint32(MAGIC.length + 4) ? readHeader(head) : undefined;
  if (header === undefined || header.key !== key) return undefined;
  if (header.size === null ? frame.byteLength !== bodyStart : frame.byteLength - bodyStart !== header.size)
    return undefined;
  const { mark, expiresAt, facts, stamp } = header;
  const body = header.size === null ? null : frame.subarray(bodyStart);
  return { mark, expiresAt, facts, body, ...(stamp !== undefined && { stamp }) };
}

/** FNV-1a: any one changed byte changes it. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function readHeader(bytes: Uint8Array): FrameHeader | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isHeader(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is FrameHeader {
  if (typeof value !== "object" || value === null) return false;
  const { key, expiresAt, mark, stamp, size } = value as Partial<Record<keyof FrameHeader, unknown>>; // Checked member by member.
  return (
    typeof key === "string" &&
    typeof expiresAt === "number" &&
    Number.isFinite(expiresAt) &&
    (stamp === undefined || typeof stamp === "string") &&
    (size === null || (typeof size === "number" && Number.isInteger(size) && size >= 0)) &&
    isMark(mark)
  );
}
