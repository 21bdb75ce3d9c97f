import { CONDITIONAL_FIELDS, requestDirectives, type FieldReader, type RequestFacts } from "../src/index.ts";

/** What a look at what is stored needs of a request. */
export interface Sought {
  /** The request's URL without its fragment. */
  readonly url: string;
  /** The key of its stored responses. */
  readonly resource: string;
  readonly facts: RequestFacts;
  /** `cache: "reload"`: nothing stored may answer. */
  readonly isReload: boolean;
}

/** A request that the cache may answer, with what the decisions need of it. */
export interface CacheableRequest extends Sought {
  readonly request: Request;
  /** Its answer depends on a token: only memory keeps it unless a partition stands for the user. */
  readonly hasToken: boolean;
  readonly isSameOrigin: boolean;
  /** `only-if-cached`: the network is not to be asked, not even in the background. */
  readonly isOffline: boolean;
  /** What is stale answers only if the network has been asked, or cannot be. */
  readonly isPatient?: boolean;
}

/** Fields that make an answer depend on what the caller has: such a request is between the caller and the network. */
const OWN_CONDITIONS: readonly string[] = [...CONDITIONAL_FIELDS, "if-match", "if-unmodified-since"];

/** What `init.cache` asks for, in the words of Cache-Control: one set of rules decides on both. */
const DIRECTIVES: Readonly<Partial<Record<RequestCache, string>>> = {
  "no-cache": "no-cache",
  "force-cache": "max-stale",
  "only-if-cached": "only-if-cached, max-stale",
};

const NO_HEADERS: FieldReader = { get: () => null };

/** The credentials by which one URL's answers differ: with or without cookies, with or without a token. */
const ACCESSES = ["open", "cookies", "token", "cookies+token"] as const;

/**
 * Reads a request as one for the cache; `undefined` for what goes straight to the network: `no-store`, requests with
 * conditions or ranges of their own, with `integrity`, or in a mode whose answers scripts cannot read.
 */
export function cacheable(request: Request, ownOrigin: string): CacheableRequest | undefined {
  const { headers, cache, mode, credentials } = request;
  const url = withoutFragment(request.url);
  if (!/^https?:/.test(url) || cache === "no-store" || request.integrity !== "") return undefined;
  if (mode !== "cors" && mode !== "same-origin") return undefined;
  if (OWN_CONDITIONS.some((name) => headers.has(name))) return undefined;

  const isSameOrigin = new URL(url).origin === ownOrigin;
  const hasToken = headers.has("authorization");
  const hasCookies = credentials === "include" || (credentials === "same-origin" && isSameOrigin);
  const access = ACCESSES[(hasCookies ? 1 : 0) + (hasToken ? 2 : 0)] ?? "open";
  const facts = { method: request.method, url, headers: decisive(headers, DIRECTIVES[cache]) };
  return {
    request,
    url,
    resource: resourceKey(access, url),
    facts,
    hasToken,
    isSameOrigin,
    isReload: cache === "reload",
    isOffline: requestDirectives(facts.headers.get("cache-control")).onlyIfCached,
  };
}

/** Requests of which nothing but the URL is known, by what they were asked for with: making a Request is dear. */
const plain = new Map<string, Sought>();
const MOST_PLAIN = 500;
let plainBase: string | undefined;

/** What `fetch(url)` asks for; `undefined` if that is not for the cache to say. */
export function plainly(input: string): Sought | undefined {
  // What a relative URL means changes with the page's address.
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (base !== plainBase || plain.size >= MOST_PLAIN) plain.clear();
  plainBase = base;
  const known = plain.get(input);
  if (known !== undefined) return known;
  const parsed = URL.canParse(input, base) ? new URL(input, base) : undefined;
  // Fetch refuses credentials.
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return undefined;
  if (parsed.username + parsed.password !== "") return undefined;
  const url = withoutFragment(parsed.href);
  const access = parsed.origin === globalThis.origin ? "cookies" : "open";
  const facts = { method: "GET", url, headers: decisive(NO_HEADERS, undefined) };
  const sought = { url, resource: resourceKey(access, url), facts, isReload: false };
  plain.set(input, sought);
  return sought;
}

/** The same request, for what the origin confirms now. */
export function unconfirmed(asked: CacheableRequest): CacheableRequest {
  return { ...asked, facts: { ...asked.facts, headers: decisive(asked.request.headers, "no-cache") } };
}

/** The keys of all that may be stored for a URL. */
export function resourceKeys(url: string): readonly string[] {
  return ACCESSES.map((access) => resourceKey(access, withoutFragment(url)));
}

function resourceKey(access: string, url: string): string {
  return `${access} ${url}`;
}

/**
 * The fields that decide on reuse: those of the request, and what the cache mode adds. Of what the browser itself adds
 * on the way, a page can only know Accept-Language; all else that the caller did not set counts as absent.
 */
function decisive(headers: FieldReader, directive: string | undefined): FieldReader {
  return {
    get(name) {
      const value = headers.get(name);
      const lower = name.toLowerCase();
      if (lower === "cache-control" && directive !== undefined)
        return value === null ? directive : `${directive}, ${value}`;
      if (lower === "accept-language") return value ?? navigator.languages.join(",");
      return value;
    },
  };
}

/** The URL that is asked for: a fragment stays with the page. */
export function withoutFragment(url: string): string {
  const hash = url.indexOf("#");
  return hash < 0 ? url : url.slice(0, hash);
}
