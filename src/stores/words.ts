/*
 * Numbers in bytes, the low byte first, read where they stand: a view for each frame would cost more than all its numbers.
 * Where there is no byte, 0 is read.
 */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
/** Where the machine has a number's lower half. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** An unsigned number of four bytes. */
export function readWord(bytes: Uint8Array, at: number): number {
  return signedWord(bytes, at) >>> 0;
}

function signedWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

export function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

/** A floating point number of eight bytes. */
export function readDouble(bytes: Uint8Array, at: number): number {
  halves[LOW] = signedWord(bytes, at);
  halves[1 - LOW] = signedWord(bytes, at + 4);
  return double[0] ?? 0;
}

export function writeDouble(bytes: Uint8Array, at: number, value: number): void {
  double[0] = value;
  writeWord(bytes, at, halves[LOW] ?? 0);
  writeWord(bytes, at + 4, halves[1 - LOW] ?? 0);
}

/** Over words, as FNV-1a, with a turn that brings high bits down: any one changed word changes it. */
export function checksum(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c_9dc5;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = stirred(hash, signedWord(bytes, at));
  for (; at < end; at += 1) hash = stirred(hash, bytes[at] ?? 0);
  return hash >>> 0;
}

function stirred(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x0100_0193);
  return (product << 13) | (product >>> 19);
}
