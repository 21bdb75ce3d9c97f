import type { Duration, Seconds } from "../src/index.ts";
import type { Dehydrated } from "./dehydrated.ts";
import type { ApiCacheStats } from "./stats.ts";
import type { ResourceChange } from "./subscriptions.ts";

/** What a subscriber knows of a resource. */
export interface ResourceState<T = unknown> {
  /**
   * Deeply frozen, and the same object until there is another value. Stays while it is stale, being fetched anew, or
   * while a fetch has failed; goes with {@link ApiCache.clear} and when the partition becomes another.
   */
  readonly data: T | undefined;
  /**
   * - `pending`: there is nothing yet.
   * - `fresh`: `data` is what a fetch would give now.
   * - `stale`: it may be out of date: stale, purged or changed.
   * - `error`: the last fetch failed; `data` is what there was before.
   */
  readonly status: "pending" | "fresh" | "stale" | "error";
  /** How old `data` was when this was told; `undefined` where nobody can tell. */
  readonly age: Seconds | undefined;
  /** What the last fetch failed with: a {@link ResponseError}, or what `fetch` rejected with. */
  readonly error: unknown;
  /** Whether it was being fetched when this was told. A change of this alone is not told. */
  readonly isFetching: boolean;
}

export interface SubscribeOptions {
  /** Asks anew when the page gets the focus or is looked at again, if what there is is stale. @defaultValue true */
  readonly focus?: boolean;
  /** Asks anew when the network is back, if what there is is stale. @defaultValue true */
  readonly online?: boolean;
  /**
   * Asks anew about so often, whatever its freshness, as long as the page is visible. At least 0.01 seconds.
   *
   * @defaultValue none
   */
  readonly interval?: Duration;
}

export interface MutateOptions {
  /**
   * Makes the change: a function, which fails by rejecting or by resolving to a Response that is not ok; or what to
   * fetch the URL with, such as `{ method: "PUT", body }`.
   *
   * @defaultValue the change has been made already
   */
  readonly commit?: (() => Promise<unknown>) | RequestInit;
}

export interface PrefetchOptions {
  /** How many fetches are under way at once; a whole number from 1. @defaultValue 4 */
  readonly concurrency?: number;
}

/** What {@link ApiCache.purge} forgets. Several members add up. */
export interface LocalPurge {
  /** Tags as responses name them in `Cache-Tag`, or as `defaults.tags` does. */
  readonly tags?: readonly string[];
  /** URLs with their query, as they were fetched; relative ones are the page's. */
  readonly urls?: readonly (string | URL)[];
  readonly everything?: true;
}

/** A private HTTP cache under the page's own control. */
export interface ApiCache {
  /**
   * As the page's `fetch`, answered from what is stored where RFC 9111 lets a private cache do so. `Cache-Status` of
   * the answer tells what was done. Rejects only where plain fetch would have.
   *
   * `force-cache` means `max-stale`: what a response forbids stays forbidden. `only-if-cached` asks nobody: it is
   * answered 504 where nothing stored will do. Other methods than GET and HEAD go to the network as they come, and
   * make what is stored for their URL invalid if they succeed.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * The JSON of what {@link ApiCache.fetch} would answer, parsed once for each stored response and kept beside it in
   * memory. Deeply frozen, and the same object for as long as the stored body is the same, a 304 included.
   *
   * @throws {ResponseError} if the status is not one of 200 to 299
   * @throws {SyntaxError} if the body is no JSON
   * @throws what `fetch` rejects with
   */
  json<T = unknown>(input: RequestInfo | URL, init?: RequestInit): Promise<T>;
  /**
   * What `json` would resolve to, at once: the same object, if memory has it and it may be reused without asking
   * (fresh or within `stale-while-revalidate`) by the purges heard of so far. `undefined` otherwise. Asks nobody.
   */
  peek<T = unknown>(input: RequestInfo | URL): T | undefined;
  /**
   * Keeps a page up to date about what `json` gives for a URL: calls back at once, and then whenever data, status or
   * error become others. Fetches what is not there or stale, again after each purge and each change that the page hears
   * of, and as the options say; one fetch for all subscribers of a URL. Not called again once ended.
   *
   * @returns what ends it
   * @throws {TypeError} if it is no GET request for an http or https URL that may be cached, or an option has the wrong shape
   * @throws {RangeError} if an option is out of range
   */
  subscribe<T = unknown>(
    input: RequestInfo | URL,
    callback: (state: ResourceState<T>) => void,
    options?: SubscribeOptions,
  ): () => void;
  /**
   * Calls back when what is or would be stored for a URL may have become another: a purge that the page has heard of
   * covers it, this or another tab has changed it, or brought a newer response. A fetch made then does not get the
   * old one. Without `purges.live` purges are heard of when something is read.
   *
   * @returns what ends it
   * @throws {TypeError} if it is not an http or https URL
   */
  onChange(url: string | URL, callback: (change: ResourceChange) => void): () => void;
  /**
   * Shows a change before it is made: `json`, `peek` and subscribers of this page get what the updater makes of the value
   * at once; `fetch`, the disk and other tabs do not. Then commits it and asks anew: what the server says takes the place
   * of the updater's word as soon as it is there. Several for one URL stack in order, and each is undone alone.
   *
   * @param updater pure; called again whenever what is below it changes. Its result gets deeply frozen
   * @returns what `json` gives once the change is made and the answer there; what was shown, if asking anew fails
   * @throws what the commit failed with; nothing of the change is shown from then on
   */
  mutate<T = unknown>(
    input: RequestInfo | URL,
    updater: (old: T | undefined) => T,
    options?: MutateOptions,
  ): Promise<T>;
  /**
   * Fetches what will be wanted, with low priority where the browser has such a thing, and leaves alone what is fresh.
   * Resolves when all of it is there or has failed: no fetch that fails makes it reject.
   *
   * @throws {RangeError} (rejects) if an option is out of range
   */
  prefetch(inputs: Iterable<RequestInfo | URL>, options?: PrefetchOptions): Promise<void>;
  /**
   * Forgets, in all tabs of this browser, what the current partition has stored: never reused from then on, not even while
   * there is no network. Tags cost the same however much is stored. In this tab it is done when the call returns,
   * durable and told to the other tabs when it resolves. Tells nobody beyond this browser.
   *
   * @throws {TypeError} (rejects) if the target has the wrong shape
   */
  purge(target: LocalPurge): Promise<void>;
  /**
   * What memory holds, for JSON: text of GET responses that a shared cache might have kept too. Left out is what is
   * `private`, asked for with a token, or differs by cookies.
   */
  dehydrate(): Dehydrated;
  /**
   * Takes in what `dehydrate` made, from another page or from a server: `peek` knows it at once. Ages count on. Nothing
   * takes the place of what is newer, and whatever is not sound is left out. Kept in memory only.
   *
   * @returns how many responses were taken in
   */
  seed(dehydrated: unknown): number;
  /** Forgets everything of the current partition, in memory and on disk; what is being fetched is not kept either. */
  clear(): Promise<void>;
  /** What was done so far, and what is on disk. Never rejects. */
  stats(): Promise<ApiCacheStats>;
  /** Waits for what is under way, two seconds at the most, and lets go of the database. From then on `fetch` is plain fetch. */
  close(): Promise<void>;
}
