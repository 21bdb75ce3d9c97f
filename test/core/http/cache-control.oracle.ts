import type { Qualified, ResponseDirectives } from "../../../src/http/cache-control.ts";
import type { RequestDirectives } from "../../../src/http/request-directives.ts";
import { isPlainToken, plainMembers, plainTrim } from "./fields.oracle.ts";

/*
 * The plain reading of Cache-Control, slow and easy to see through: first every argument of every directive, then what
 * they mean. The fast one is held against it.
 */

type Given = readonly (string | undefined)[] | undefined;

const LONGEST = 2_147_483_648;
const QUOTED = /^"(?:[^"\\]|\\.)*"$/;

export function plainResponseDirectives(value: string | null): ResponseDirectives {
  const found = given(value);
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

export function plainRequestDirectives(value: string | null, pragma: string | null): RequestDirectives {
  const found = given(value);
  const maxStale = found.get("max-stale");
  return {
    noCache: found.has("no-cache") || (value === null && given(pragma).has("no-cache")),
    noStore: found.has("no-store"),
    onlyIfCached: found.has("only-if-cached"),
    maxAge: shortest(found.get("max-age")),
    minFresh: longest(found.get("min-fresh")),
    maxStale: maxStale?.every((argument) => argument === undefined) ? Infinity : shortest(maxStale),
    staleIfError: shortest(found.get("stale-if-error")),
  };
}

/** Every argument given for each directive, in order; `undefined` = the directive stood alone. */
function given(value: string | null): ReadonlyMap<string, Given> {
  const found = new Map<string, (string | undefined)[]>();
  for (const member of value === null ? [] : plainMembers(value)) {
    const [written, ...rest] = member.split("=");
    const name = plainTrim(written!).toLowerCase();
    const argument = rest.length === 0 ? undefined : plainTrim(rest.join("="));
    if (
      !isPlainToken(name) ||
      (argument !== undefined && /"|[;\s]./.test(argument) && !QUOTED.test(argument))
    )
      found.set("no-store", [undefined]);
    found.set(name, [...(found.get(name) ?? []), unquote(argument)]);
  }
  return found;
}

function unquote(argument: string | undefined): string | undefined {
  const isQuoted = argument !== undefined && argument.length > 1 && /^".*"$/s.test(argument);
  return isQuoted ? argument.slice(1, -1).replaceAll(/\\(.)/g, "$1") : argument;
}

function qualified(arguments_: Given): Qualified {
  if (arguments_ === undefined) return false;
  const names: string[] = [];
  for (const argument of arguments_) {
    const listed = argument === undefined ? [] : plainMembers(argument);
    if (listed.length === 0 || !listed.every(isPlainToken)) return true;
    names.push(...listed.map((name) => name.toLowerCase()));
  }
  return names;
}

function shortest(arguments_: Given): number | undefined {
  return arguments_ && Math.min(...arguments_.map((argument) => seconds(argument) ?? 0));
}

function longest(arguments_: Given): number | undefined {
  return arguments_ && Math.max(...arguments_.map((argument) => seconds(argument) ?? LONGEST));
}

function seconds(argument: string | undefined): number | undefined {
  return argument !== undefined && /^\d+$/.test(argument) ? Math.min(Number(argument), LONGEST) : undefined;
}
