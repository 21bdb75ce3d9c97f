import type { Seconds } from "../clock.ts";
import { shortest } from "./delta-seconds.ts";
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

/** The fields named so far and now. An unqualified form, or one that names no field, covers the whole response. */
function qualified(before: boolean | string[], argument: Argument): boolean | string[] {
  const listed = argument === undefined ? [] : listMembers(String(argument));
  if (before === true || listed.length === 0 || !listed.every(isToken)) return true;
  const names = before === false ? [] : before;
  for (const name of listed) names.push(name.toLowerCase());
  return names;
}
