import type { Seconds } from "../clock.ts";

/** What a cache is and how far it goes. Made once by {@link cacheRules}; every decision takes it as an argument. */
export interface CacheRules {
  /** A cache that serves many users (the edge), or one user's own (the browser). */
  readonly shared: boolean;
  /**
   * `safe`: a shared cache also refuses what the RFC allows but sites regret: Set-Cookie, and answers without explicit
   * freshness. `rfc`: everything that RFC 9111 allows.
   */
  readonly profile: "safe" | "rfc";
  /** Takes Cache-Control of requests into account (RFC 9111, 5.2.1). A shared cache that does can be emptied by anyone. */
  readonly requestDirectives: boolean;
  /** RFC 9111, 5.2.2.10 read strictly: `s-maxage` forbids stale serving even beside an explicit stale window. */
  readonly strictSMaxage: boolean;
  /** Freshness of storable responses that state none. */
  readonly defaultLifetime: Seconds;
  /** Stale windows of responses that state none and do not forbid them. */
  readonly defaultStaleWhileRevalidate: Seconds;
  readonly defaultStaleIfError: Seconds;
  /** How long past its last use a response with a validator is kept, so that it can be revalidated instead of fetched. */
  readonly keep: Seconds;
}

const DAY: Seconds = 86_400;

/**
 * The rules of a cache.
 *
 * @param options what differs from the defaults: profile "safe"; request directives honoured by private caches only;
 *   an explicit stale window beside `s-maxage` respected; no default freshness or windows; validators kept for a day
 */
export function cacheRules(options: Pick<CacheRules, "shared"> & Partial<CacheRules>): CacheRules {
  const {
    shared,
    profile = "safe",
    requestDirectives = !shared,
    strictSMaxage = false,
    defaultLifetime = 0,
    defaultStaleWhileRevalidate = 0,
    defaultStaleIfError = 0,
    keep = DAY,
  } = options;
  return {
    shared,
    profile,
    requestDirectives,
    strictSMaxage,
    defaultLifetime,
    defaultStaleWhileRevalidate,
    defaultStaleIfError,
    keep,
  };
}
