import { canonicalField, cannot, isToken, type KeyPart } from "../src/index.ts";

/** A part of a fragment's key; a date stands for its instant. */
export type FragmentKeyPart = KeyPart | Date;

/** The name of a request field, or values by name. */
export type FragmentVary = string | Readonly<Record<string, FragmentKeyPart>>;

/** As much of a request as is needed. */
interface Fielded {
  header(name: string): string | undefined;
}

/**
 * The key of a fragment. Injective; fields of negotiation that mean the same are written alike.
 *
 * @throws {TypeError} if it, or what it varies by, cannot be used, or there is no request to read a field of
 */
export function fragmentKey(
  cacheKey: string | readonly FragmentKeyPart[],
  vary: readonly FragmentVary[],
  request: Fielded | undefined,
): readonly KeyPart[] {
  if (typeof cacheKey !== "string" && !Array.isArray(cacheKey))
    throw new TypeError(cannot("cache a fragment", "cacheKey must be text or a list", cacheKey));
  const own = [cacheKey].flat().map(part);
  const selecting = vary.flatMap((item) =>
    typeof item === "string" ? fieldOf(item, request) : Object.entries(item).flatMap(named),
  );
  return ["<Cached>", own.length, ...own, ...selecting];
}

function fieldOf(name: string, request: Fielded | undefined): readonly KeyPart[] {
  if (!isToken(name)) throw new TypeError(cannot("use vary", "it must name a request field", name));
  if (request === undefined)
    throw new TypeError(
      cannot("use vary", "there is no request to read the field of; use jsxRenderer()", name),
    );
  return [name.toLowerCase(), canonicalField(name, request.header(name) ?? null)];
}

/** With a sign that no field's name has in front. */
function named([name, value]: readonly [string, FragmentKeyPart]): readonly KeyPart[] {
  return [`=${name}`, part(value)];
}

function part(value: FragmentKeyPart): KeyPart {
  return value instanceof Date ? value.getTime() : value;
}
