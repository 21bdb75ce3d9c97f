import {
  cacheRules,
  keySpace,
  ledgerView,
  memoryStore,
  resourceOf,
  responsePeek,
  responseStore,
  systemClock,
  targetedPolicy,
  tieredStore,
  toBytes,
  toSeconds,
  withAliases,
  type ByteSize,
  type CacheRules,
  type Clock,
  type Duration,
  type Fields,
  type KeySpace,
  type Ledger,
  type LedgerView,
  type OnEvent,
  type Seconds,
  type Selector,
  type Store,
  type Tier,
} from "../src/index.ts";
import { explain, type Explanation } from "./explain.ts";
import type { Evictions } from "./evictions.ts";
import { fillBudget } from "./fill.ts";
import type { ExchangeTools } from "./forwarding.ts";
import { requestHandler, type RequestHandler } from "./handle.ts";
import { recently } from "./recently.ts";
import { placeFinder } from "./place.ts";
import { routeFinder, type RequestOptions, type RouteOptions } from "./routes.ts";

export interface EdgeCacheOptions extends RequestOptions {
  /** Orders the purges. */
  readonly ledger: Ledger;
  /** Deletes what purges have made useless. @defaultValue it stays where it is, unserved, until its time is over */
  readonly evictions?: Evictions | undefined;
  /** Hot to cold. @defaultValue one memory store of 64 MB, called `hot` */
  readonly tiers?: readonly Tier[];
  /** @defaultValue `{ prefix: "edge", version: 1 }` */
  readonly keys?: KeySpace;
  /** What differs from the rules of a shared cache. */
  readonly rules?: Partial<Omit<CacheRules, "shared">>;
  /**
   * Fields that speak to this cache alone, the first valid one in place of Cache-Control and Expires (RFC 9213).
   *
   * @defaultValue `["Tidemark-CDN-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"]`
   */
  readonly targets?: readonly string[];
  /**
   * Those of the targets that speak to caches in front of this one too; the others go no further (RFC 9213, 3).
   *
   * @defaultValue with profile "rfc" `["CDN-Cache-Control"]`, otherwise none: no purge reaches a cache in front
   */
  readonly forwardTargets?: readonly string[];
  /** How requests for some paths are keyed; the first that fits counts. Over the same options for the whole cache, below. */
  readonly routes?: readonly RouteOptions[];
  /**
   * Whether `Cache-Groups` and `Cache-Group-Invalidation` count (RFC 9875). `false` where several parties that do not trust
   * each other answer under one origin. @defaultValue true
   */
  readonly groups?: boolean;
  /** How soon an acknowledged purge is effective: see `ledgerView`. @defaultValue "2s" */
  readonly bound?: Duration;
  /** How long reads go on while the ledger is out of reach: see `ledgerView`; not below `bound`. @defaultValue 60 s, or `bound` */
  readonly maxBlind?: Duration;
  /**
   * Selectors, such as `tag:price`, of what is not served at all while the ledger is out of reach for longer than `bound`.
   * @defaultValue none
   */
  readonly failClosed?: readonly Selector[];
  /** How long the origin may take until the header of its answer. @defaultValue "25s" */
  readonly originTimeout?: Duration;
  /** A longer body is sent on, not kept. @defaultValue "8mb" */
  readonly maxBodyBytes?: ByteSize;
  /** What the bodies on their way into the store may take together. @defaultValue "32mb" */
  readonly fillBytes?: ByteSize;
  /** This cache's name in Cache-Status, a token. @defaultValue "tidemark-edge" */
  readonly name?: string;
  readonly onEvent?: OnEvent;
  readonly clock?: Clock;
}

