import { isRecord } from "./plain.ts";

/**
 * Whether a value that is not kept may go, as it is, to all who waited for it: data alone, however large. Anything else may
 * belong to the one call that made it, as a `Response` does, whose body is read once, and on Workers by one request.
 */
export function isShareable(value: unknown): boolean {
  const seen = new Set<unknown>();
  const waiting = [value];
  try {
    while (waiting.length > 0) {
      const next = waiting.pop();
      if (typeof next === "function" || typeof next === "symbol") return false;
      if (typeof next !== "object" || next === null || seen.has(next)) continue;
      seen.add(next);
      const parts = partsOf(next);
      if (parts === undefined) return false;
      for (const part of parts) waiting.push(part);
    }
    return true;
  } catch {
    return false; // What throws when it is looked at is more than data.
  }
}

/** What a value holds; `undefined` = it is not data alone. */
function partsOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (isRecord(value))
    return Object.getOwnPropertySymbols(value).length > 0 ? undefined : Object.values(value);
  const isBytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value);
  return isBytes || value instanceof Date ? [] : undefined;
}
