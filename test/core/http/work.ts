import type { FieldReader } from "../../../src/http/fields.ts";

/** Methods that look at the whole text they are called on, or copy it. */
const WHOLE = [
  "concat",
  "includes",
  "indexOf",
  "match",
  "matchAll",
  "normalize",
  "replace",
  "replaceAll",
  "search",
  "split",
  "toLowerCase",
  "toUpperCase",
  "toWellFormed",
  "trim",
  "trimEnd",
  "trimStart",
] as const;
/** Methods that cost what they give. */
const PIECE = ["at", "charAt", "slice", "substring", "substr", "repeat", "padEnd", "padStart"] as const;
/** Methods that look at one character. */
const ONE = ["charCodeAt", "codePointAt"] as const;

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * The characters that a piece of work looks at or copies, by the methods of strings and regular expressions that it calls.
 * A pattern counts for all that lies before it in the text, as far as it gets, and a text read by index counts for nothing.
 */
function workOf(run: () => void): number {
  let count = 0;
  const restore: (() => void)[] = [];
  function watch(
    prototype: object,
    names: readonly string[],
    cost: (of: unknown, given: readonly unknown[], result: unknown) => number,
  ): void {
    for (const name of names) {
      const original = Reflect.get(prototype, name) as Method; // Each name is that of a method.
      const watched: Method = function (...given) {
        const result = original.apply(this, given);
        count += cost(this, given, result);
        return result;
      };
      Reflect.set(prototype, name, watched);
      restore.push(() => void Reflect.set(prototype, name, original));
    }
  }
  const size = (text: unknown): number => (typeof text === "string" ? text.length : 1);
  watch(String.prototype, WHOLE, (of) => String(of).length);
  watch(String.prototype, PIECE, (_, __, result) => size(result));
  watch(String.prototype, ONE, () => 1);
  watch(RegExp.prototype, ["exec", "test"], (of, [text]) =>
    of instanceof RegExp && of.sticky ? 1 : size(text),
  );
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return count;
}

/**
 * By how much the work grows when its input becomes eight times as long, from a thousand characters on: about 8 where it
 * is linear, 64 where it is the square.
 */
export function growthOf(work: (length: number) => void): number {
  return (
    workOf(() => work(8_192)) /
    Math.max(
      1_000,
      workOf(() => work(1_024)),
    )
  );
}

/** A reader that counts how often it is asked. */
export function countingReader(reader: FieldReader): FieldReader & { readonly asked: number } {
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    get(name) {
      asked += 1;
      return reader.get(name);
    },
  };
}
