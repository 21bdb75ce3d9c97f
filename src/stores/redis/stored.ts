import type { Entry } from "../../store.ts";
import { decodeEntry } from "../frame.ts";
import { fromBase64 } from "./base64.ts";

/** How a frame begins as base64, which is how connections that carry only text write it. */
const TEXT = new TextEncoder().encode("VERNM");

/** The entry of a key, as it stands in Redis, written by whichever of our stores; `undefined` for anything else. */
export function readStored(key: string, stored: Uint8Array): Entry | undefined {
  if (stored[0] !== TEXT[0] || !TEXT.every((byte, index) => stored[index] === byte))
    return decodeEntry(key, stored);
  try {
    return decodeEntry(key, fromBase64(new TextDecoder().decode(stored)));
  } catch {
    return undefined;
  }
}
