import type { Entry } from "../store.ts";
import { decodeEntry } from "./frame.ts";

/**
 * Reads a frame that a client has handed out, as `decodeEntry` does. The body is copied: a client's answer is often a
 * window into a much larger buffer, which would live as long as the entry does.
 */
export function decodeOwned(key: string, answer: Uint8Array): Entry | undefined {
  // As plain bytes: views of Node's own kind take longer to make.
  const entry = decodeEntry(key, new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength));
  if (entry === undefined || entry.body === null) return entry;
  return { ...entry, body: new Uint8Array(entry.body) };
}
