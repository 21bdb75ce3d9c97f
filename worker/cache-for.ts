import type { Context, Env, Input, MiddlewareHandler } from "hono";
import { cannot, isTag, isToken, parseTags, toSeconds, type Duration } from "../src/index.ts";

/** How long a response is kept. */
interface Lifetime {
  /** How long the edge serves the response without asking the handler. */
  readonly ttl: Duration;
  /** The same for browsers, which no purge of the edge reaches. @defaultValue 0: they ask the edge each time */
  readonly browserTtl?: Duration;
  /** How long past its ttl the edge may serve the response while the handler makes the next (RFC 5861, 3). @defaultValue none */
  readonly staleWhileRevalidate?: Duration;
  /** How long past its ttl it may stand in for a handler that fails (RFC 5861, 4). @defaultValue none */
  readonly staleIfError?: Duration;
}

/** Options of {@link cacheFor}. */
export interface CacheForOptions<
  E extends Env = Env,
  P extends string = string,
  I extends Input = Record<never, never>,
> extends Lifetime {
  /** Request fields by which the response differs, such as `accept-language`. @defaultValue none */
  readonly vary?: readonly string[];
  /** By which purges find the response. @defaultValue none */
  readonly tags?: readonly string[] | ((context: Context<E, P, I>) => readonly string[]);
}

/** Fields by which a handler says for itself what caches are to do. */
const OWN_WORD = [
  "cache-control",
  "expires",
  "cdn-cache-control",
  "tidemark-cdn-cache-control",
  "surrogate-control",
];

/** Statuses besides 2xx that say something lasting. */
const LASTING: ReadonlySet<number> = new Set([301, 308]);

/**
 * Says for a route how its responses are cached, in the fields that an edge cache in front goes by:
 * `app.get("/posts/:id", cacheFor({ ttl: "15m", tags: (c) => [`post:${c.req.param("id")}`] }), handler)`.
 *
 * A handler's own word counts: where it has set Cache-Control, Expires or a targeted field, only Vary and Cache-Tag are
 * added to. Nothing is said of errors and other statuses than 2xx, 301 and 308, of responses with Set-Cookie, and of
 * answers to requests with Authorization: they are not stored. Neither is a response whose tags no field can carry, whatever
 * its handler says: no purge would find it.
 *
 * @throws {TypeError | RangeError} if an option makes no sense
 */
export function cacheFor<E extends Env, P extends string, I extends Input>(
  options: CacheForOptions<E, P, I>,
): MiddlewareHandler<E, P, I> {
  const { vary = [], tags = [] } = options;
  const lifetime = lifetimeFields(options);
  for (const name of vary) {
    if (!isToken(name) || name === "*")
      throw new TypeError(cannot("use vary", "it must list names of request fields", name));
  }
  if (typeof tags !== "function" && tagField(tags) === undefined)
    throw new TypeError(cannot("use tags", "each must be a tag that a field can carry", tags.join(", ")));

  return async function cacheFor(context, next) {
    await next();
    if (vary.length > 0) context.header("vary", merged(context.res.headers.get("vary"), vary));
    if (!isCacheable(context)) return;
    const field = tagField(typeof tags === "function" ? tags(context) : tags);
    if (field === undefined) {
      context.header("cdn-cache-control", "no-store"); // No purge would find it.
      return;
    }
    if (field !== "") context.header("cache-tag", field, { append: true });
    if (OWN_WORD.some((name) => context.res.headers.has(name))) return;
    for (const [name, value] of lifetime) context.header(name, value);
  };
}

function isCacheable({ req, res, error }: Context): boolean {
  const isRead = req.method === "GET" || req.method === "HEAD";
  const isLasting = res.ok || LASTING.has(res.status);
  const isForOne = res.headers.has("set-cookie") || req.header("authorization") !== undefined;
  return isRead && isLasting && !isForOne && error === undefined;
}

/**
 * Cache-Control tells every shared cache. Windows past the ttl stand in a field that browsers do not heed, as they would take
 * them for their own.
 */
function lifetimeFields({
  ttl,
  browserTtl = 0,
  staleWhileRevalidate = 0,
  staleIfError = 0,
}: Lifetime): readonly (readonly [string, string])[] {
  const seconds = (duration: Duration, name: string): number => Math.floor(toSeconds(duration, name));
  const [edge, browser] = [seconds(ttl, "ttl"), seconds(browserTtl, "browserTtl")];
  const windows = [
    ["stale-while-revalidate", seconds(staleWhileRevalidate, "staleWhileRevalidate")],
    ["stale-if-error", seconds(staleIfError, "staleIfError")],
  ].flatMap(([name, length]) => (length === 0 ? [] : [`${name}=${length}`]));
  return [
    ["cache-control", `max-age=${browser}, s-maxage=${edge}`],
    ...(windows.length === 0
      ? []
      : [["cdn-cache-control", [`max-age=${edge}`, ...windows].join(", ")] as const]),
  ];
}

/** The tags as one field; `undefined` = it would not say what they are. */
function tagField(tags: readonly string[]): string | undefined {
  const field = tags.join(",");
  return tags.every(isTag) && parseTags(field)?.length === new Set(tags).size ? field : undefined;
}

function merged(said: string | null, names: readonly string[]): string {
  const known = new Set(said?.split(",").map((name) => name.trim().toLowerCase()));
  const more = known.has("*") ? [] : names.filter((name) => !known.has(name.toLowerCase()));
  return [...(said === null ? [] : [said]), ...more].join(", ");
}
