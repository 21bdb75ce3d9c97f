import type { Entry } from "../store.ts";
import { factsIn } from "./facts.ts";
import { textIn } from "./utf8.ts";
import { checksum, viewOf } from "./words.ts";

/*
 * One entry as bytes, for stores that keep bytes. Numbers of four bytes are unsigned, the low byte first:
 *
 *    0  "TDM2"
 *    4  checksum of all that follows, the body excepted
 *    8  when it ends, then its mark's position: floating point, 8 bytes each
 *   24  flags
 *   28  bytes of the body, then bytes of the text
 *   36  how many characters of the text (UTF-16) are the key, the mark's epoch, the stamp, the facts; how many labels there are
 *   56  how many characters each label has
 *       the text: key, epoch, stamp, facts as JSON and labels one behind the other, in UTF-8
 *       the body
 *
 * It repeats the full key and the body's length, so that an entry under a colliding key, a truncated one and a foreign one are
 * all told apart from ours. The checksum keeps a damaged mark from rising above a purge. Lengths in front of the text spare
 * the parser: one look at the bytes makes one string, of which the parts are cut.
 */
const MAGIC = 0x324d_4454;
const SUMMED = 8;
const LENGTHS = 36;
const START = 56;

/** What the flags say. */
const HAS_BODY = 1;
const HAS_STAMP = 2;
/** The text stands there as a JSON string: it holds halves of surrogate pairs, which UTF-8 would write all alike. */
const IS_ESCAPED = 4;

/** Where heads are written; larger ones get a place of their own. */
const scratch = new Uint8Array(16_384);
const encoder = new TextEncoder();

/** That of the entry read last: most have the same, and a part keeps the whole text in memory. */
let lastEpoch = "";

/** Writes an entry as bytes. */
export function encodeEntry(
  key: string,
  { mark, expiresAt, facts, body, stamp }: Entry,
): Uint8Array<ArrayBuffer> {
  const { epoch, labels } = mark;
  const factsText = JSON.stringify(facts) ?? "";
  let text = key + epoch + (stamp ?? "") + factsText;
  for (const label of labels) text += label;
  const isEscaped = !text.isWellFormed();
  const written = isEscaped ? JSON.stringify(text) : text;

  const textStart = START + 4 * labels.length;
  const most = textStart + 3 * written.length;
  const head = most <= scratch.length ? scratch : new Uint8Array(most);
  const textBytes = encoder.encodeInto(written, head.subarray(textStart)).written;
  const bodyBytes = body === null ? 0 : body.byteLength;
  const view = viewOf(head.buffer);
  view.setUint32(0, MAGIC, true);
  view.setFloat64(8, expiresAt, true);
  view.setFloat64(16, mark.position, true);
  view.setUint32(
    24,
    (body === null ? 0 : HAS_BODY) | (stamp === undefined ? 0 : HAS_STAMP) | (isEscaped ? IS_ESCAPED : 0),
    true,
  );
  view.setUint32(28, bodyBytes, true);
  view.setUint32(32, textBytes, true);
  view.setUint32(LENGTHS, key.length, true);
  view.setUint32(LENGTHS + 4, epoch.length, true);
  view.setUint32(LENGTHS + 8, stamp?.length ?? 0, true);
  view.setUint32(LENGTHS + 12, factsText.length, true);
  view.setUint32(LENGTHS + 16, labels.length, true);
  for (let index = 0; index < labels.length; index += 1)
    view.setUint32(START + 4 * index, labels[index]?.length ?? 0, true);
  const bodyStart = textStart + textBytes;
  view.setUint32(4, checksum(view, SUMMED, bodyStart), true);

  const frame = new Uint8Array(bodyStart + bodyBytes);
  frame.set(head.subarray(0, bodyStart));
  if (body !== null) frame.set(body, bodyStart);
  return frame;
}

/**
 * Reads an entry back; its body is a window of the frame. `undefined` for anything that is not a whole entry of this key.
 * Never throws.
 */
export function decodeEntry(key: string, frame: Uint8Array): Entry | undefined {
  const { byteLength, byteOffset: base } = frame;
  if (byteLength < START) return undefined;
  const view = viewOf(frame.buffer);
  if (view.getUint32(base, true) !== MAGIC) return undefined;
  const flags = view.getUint32(base + 24, true);
  const count = view.getUint32(base + LENGTHS + 16, true);
  const textStart = START + 4 * count;
  const bodyStart = textStart + view.getUint32(base + 32, true);
  // From here on no length leads out of the frame.
  if (bodyStart + view.getUint32(base + 28, true) !== byteLength || flags > 7) return undefined;
  if (checksum(view, base + SUMMED, base + bodyStart) !== view.getUint32(base + 4, true)) return undefined;
  const text = textOf(frame, textStart, bodyStart, (flags & IS_ESCAPED) !== 0);
  if (text === undefined || view.getUint32(base + LENGTHS, true) !== key.length || !text.startsWith(key))
    return undefined;

  const epochLength = view.getUint32(base + LENGTHS + 4, true);
  const epochEnd = key.length + epochLength;
  const stampEnd = epochEnd + view.getUint32(base + LENGTHS + 8, true);
  const factsEnd = stampEnd + view.getUint32(base + LENGTHS + 12, true);
  const labels: string[] = [];
  let end = factsEnd;
  for (let index = 0; index < count; index += 1) {
    const length = view.getUint32(base + START + 4 * index, true);
    labels.push(text.substring(end, (end += length)));
  }
  const facts = factsIn(text, stampEnd, factsEnd);
  const expiresAt = view.getFloat64(base + 8, true);
  const position = view.getFloat64(base + 16, true);
  if (end !== text.length || facts === undefined) return undefined;
  if (!Number.isFinite(expiresAt) || !Number.isSafeInteger(position)) return undefined;
  if (epochLength !== lastEpoch.length || !text.startsWith(lastEpoch, key.length))
    lastEpoch = text.substring(key.length, epochEnd);
  const mark = { epoch: lastEpoch, position, labels };
  const body = (flags & HAS_BODY) === 0 ? null : windowOf(frame, bodyStart, byteLength);
  if ((flags & HAS_STAMP) === 0) return { mark, expiresAt, facts: facts.value, body };
  return { mark, expiresAt, facts: facts.value, body, stamp: text.substring(epochEnd, stampEnd) };
}

/** Whether a frame may begin there. */
export function isFrame(bytes: Uint8Array, at: number): boolean {
  const { buffer, byteOffset, byteLength } = bytes;
  return at + START <= byteLength && viewOf(buffer).getUint32(byteOffset + at, true) === MAGIC;
}

/** As plain bytes: views of Node's own kind take longer to make. */
function windowOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

/** `undefined` where the bytes are none. */
function textOf(frame: Uint8Array, start: number, end: number, isEscaped: boolean): string | undefined {
  try {
    const text = textIn(frame, start, end);
    if (!isEscaped) return text;
    const inner: unknown = JSON.parse(text);
    return typeof inner === "string" ? inner : undefined;
  } catch {
    return undefined;
  }
}
