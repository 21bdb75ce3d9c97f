import { cannot } from "./errors.ts";

/** Which generation of which application a key belongs to: the key in a store is `prefix:version:key`. */
export interface KeySpace {
  /** The application, so that several can share one store. Letters, digits, `.`, `_` and `-`. */
  readonly prefix: string;
  /** The generation: another version never reads this one's entries, so raising it clears in one step. */
  readonly version: number | string;
}

/**
 * Makes the function that turns a key into the one under which stores keep it.
 * Injective: neither prefix nor version can hold the `:` that ends them.
 *
 * @throws {TypeError} if prefix or version has other characters than letters, digits, `.`, `_` and `-`
 */
export function keySpace({ prefix, version }: KeySpace): (key: string) => string {
  const generation = String(version);
  for (const [name, value] of [
    ["prefix", prefix],
    ["version", generation],
  ] as const) {
    if (!/^[\w.-]{1,64}$/.test(value)) {
      throw new TypeError(
        cannot(`use ${name}`, "it must be 1 to 64 letters, digits, dots, dashes or underscores", value),
      );
    }
  }
  const start = `${prefix}:${generation}:`;
  return (key) => start + key;
}

/**
 * The resource key of an absolute URL, and the URL to ask the origin for: what was keyed is what is forwarded.
 * Without fragment, credentials and the dot that may end a host (it is the same host), as the WHATWG URL standard
 * serialises it; case, order and escapes stay.
 *
 * @throws {TypeError} if it is not a URL
 */
export function resourceKey(url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  const named = host.includes(".") ? host.replace(/(?<=[^.])\.(?=$|:)/, "") : host;
  return `${protocol}//${named}${pathname}${search}`;
}

/**
 * One string for several parts, injective: no two lists of parts share it, whatever characters they hold.
 * `null` differs from the text "null".
 *
 * @throws {RangeError} if a number is not finite: JSON would write it as `null`
 */
export function joinKey(parts: readonly (string | number | boolean | null)[]): string {
  const odd = parts.find((part) => typeof part === "number" && !Number.isFinite(part));
  if (odd !== undefined) throw new RangeError(cannot("join a key", "its numbers must be finite", odd));
  return JSON.stringify(parts);
}

/** Names that some backends take for a place and not for a key. */
const RESERVED: ReadonlySet<string> = new Set(["", ".", ".."]);

/**
 * The key itself, or `#` and its SHA-256 in hexadecimal where it is longer than the backend takes or reserved there.
 * A key that begins with `#` is hashed whatever its length, so that none can pose as another's hash.
 *
 * @param maxBytes the backend's limit, at least 65
 */
export async function fitKey(key: string, maxBytes: number): Promise<string> {
  const bytes = new TextEncoder().encode(key);
  if (bytes.length <= maxBytes && !key.startsWith("#") && !RESERVED.has(key)) return key;
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `#${hex}`;
}
