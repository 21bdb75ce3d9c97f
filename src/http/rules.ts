import type { Seconds } from "../clock.ts";
import { storedParts, type PartRules } from "./part-rules.ts";
import { ownPolicy, type PolicyReader } from "./policy.ts";
import { looseSelecting, strictSelecting } from "./selecting.ts";
import { exactSelecting, type Selecting } from "./vary.ts";

/** What a cache is and how far it goes. Made once by {@link cacheRules} or {@link plainRules}; every decision takes it as an argument. */
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
  /** How the request fields that Vary names are compared. The response store of the cache must do the same. */
  readonly selecting: Selecting;
  /** What is done with parts of representations; `undefined` = none is ever stored. */
  readonly parts: PartRules | undefined;
  /** Finds the directives that count for this cache: `targetedPolicy` for one that has names of its own. */
  readonly policy: PolicyReader;
  /** RFC 9111, 4.2.2: freshness that nobody stated, a tenth of the time since the response was last modified. */
  readonly heuristic: boolean;
  /** Freshness of storable responses that state none. */
  readonly defaultLifetime: Seconds;
  /** Stale windows of responses that state none and do not forbid them. */
  readonly defaultStaleWhileRevalidate: Seconds;
  readonly defaultStaleIfError: Seconds;
  /** How long a stale response may stand in while the origin is lost, where nothing forbids it (RFC 9111, 4.2.4). */
  readonly disconnectedStale: Seconds;
  /** The bodies kept are not as they came but processed, decoded for one: a 304 leaves alone what describes them. */
  readonly processedBodies: boolean;
  /** How long past its last use a response with a validator is kept, so that it can be revalidated instead of fetched. */
  readonly keep: Seconds;
}

const DAY: Seconds = 86_400;

type RuleOptions = Pick<CacheRules, "shared"> & Partial<CacheRules>;

/**
 * The rules of a cache.
 *
 * @param options what differs from the defaults: profile "safe"; request directives honoured by private caches only;
 *   an explicit stale window beside `s-maxage` respected; Cache-Control alone counts; no default freshness or windows;
 *   strict selection, but loose with profile "rfc"; parts are stored; heuristics, and a stale response while the origin is
 *   lost, only with profile "rfc"; private caches process bodies; validators kept for a day
 */
export function cacheRules(options: RuleOptions): CacheRules {
  const selecting = options.profile === "rfc" ? looseSelecting : strictSelecting;
  return plainRules({ selecting, parts: storedParts, ...options });
}

/**
 * As {@link cacheRules}, for a cache that carries no code which it does not need: unless told otherwise selecting fields
 * are compared letter by letter, and no parts are stored.
 */
export function plainRules({
  shared,
  profile = "safe",
  requestDirectives = !shared,
  strictSMaxage = false,
  selecting = exactSelecting,
  parts,
  policy = ownPolicy,
  heuristic = profile === "rfc",
  defaultLifetime = 0,
  defaultStaleWhileRevalidate = 0,
  defaultStaleIfError = 0,
  disconnectedStale = profile === "rfc" ? DAY : 0,
  processedBodies = !shared,
  keep = DAY,
}: RuleOptions): CacheRules {
  return {
    shared,
    profile,
    requestDirectives,
    strictSMaxage,
    selecting,
    parts,
    policy,
    heuristic,
    defaultLifetime,
    defaultStaleWhileRevalidate,
    defaultStaleIfError,
    disconnectedStale,
    processedBodies,
    keep,
  };
}