/** A shared HTTP cache in front of an origin, for one isolate. */
export interface EdgeCache {
  /** Answers a request from the store or from its origin. Never rejects because of store, ledger or origin. */
  readonly handle: RequestHandler;
  /** What a GET of a URL with these request fields would get now, and why. Changes nothing, and asks no origin. */
  explain(url: string, fields?: Fields): Promise<Explanation>;
  /** The URL under which what a URL names is kept: what makes no other resource is left out. */
  resourceOf(url: string): string;
  /** The fields that speak to this cache alone. */
  readonly targets: readonly string[];
  readonly ledger: Ledger;
  readonly view: LedgerView;
  readonly evictions: Evictions | undefined;
  /** When a purge is effective on every route, in seconds; `Infinity` = one of them promises nothing. */
  readonly bound: Seconds;
}

/**
 * Makes the cache. Make one per isolate: it holds the hot tier and the snapshot of the ledger.
 *
 * @throws {TypeError | RangeError} if an option cannot be used
 */
export function createEdgeCache(options: EdgeCacheOptions): EdgeCache {
  const {
    ledger,
    evictions,
    clock = systemClock,
    keys = { prefix: "edge", version: 1 },
    rules,
    targets = ["Tidemark-CDN-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"],
    forwardTargets = rules?.profile === "rfc" ? ["CDN-Cache-Control"] : [],
    routes = [],
    query,
    escapes,
    device,
    country,
    cookies,
    headers,
    consistency,
    failClosed = [],
    groups = true,
    bound = "2s",
    maxBlind = Math.max(60, toSeconds(bound, "bound")),
    originTimeout = "25s",
    maxBodyBytes = "8mb",
    tiers = [{ name: "hot", store: memoryStore({ maxBytes: "64mb", maxEntryBytes: "16mb", clock }) }],
    fillBytes = "32mb",
    name = "tidemark-edge",
    onEvent,
  } = options;
  const view = ledgerView({ ledger, bound, maxBlind, failClosed, clock, onEvent });
  const allRules = cacheRules({ policy: targetedPolicy(targets), ...rules, shared: true });
  const stores = { tiers: tieredStore(tiers, { clock, onEvent }), spaced: keySpace(keys), clock };
  const { spaced } = stores;
  const { selecting } = allRules;
  const routeOf = routeFinder(routes, { query, escapes, device, country, cookies, headers, consistency });
  const tools: ExchangeTools = {
    cache: { name, withheld: withheldFields(targets, forwardTargets) },
    rules: allRules,
    responses: withAliases(responseStore({ ...stores, selecting, onEvent }), {
      ...stores,
      peek: responsePeek({ peek: peekInto(tiers), spaced, selecting }),
    }),
    nearest: tiers[0]?.name ?? "",
    ledger,
    evictions,
    groups,
    view,
    budget: fillBudget(toBytes(fillBytes, "fillBytes")),
    maxBodyBytes: toBytes(maxBodyBytes, "maxBodyBytes"),
    routeOf,
    placeOf: placeFinder(routeOf, spaced),
    originTimeout: toSeconds(originTimeout, "originTimeout"),
    refusals: recently("1h", clock, 1_000),
    clock,
    onEvent,
  };
  return {
    handle: requestHandler(tools),
    explain: (url, fields = []) => explain(tools, url, fields),
    resourceOf: (url) => resourceOf(url, tools.routeOf(url)),
    targets,
    ledger,
    view,
    evictions,
    bound: Math.max(
      ...[{ consistency }, ...routes].map((route) => view.boundOf(route.consistency ?? "bounded")),
    ),
  };
}

function withheldFields(targets: readonly string[], forwarded: readonly string[]): ReadonlySet<string> {
  const meantForMore = new Set(forwarded.map((name) => name.toLowerCase()));
  return new Set(targets.map((name) => name.toLowerCase()).filter((name) => !meantForMore.has(name)));
}

/** What the nearest tier has in this isolate's own memory; a store that cannot tell at once has nothing there. */
function peekInto([nearest]: readonly Tier[]): NonNullable<Store["peek"]> {
  const store = nearest?.store;
  return (key, now) => store?.peek?.(key, now);
}
