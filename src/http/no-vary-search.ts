import {
  isInnerList,
  parseDictionary,
  serializeDictionary,
  type Dictionary,
  type InnerList,
  type Item,
} from "structured-headers";
import { decodeFormText, formPairs } from "./query.ts";

/** Which differences between queries do not make another response (No-Vary-Search, an HTTP caching extension). */
export interface NoVarySearch {
  /** Whether parameters of different names may stand in any order. */
  readonly keyOrder: boolean;
  /** `ignore`: the named parameters do not count. `keep`: they alone count. Names decoded, each once, sorted. */
  readonly params: { readonly rule: "ignore" | "keep"; readonly names: readonly string[] };
}

/** Without the field, or with one that cannot be read: queries are equivalent when they are equal. */
export const EXACT_QUERY: NoVarySearch = { keyOrder: false, params: { rule: "ignore", names: [] } };

/**
 * Reads a response's No-Vary-Search. Never throws: with any problem in it, queries must be equal.
 * Both syntaxes count: `except=("a")` of the standard, and `params, except=("a")`, which browsers had before.
 */
export function parseNoVarySearch(value: string | null): NoVarySearch {
  const members = value === null ? undefined : dictionary(value);
  if (members === undefined) return EXACT_QUERY;
  const keyOrder = flag(members.get("key-order"));
  const params = paramsRule(members.get("params"), members.get("except"));
  return keyOrder === undefined || params === undefined ? EXACT_QUERY : { keyOrder, params };
}

/**
 * Writes the field so that {@link parseNoVarySearch} reads the same from it; `null` where none is needed.
 * Of two ways to say it, the one that readers of both syntaxes understand, where there is such a way: only an
 * `except` has none, and is written as the standard has it. Who does not understand it serves fewer hits.
 */
export function formatNoVarySearch({ keyOrder, params }: NoVarySearch): string | null {
  if (isExact({ keyOrder, params })) return null;
  const names = sortedNames(params.names).map((name): Item => [encodeURIComponent(name), new Map()]);
  const members: Dictionary = new Map();
  if (keyOrder) members.set("key-order", [true, new Map()]);
  members.set(params.rule === "ignore" ? "params" : "except", [names, new Map()]);
  return serializeDictionary(members);
}

/** Whether a response to one query may answer the other, all else being equal. */
export function isEquivalentQuery(nvs: NoVarySearch, one: string, other: string): boolean {
  return searchKey(nvs, one) === searchKey(nvs, other);
}

/**
 * One string for all queries that are equivalent under a No-Vary-Search, and for no others. It says nothing of
 * queries under another No-Vary-Search: who keeps both kinds must keep them apart.
 *
 * @param search as `URL.search`: empty, or from the `?` on
 */
export function searchKey(nvs: NoVarySearch, search: string): string {
  if (isExact(nvs)) return search.startsWith("?") ? search.slice(1) : search;
  const names = new Set(nvs.params.names);
  const keep = nvs.params.rule === "keep";
  const counting = formPairs(search).filter(([name]) => names.has(name) === keep);
  const pairs = nvs.keyOrder ? counting.toSorted(([one], [other]) => compare(one, other)) : counting;
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}

function isExact({ keyOrder, params }: NoVarySearch): boolean {
  return !keyOrder && params.rule === "ignore" && params.names.length === 0;
}

function dictionary(value: string): Dictionary | undefined {
  try {
    return parseDictionary(value);
  } catch {
    return undefined;
  }
}

type Member = Item | InnerList | undefined;

/** A boolean, false where it is absent; `undefined` for what is none. */
function flag(member: Member): boolean | undefined {
  const value = member === undefined ? false : member[0];
  return typeof value === "boolean" ? value : undefined;
}

/** What `params` and `except` say together; `undefined` if they contradict each other or are of a wrong type. */
function paramsRule(params: Member, except: Member): NoVarySearch["params"] | undefined {
  if (params !== undefined && isInnerList(params)) {
    const names = except === undefined ? namesIn(params) : undefined;
    return names && { rule: "ignore", names };
  }
  const all = flag(params);
  if (except === undefined)
    return all === undefined ? undefined : { rule: all ? "keep" : "ignore", names: [] };
  const possible = isInnerList(except) && (params === undefined || all === true);
  const names = possible ? namesIn(except) : undefined;
  return names && { rule: "keep", names };
}

/** The strings of an inner list, decoded as names in a query are; `undefined` if one is no string. */
function namesIn([items]: InnerList): readonly string[] | undefined {
  const names: string[] = [];
  for (const [item] of items) {
    if (typeof item !== "string") return undefined;
    names.push(decodeFormText(item));
  }
  return sortedNames(names);
}

function sortedNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toWellFormed()))].toSorted(compare);
}

/** By code units, as URLSearchParams sorts. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
