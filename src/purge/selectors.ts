import { cannot } from "../errors.ts";
import { resourceKey } from "../key.ts";
import { plainlySpelt } from "../spelling.ts";
import { fingerprint } from "./fingerprint.ts";
import { MAX_PREFIX_DEPTH, type Selector } from "./ledger.ts";

/** A URL without its scheme, credentials and fragment, in the one spelling that selectors use. */
interface Resource {
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

/**
 * Every selector by which a purge of URLs finds the resource: its host, its path's ancestors, itself and its bucket.
 * The scheme plays no part. Together with one {@link tagSelector} per tag they are a mark's labels.
 *
 * @throws {TypeError} if it is not an absolute http or https URL
 */
export function urlLabels(url: string): readonly Selector[] {
  const resource = parseResource(url);
  if (resource === undefined)
    throw new TypeError(cannot("label a resource", "it needs an http or https URL", url));
  const { authority, path } = resource;
  const labels = [`host:${authority}`, `prefix:${authority}`];
  let ancestor = `prefix:${authority}`;
  for (const segment of segmentsOf(path).slice(0, MAX_PREFIX_DEPTH)) labels.push((ancestor += `/${segment}`));
  const own = selectorOf(resource);
  labels.push(own, bucketOf(own));
  return labels;
}

/**
 * Names one resource, in all its variants. Equal are URLs that differ in scheme, credentials, fragment,
 * the spelling of host and percent escapes, or the ports 80 and 443; the query counts as it stands.
 *
 * @returns `undefined` if it is not an absolute http or https URL
 */
export function urlSelector(url: string): Selector | undefined {
  const resource = parseResource(url);
  return resource && selectorOf(resource);
}

/**
 * What {@link urlSelector} names, for people to read: host, path and query, in the one spelling that is compared.
 *
 * @returns `undefined` if it is not an absolute http or https URL
 */
export function urlName(url: string): string | undefined {
  const resource = parseResource(url);
  return resource && resource.authority + resource.path + resource.query;
}

/**
 * Names all resources at and below a path, given as `host` or `host/path`. Only whole segments match:
 * `example.com/a` covers `/a`, `/a/` and `/a/b`, not `/ab`. Repeated and trailing slashes do not count.
 *
 * @returns `undefined` if it has no readable host, or has a query, a fragment or credentials
 */
export function prefixSelector(prefix: string): Selector | undefined {
  const read = readHostAndPath(prefix);
  return read && `prefix:${[read.authority, ...read.segments.slice(0, MAX_PREFIX_DEPTH)].join("/")}`;
}

/**
 * Reads `host` or `host/path` in the one spelling that selectors use, repeated and trailing slashes left out.
 *
 * @returns `undefined` if it has no readable host, or has a query, a fragment or credentials
 */
export function readHostAndPath(
  text: string,
): { readonly authority: string; readonly segments: readonly string[] } | undefined {
  const [host = "", ...rest] = text.split("/");
  const authority = /[?#]/.test(text) ? undefined : readAuthority(host);
  if (authority === undefined) return undefined;
  const resource = parseResource(`http://${authority}/${rest.join("/")}`);
  return resource && { authority: resource.authority, segments: segmentsOf(resource.path) };
}

/**
 * Names all resources of a host, which carries its port unless that is 80 or 443.
 *
 * @returns `undefined` if it is not a host
 */
export function hostSelector(host: string): Selector | undefined {
  const authority = readAuthority(host);
  return authority && `host:${authority}`;
}

/**
 * Names all responses of a group, which is one of its origin's alone (RFC 9875, 2). Names of groups are equal if they are
 * the same characters in the same case. A fingerprint: what they say is the site's business.
 *
 * @param url any URL of that origin
 */
export function groupSelector(url: string, group: string): Selector {
  const { protocol, host } = new URL(resourceKey(url));
  return `group:${fingerprint(`${protocol}//${host}|${group}`)}`;
}

/**
 * The one spelling of a host that selectors use: lower case, as ASCII, without a trailing dot and
 * without the ports 80 and 443.
 *
 * @returns `undefined` for anything but `host` or `host:port`
 */
export function readAuthority(host: string): string | undefined {
  if (!/^[^\s/\\?#@]*[^\s/\\?#@:]$/.test(host)) return undefined;
  return parseResource(`http://${host}/`)?.authority;
}

function parseResource(url: string): Resource | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname, search } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  const authority = host.replace(/:(?:80|443)$/, "").replace(/(?<=[^.])\.(?=$|:)/, "");
  if (authority === "" || authority.startsWith(":")) return undefined;
  return { authority, path: plainlySpelt(pathname), query: plainlySpelt(search) };
}

/** A fingerprint: the ledger is read by many, and a URL may hold what is nobody else's business. */
function selectorOf({ authority, path, query }: Resource): Selector {
  return `url:${fingerprint(authority + path + query)}`;
}

/**
 * The bucket of a `url` selector, one of 1,296. A ledger that has no room for each URL purges their buckets instead: that
 * costs a few misses, and lets nobody empty the cache by changing many things.
 */
export function bucketOf(urlSelector: Selector): Selector {
  return `bucket:${urlSelector.slice(-2)}`;
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}
