import { parseDictionary, Token, type Dictionary } from "structured-headers";
import { directivesOf, responseDirectives, type ResponseDirectives } from "./cache-control.ts";
import { cacheControlOf, listMembers, type FieldReader } from "./fields.ts";

/** What a response tells a cache, and which field it told it by. */
export interface CachePolicy {
  readonly directives: ResponseDirectives;
  /** In lower case: `cache-control`, or the targeted field that takes its place and that of Expires (RFC 9213, 2.2). */
  readonly source: string;
}

/** Finds the policy that counts for a cache. */
export type PolicyReader = (headers: FieldReader) => CachePolicy;

/** The policy for everyone. */
export const ownPolicy: PolicyReader = (headers) => ({
  directives: responseDirectives(cacheControlOf(headers)),
  source: "cache-control",
});

/** The legacy field of the same purpose, which is no structured field. */
const SURROGATE_CONTROL = "surrogate-control";

/**
 * The policy for a cache that has names of its own: the first of the targeted fields that is a valid, non-empty
 * dictionary takes the place of Cache-Control and Expires; one that is not counts as absent (RFC 9213, 2.1 and 2.2).
 *
 * @param targets the fields to look for, in order, such as `CDN-Cache-Control`; `Surrogate-Control` may be among them
 */
export function targetedPolicy(targets: readonly string[]): PolicyReader {
  const names = targets.map((target) => target.toLowerCase());
  return (headers) => {
    for (const source of names) {
      const value = headers.get(source);
      if (value === null) continue;
      const directives =
        source === SURROGATE_CONTROL ? surrogateDirectives(value) : targetedDirectives(value);
      if (directives !== undefined) return { directives, source };
    }
    return ownPolicy(headers);
  };
}

function targetedDirectives(value: string): ResponseDirectives | undefined {
  const dictionary = readDictionary(value);
  if (dictionary === undefined || dictionary.size === 0 || hasDecimalSeconds(value)) return undefined;
  const found = new Map<string, string | undefined>();
  for (const [name, [item]] of dictionary) {
    if (item === false) continue;
    if (SECONDS.has(name) && !Number.isInteger(item)) return undefined;
    found.set(name, argumentOf(item));
  }
  return directivesOf(found);
}

/** Directives whose value is a number of seconds: one of another type makes the whole field invalid. */
const SECONDS: ReadonlySet<string> = new Set([
  "max-age",
  "s-maxage",
  "stale-while-revalidate",
  "stale-if-error",
]);

const STRINGS = /"(?:[^"\\]|\\.)*"/g;
const DECIMAL_SECONDS = /(?:^|[\s,])(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)=-?\d+\./;

/** RFC 9651, 3.3.1: `600.0` is a Decimal, which the parser hands out as the same number as the Integer `600`. */
function hasDecimalSeconds(value: string): boolean {
  return value.includes(".") && DECIMAL_SECONDS.test(value.replaceAll(STRINGS, ""));
}

function argumentOf(item: unknown): string | undefined {
  if (typeof item === "number" || typeof item === "string") return String(item);
  return item instanceof Token ? item.toString() : undefined;
}

function readDictionary(value: string): Dictionary | undefined {
  try {
    return parseDictionary(value);
  } catch {
    return undefined;
  }
}

/** As `max-age=60+30, content="ESI/1.0"`: the second number is a stale window. Only these and no-store mean something here. */
function surrogateDirectives(value: string): ResponseDirectives | undefined {
  const found = new Map<string, string | undefined>();
  for (const member of listMembers(value)) {
    const [name = "", argument = ""] = member.toLowerCase().split("=", 2);
    if (name === "no-store") found.set(name, undefined);
    if (name !== "max-age") continue;
    const [fresh, stale] = argument.split("+", 2);
    found.set("max-age", fresh);
    if (stale !== undefined) found.set("stale-while-revalidate", stale);
  }
  return found.size === 0 ? undefined : directivesOf(found);
}
