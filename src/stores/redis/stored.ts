import type { Entry } from "../../store.ts";
import { decodeEntry } from "../frame.ts";
import { fromBase64 } from "./base64.ts";

/** How a frame begins: as bytes, and as base64, which is how connections that carry only text write it. */
const RAW = new TextEncoder().encode("TDM1");
const TEXT = new TextEncoder().encode("VERNM");

/**
 * The entry of a key, as it stands in Redis, written by whichever of our stores; `undefined` for anything else. The body is
 * copied: a client's answer is often a window into a much larger buffer, which would live as long as the entry does.
 */
export function readStored(key: string, stored: Uint8Array): Entry | undefined {
  // As plain bytes: views of Node's own kind take longer to make.
  const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  const frame = beginsWith(bytes, RAW) ? bytes : decoded(bytes);
  const entry = frame && decodeEntry(key, frame);
  if (entry === undefined || entry.body === null) return entry;
  return { ...entry, body: new Uint8Array(entry.body) };
}

function decoded(stored: Uint8Array): Uint8Array | undefined {
  if (!beginsWith(stored, TEXT)) return undefined;
  try {
    return fromBase64(new TextDecoder().decode(stored));
  } catch {
    return undefined;
  }
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);
}
