import type { Seconds } from "../clock.ts";
import { isToken, listMembers, trimSpace } from "./fields.ts";

/** What `no-cache` or `private` say: nothing, something of the whole response, or of the named fields alone. */
export type Qualified = false | true | readonly string[];

/** The directives of a response (RFC 9111, 5.2.2; RFC 5861; RFC 8246). */
export interface ResponseDirectives {
  readonly public: boolean;
  readonly private: Qualified;
  readonly noStore: boolean;
  readonly noCache: Qualified;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly noTransform: boolean;
  readonly immutable: boolean;
  readonly maxAge: Seconds | undefined;
  readonly sMaxAge: Seconds | undefined;
  readonly staleWhileRevalidate: Seconds | undefined;
  readonly staleIfError: Seconds | undefined;
}

/** The directives of a request (RFC 9111, 5.2.1; RFC 5861, 4). */
export interface RequestDirectives {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: Seconds | undefined;
  readonly minFresh: Seconds | undefined;
  /** `Infinity` when the client accepts a stale response of any age. */
  readonly maxStale: Seconds | undefined;
  readonly staleIfError: Seconds | undefined;
}

/** RFC 9111, 1.2.2: a greater number of seconds than fits is taken as this one. */
const MAX_DELTA_SECONDS: Seconds = 2_147_483_648;

/** Reads a response's Cache-Control. Never throws; what cannot be read counts as its most restrictive meaning. */
export function responseDirectives(value: string | null): ResponseDirectives {
  return directivesOf(parseDirectives(value));
}

/** The meaning of a response's directives, from whatever field they were read. */
export function directivesOf(found: Directives): ResponseDirectives {
  return {
    public: found.has("public"),
    private: qualified(found.get("private")),
    noStore: found.has("no-store"),
    noCache: qualified(found.get("no-cache")),
    mustRevalidate: found.has("must-revalidate"),
    proxyRevalidate: found.has("proxy-revalidate"),
    mustUnderstand: found.has("must-understand"),
    noTransform: found.has("no-transform"),
    immutable: found.has("immutable"),
    maxAge: shortest(found.get("max-age")),
    sMaxAge: shortest(found.get("s-maxage")),
    staleWhileRevalidate: shortest(found.get("stale-while-revalidate")),
    staleIfError: shortest(found.get("stale-if-error")),
  };
}

/**
 * Reads a request's Cache-Control. `Pragma: no-cache` counts where there is no Cache-Control at all (RFC 9111, 5.4).
 */
export function requestDirectives(value: string | null, pragma: string | null = null): RequestDirectives {
  const found = parseDirectives(value);
  const maxStale = found.get("max-stale");
  const legacyNoCache = value === null && pragma !== null && parseDirectives(pragma).has("no-cache");
  return {
    noCache: found.has("no-cache") || legacyNoCache,
    noStore: found.has("no-store"),
    onlyIfCached: found.has("only-if-cached"),
    maxAge: shortest(found.get("max-age")),
    minFresh: longest(found.get("min-fresh")),
    maxStale: maxStale?.every((argument) => argument === undefined) ? Infinity : shortest(maxStale),
    staleIfError: shortest(found.get("stale-if-error")),
  };
}

/** RFC 9110, 5.6.4. */
const QUOTED = /^"(?:[^"\\]|\\.)*"$/;

/** Every argument given for each directive, in order; `undefined` = the directive stood alone. Names in lower case. */
export type Directives = ReadonlyMap<string, readonly (string | undefined)[]>;

function parseDirectives(value: string | null): Directives {
  const found = new Map<string, (string | undefined)[]>();
  for (const member of value === null ? [] : listMembers(value)) {
    const equals = member.indexOf("=");
    const name = trimSpace(equals < 0 ? member : member.slice(0, equals)).toLowerCase();
    const written = equals < 0 ? undefined : trimSpace(member.slice(equals + 1));
    // What is no directive, or has quotes that do not close, may hide one that forbids storing.
    if (!isToken(name) || (written?.includes('"') && !QUOTED.test(written)))
      found.set("no-store", [undefined]);
    const argument = written === undefined ? undefined : unquote(written);
    const before = found.get(name);
    if (before === undefined) found.set(name, [argument]);
    else before.push(argument);
  }
  return found;
}

/** RFC 9111, 5.2: recipients accept both the token and the quoted-string form of an argument. */
function unquote(argument: string): string {
  if (argument.length < 2 || !argument.startsWith('"') || !argument.endsWith('"')) return argument;
  return argument.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

/** An unqualified form, or one that names no field, covers the whole response. */
function qualified(given: readonly (string | undefined)[] | undefined): Qualified {
  if (given === undefined) return false;
  const names: string[] = [];
  for (const argument of given) {
    const listed = argument === undefined ? [] : listMembers(argument);
    if (listed.length === 0 || !listed.every(isToken)) return true;
    for (const name of listed) names.push(name.toLowerCase());
  }
  return names;
}

/** RFC 9111, 4.2.1: of conflicting values the most restrictive one; an invalid one makes the response stale. */
function shortest(given: readonly (string | undefined)[] | undefined): Seconds | undefined {
  return given?.map((argument) => deltaSeconds(argument) ?? 0).reduce((one, other) => Math.min(one, other));
}

function longest(given: readonly (string | undefined)[] | undefined): Seconds | undefined {
  return given
    ?.map((argument) => deltaSeconds(argument) ?? MAX_DELTA_SECONDS)
    .reduce((one, other) => Math.max(one, other));
}

/** A non-negative whole number of seconds (RFC 9111, 1.2.2), or `undefined` for anything else. */
export function deltaSeconds(text: string | undefined): Seconds | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_DELTA_SECONDS);
}
