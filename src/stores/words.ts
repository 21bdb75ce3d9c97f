/** Numbers in bytes, the low byte first. */

/** A larger buffer is not kept from the collector for the sake of the next frame in it. */
const LARGEST_KEPT = 65_536;

/** That of the buffer read last: clients cut many answers from one, and a view takes as long to make as a frame to read. */
let lastView: DataView = new DataView(new ArrayBuffer(0));

/** A view of a whole buffer, for frames that lie in it. */
export function viewOf(buffer: ArrayBufferLike): DataView {
  if (buffer === lastView.buffer) return lastView;
  const view = new DataView(buffer);
  if (buffer.byteLength <= LARGEST_KEPT) lastView = view;
  return view;
}

/** Over words, as FNV-1a, with a turn that brings high bits down: any one changed word changes it. */
export function checksum(view: DataView, start: number, end: number): number {
  let hash = 0x811c_9dc5;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = stirred(hash, view.getInt32(at, true));
  for (; at < end; at += 1) hash = stirred(hash, view.getUint8(at));
  return hash >>> 0;
}

function stirred(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x0100_0193);
  return (product << 13) | (product >>> 19);
}
