import { cannot } from "../errors.ts";
import { joinKey } from "../key.ts";
import { fingerprint } from "../purge/fingerprint.ts";
import type { Selector } from "../purge/ledger.ts";
import { bucketOf } from "../purge/selectors.ts";

/** One part of a key that is a list. `7` and `"7"` are two. */
export type KeyPart = string | number | boolean | null;

const KEY_RULE = "it must be text, or a list of texts, finite numbers, booleans and nulls";

/** What a value is kept under: a text, or a list of parts. No two keys share a value, whatever they hold. */
export type CacheKey = string | readonly KeyPart[];

const BANG = 33; // ! in front of locks
const QUOTE = 34; // " in front of texts that were escaped
const AT = 64; // @ in front of namespaces
const BRACKET = 91; // [ in front of lists
/** From here on no first character is taken. Lower-case letters are above it. */
export const FIRST_FREE = 92;

/**
 * The one text of a key. Injective: lists begin with `[`, and texts that could be taken for anything else than themselves
 * are written as JSON, as are those with lone surrogates, which some backends would all write alike.
 *
 * @throws {TypeError} if it is neither a text nor a list of texts, finite numbers, booleans and nulls
 */
export function keyText(key: CacheKey): string {
  if (typeof key !== "string") return listText(key);
  const first = key.charCodeAt(0);
  const isTaken = first === QUOTE || first === BANG || first === AT || first === BRACKET;
  return isTaken || !key.isWellFormed() ? JSON.stringify(key) : key;
}

function listText(key: readonly KeyPart[]): string {
  const isList = Array.isArray(key);
  for (const part of isList ? key : [undefined]) {
    const isPart =
      typeof part === "string" || typeof part === "boolean" || part === null || Number.isFinite(part);
    if (!isPart) throw new TypeError(cannot("use a key", KEY_RULE, isList ? part : key));
  }
  return joinKey(key);
}

/** What goes in front of the keys of a namespace, itself perhaps in another. */
export function namespaceStart(parent: string, name: string): string {
  if (typeof name !== "string" || !/^[\w.-]{1,64}$/.test(name)) {
    throw new TypeError(
      cannot(
        "make a namespace",
        "its name must be 1 to 64 letters, digits, dots, dashes or underscores",
        name,
      ),
    );
  }
  return parent === "" ? `@${name}:` : `${parent.slice(0, -1)}/${name}:`;
}

/** The key of a lock. No value has it. */
export function lockText(text: string): string {
  return `!${text}`;
}

export type KeySelectors = readonly [own: Selector, bucket: Selector];

/**
 * What a purge of one value names, and its bucket, by which a ledger that has no room for each key purges it. In front
 * stands a space, which no URL has: keys and URLs never meet.
 *
 * @param spaced the key with prefix and version
 */
export function keySelectors(spaced: string): KeySelectors {
  const own = `url:${fingerprint(` ${spaced}`)}`;
  return [own, bucketOf(own)];
}

/**
 * {@link keySelectors} of texts, remembered for those that were asked for lately: a fingerprint costs more than all else that
 * a check does.
 *
 * @param spaced makes a text the key with prefix and version
 * @param most how many are remembered
 */
export function rememberedSelectors(
  spaced: (text: string) => string,
  most: number,
): (text: string) => KeySelectors {
  const remembered = new Map<string, KeySelectors>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const selectors = keySelectors(spaced(text));
    if (remembered.size >= most) remembered.clear();
    remembered.set(text, selectors);
    return selectors;
  };
}
