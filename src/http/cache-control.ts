import type { Seconds } from "../clock.ts";
import { eachDirective, type Argument } from "./directives.ts";
import { isToken, listMembers } from "./fields.ts";

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
  const said = nothingOfResponse();
  if (value !== null) eachDirective(value, said, hearInResponse);
  return said;
}

/** The meaning of a response's directives, from whatever field they were read. Names in lower case. */
export function directivesOf(
  found: Iterable<readonly [name: string, argument: Argument]>,
): ResponseDirectives {
  const said = nothingOfResponse();
  for (const [name, argument] of found) hearInResponse(said, name, argument);
  return said;
}

/**
 * Reads a request's Cache-Control. `Pragma: no-cache` counts where there is no Cache-Control at all (RFC 9111, 5.4).
 */
export function requestDirectives(value: string | null, pragma: string | null = null): RequestDirectives {
  const said = nothingOfRequest();
  if (value !== null) eachDirective(value, said, hearInRequest);
  else if (pragma !== null) said.noCache = requestDirectives(pragma).noCache;
  return said;
}

/** What is being gathered of a set of directives. */
type Said<Directives> = {
  -readonly [Name in keyof Directives]: Qualified extends Directives[Name]
    ? boolean | string[]
    : Directives[Name];
};

function nothingOfResponse(): Said<ResponseDirectives> {
  return {
    public: false,
    private: false,
    noStore: false,
    noCache: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    noTransform: false,
    immutable: false,
    maxAge: undefined,
    sMaxAge: undefined,
    staleWhileRevalidate: undefined,
    staleIfError: undefined,
  };
}

function hearInResponse(said: Said<ResponseDirectives>, name: string, argument: Argument): void {
  switch (name) {
    case "max-age":
      said.maxAge = shortest(said.maxAge, argument);
      break;
    case "public":
      said.public = true;
      break;
    case "s-maxage":
      said.sMaxAge = shortest(said.sMaxAge, argument);
      break;
    case "stale-while-revalidate":
      said.staleWhileRevalidate = shortest(said.staleWhileRevalidate, argument);
      break;
    case "stale-if-error":
      said.staleIfError = shortest(said.staleIfError, argument);
      break;
    case "private":
      said.private = qualified(said.private, argument);
      break;
    case "no-store":
      said.noStore = true;
      break;
    case "no-cache":
      said.noCache = qualified(said.noCache, argument);
      break;
    case "must-revalidate":
      said.mustRevalidate = true;
      break;
    case "proxy-revalidate":
      said.proxyRevalidate = true;
      break;
    case "must-understand":
      said.mustUnderstand = true;
      break;
    case "no-transform":
      said.noTransform = true;
      break;
    case "immutable":
      said.immutable = true;
      break;
  }
}

function nothingOfRequest(): Said<RequestDirectives> {
  return {
    noCache: false,
    noStore: false,
    onlyIfCached: false,
    maxAge: undefined,
    minFresh: undefined,
    maxStale: undefined,
    staleIfError: undefined,
  };
}

function hearInRequest(said: Said<RequestDirectives>, name: string, argument: Argument): void {
  switch (name) {
    case "no-cache":
      said.noCache = true;
      break;
    case "no-store":
      said.noStore = true;
      break;
    case "only-if-cached":
      said.onlyIfCached = true;
      break;
    case "max-age":
      said.maxAge = shortest(said.maxAge, argument);
      break;
    case "min-fresh":
      said.minFresh = Math.max(said.minFresh ?? 0, deltaSeconds(argument) ?? MAX_DELTA_SECONDS);
      break;
    case "max-stale":
      said.maxStale = leastTolerant(said.maxStale, argument);
      break;
    case "stale-if-error":
      said.staleIfError = shortest(said.staleIfError, argument);
      break;
  }
}

/** The fields named so far and now. An unqualified form, or one that names no field, covers the whole response. */
function qualified(before: boolean | string[], argument: Argument): boolean | string[] {
  const listed = argument === undefined ? [] : listMembers(String(argument));
  if (before === true || listed.length === 0 || !listed.every(isToken)) return true;
  const names = before === false ? [] : before;
  for (const name of listed) names.push(name.toLowerCase());
  return names;
}

/** RFC 9111, 4.2.1: of conflicting values the most restrictive one; an invalid one makes the response stale. */
function shortest(before: Seconds | undefined, argument: Argument): Seconds {
  const seconds = deltaSeconds(argument) ?? 0;
  return before === undefined || seconds < before ? seconds : before;
}

/** RFC 9111, 5.2.1.2: without an argument any staleness will do; who says both has said nothing clear. */
function leastTolerant(before: Seconds | undefined, argument: Argument): Seconds {
  const wasAny = before === undefined || before === Infinity;
  if (argument === undefined) return wasAny ? Infinity : 0;
  return before === Infinity ? 0 : shortest(before, argument);
}

/** A non-negative whole number of seconds (RFC 9111, 1.2.2), or `undefined` for anything else. */
export function deltaSeconds(argument: Argument): Seconds | undefined {
  if (typeof argument !== "string") return argument;
  if (argument === "") return undefined;
  let seconds = 0;
  for (let index = 0; index < argument.length; index++) {
    const digit = argument.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    seconds = seconds * 10 + digit;
  }
  return Math.min(seconds, MAX_DELTA_SECONDS);
}
