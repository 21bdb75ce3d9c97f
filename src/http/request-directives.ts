import type { Seconds } from "../clock.ts";
import { deltaSeconds, MAX_DELTA_SECONDS, shortest } from "./delta-seconds.ts";
import { eachDirective, type Argument } from "./directives.ts";

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

/**
 * Reads a request's Cache-Control. `Pragma: no-cache` counts where there is no Cache-Control at all (RFC 9111, 5.4).
 */
export function requestDirectives(value: string | null, pragma: string | null = null): RequestDirectives {
  const said = nothingOfRequest();
  if (value !== null) eachDirective(value, said, hearInRequest);
  else if (pragma !== null) said.noCache = requestDirectives(pragma).noCache;
  return said;
}

/** What is being gathered. */
type Said = { -readonly [Name in keyof RequestDirectives]: RequestDirectives[Name] };

function nothingOfRequest(): Said {
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

function hearInRequest(said: Said, name: string, argument: Argument): void {
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

/** RFC 9111, 5.2.1.2: without an argument any staleness will do; who says both has said nothing clear. */
function leastTolerant(before: Seconds | undefined, argument: Argument): Seconds {
  const wasAny = before === undefined || before === Infinity;
  if (argument === undefined) return wasAny ? Infinity : 0;
  return before === Infinity ? 0 : shortest(before, argument);
}
