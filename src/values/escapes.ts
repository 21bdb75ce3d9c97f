/*
 * What MessagePack cannot carry as we write it, as objects with one odd name: -0, texts with lone surrogates (it writes
 * UTF-8), Maps (its maps are our objects), and objects with a name of these kinds, `__proto__` or the odd one.
 */
const ODD = "\u0000";

/** A plain value as one that MessagePack carries. Depth and size are bounded by whoever made the value plain. */
export function escaped(value: unknown): unknown {
  if (typeof value === "string")
    return value.isWellFormed() ? value : { [ODD]: ["text", JSON.stringify(value)] };
  if (typeof value === "number") return Object.is(value, -0) ? { [ODD]: ["zero"] } : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(escaped);
  if (value instanceof Map) return { [ODD]: ["map", pairsOf(value)] };
  if (value instanceof Set) return new Set(Array.from(value, escaped));
  if (value instanceof Date || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
  const members = Object.entries(value);
  if (members.some(([name]) => name === ODD || name === "__proto__" || !name.isWellFormed())) {
    return { [ODD]: ["object", pairsOf(members)] };
  }
  return Object.fromEntries(members.map(([name, member]) => [name, escaped(member)]));
}

function pairsOf(pairs: Iterable<readonly [unknown, unknown]>): unknown[] {
  return Array.from(pairs, ([key, value]) => [escaped(key), escaped(value)]);
}

/** @throws {TypeError} if it is not what {@link escaped} makes */
export function unescaped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unescaped);
  if (value instanceof Set) return new Set(Array.from(value, unescaped));
  if (!isLiteral(value)) return value;
  const odd = Object.getOwnPropertyDescriptor(value, ODD)?.value as unknown; // Its own, whatever it is.
  if (odd === undefined) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unescaped(member)]));
  }
  if (!Array.isArray(odd)) throw new TypeError("An escape is a list");
  const [kind, content]: unknown[] = odd;
  if (kind === "zero") return -0;
  if (kind === "text" && typeof content === "string") return JSON.parse(content);
  if (kind === "map") return new Map(pairsIn(content));
  if (kind === "object") return Object.fromEntries(pairsIn(content));
  throw new TypeError("An escape of an unknown kind");
}

function pairsIn(content: unknown): [unknown, unknown][] {
  if (!Array.isArray(content)) throw new TypeError("An escape holds a list of pairs");
  return content.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new TypeError("An escape holds a list of pairs");
    return [unescaped(pair[0]), unescaped(pair[1])];
  });
}

function isLiteral(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}
