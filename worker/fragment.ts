import type { Context } from "hono";
import { createContext, jsx, useContext, type Child } from "hono/jsx";
import { RequestContext } from "hono/jsx-renderer";
import { HtmlEscapedCallbackPhase, raw, resolveCallback, type HtmlEscapedString } from "hono/utils/html";
import { cannot, type Cache, type Keeping, type Schema } from "../src/index.ts";
import { fragmentKey, type FragmentKeyPart, type FragmentVary } from "./fragment-key.ts";

/** What {@link Cached} takes; how long it keeps the fragment is said as for `getOrSet`. */
export interface CachedProps extends Keeping {
  /**
   * What the fragment is kept under: all that it shows must follow from it. With the instant of the last change in it no purge is
   * needed: `["card", post.id, post.updatedAt]`. It is not called `key`, which JSX keeps to itself.
   */
  readonly cacheKey: string | readonly FragmentKeyPart[];
  /** By which purges find it, and all fragments around it. @defaultValue none */
  readonly tags?: readonly string[];
  /** Request fields, or values by name, by which it differs: `["accept-language", { theme }]`. @defaultValue none */
  readonly vary?: readonly FragmentVary[];
  /** @defaultValue that of the fragment around it, or `c.var.cache` of the request that `jsxRenderer` renders for */
  readonly cache?: Cache;
  /** Makes the fragment. A function, so that nothing is rendered where it is kept. */
  readonly children: () => Child;
}

/** A fragment as it is kept. */
interface Kept {
  readonly html: string;
  /** Its own, and those of the fragments in it. */
  readonly tags: readonly string[];
}

/** What a fragment is rendered in. */
interface Surroundings {
  readonly cache: Cache;
  readonly context: Context | undefined;
  /** The keys of the fragments around what is rendered, and its own. */
  readonly keys: readonly string[];
  addTags(tags: readonly string[]): void;
}

const Around = createContext<Surroundings | undefined>(undefined);

/**
 * Keeps a rendered part of a page: `<Cached cacheKey={["card", id, updatedAt]} ttl="15m">{() => <Card id={id} />}</Cached>`.
 *
 * - What is kept in memory is there at once, with no promise. Of requests that miss at once one renders, for all.
 * - Fragments stand in fragments. One carries the tags of all those in it, so that a purge finds it too.
 * - What fails to render is not kept; its error reaches whoever renders the page.
 * - Inside it only `useRequestContext()` may be relied on; what else it shows comes as props and stands in its key.
 *
 * @throws {TypeError} if a prop makes no sense, or there is no cache
 */
export function Cached(props: CachedProps): HtmlEscapedString | Promise<HtmlEscapedString> {
  const { cacheKey, vary = [], tags = [], cache: own, children, ...keeping } = props;
  if (typeof children !== "function")
    throw new TypeError(cannot("cache a fragment", "its child must be a function that makes it", children));
  const around = useContext(Around);
  const context = useContext(RequestContext) ?? around?.context;
  const cache = own ?? around?.cache ?? cacheOf(context);
  const key = fragmentKey(cacheKey, vary, context?.req);
  const name = JSON.stringify(key);
  if (around?.keys.includes(name)) return rendered(children, around).then((html) => raw(html)); // It would wait for itself.

  const handOut = (kept: Kept): HtmlEscapedString => {
    around?.addTags(kept.tags);
    return raw(kept.html);
  };
  const near = cache.peek(key);
  if (isKept(near)) return handOut(near);
  const render = async (): Promise<Kept> => {
    const all = new Set(tags);
    const html = await rendered(children, {
      cache,
      context,
      keys: [...(around?.keys ?? []), name],
      addTags: (more) => more.forEach((tag) => all.add(tag)),
    });
    return { html, tags: [...all] };
  };
  return cache
    .getOrSet(key, render, { errorTtl: 0, ...keeping, schema, tags: (kept) => kept.tags })
    .then(handOut);
}

async function rendered(children: () => Child, around: Surroundings): Promise<string> {
  const { context } = around;
  const fragment = jsx(
    Around.Provider,
    { value: around },
    jsx(() => children(), {}),
  );
  const node = context ? jsx(RequestContext.Provider, { value: context }, fragment) : fragment;
  // What would follow in a stream, such as the child of a Suspense, is waited for.
  const html = await resolveCallback(await node.toString(), HtmlEscapedCallbackPhase.Stringify, false, {});
  return String(html); // Where something was awaited it is an object.
}

function cacheOf(context: Context | undefined): Cache {
  const cache: unknown = context?.get("cache");
  if (typeof cache === "object" && cache !== null && "getOrSet" in cache && "peek" in cache)
    return cache as Cache; // Only caches of values have both.
  throw new TypeError(
    "Cannot cache a fragment: there is no cache; use valueCache() and jsxRenderer() on the route, or the prop cache",
  );
}

function isKept(value: unknown): value is Kept {
  return (
    typeof value === "object" &&
    value !== null &&
    "html" in value &&
    typeof value.html === "string" &&
    "tags" in value &&
    Array.isArray(value.tags)
  );
}

/** What stands under the key and is no fragment is a miss. */
const schema: Schema<Kept> = {
  "~standard": {
    version: 1,
    vendor: "tidemark",
    validate: (value) =>
      isKept(value) ? { value } : { issues: [{ message: "it is no rendered fragment" }] },
  },
};
