import {
  TOKEN_FIELD,
  cannot,
  isSafeMethod,
  report,
  toSeconds,
  withDeadline,
  type Seconds,
} from "../src/index.ts";
import { background } from "./background.ts";
import { readOptions, type ApiCacheOptions } from "./options.ts";
import { untilAborted } from "./outgoing.ts";
import type { ApiCache, MutateOptions, ResourceState } from "./api-types.ts";
import { lazily } from "./lazily.ts";
import { overlays } from "./overlays.ts";
import { readTarget } from "./local-purge.ts";
import { values } from "./values.ts";
import { openPartition, type Partition } from "./partition.ts";
import { cacheable, withoutFragment, type CacheableRequest } from "./request.ts";
import { noCounts } from "./stats.ts";
import { subscriptions } from "./subscriptions.ts";

const CLOSE_WITHIN_SECONDS = 2;
const SHORTEST_INTERVAL: Seconds = 0.01;

/**
 * Makes a cache for API calls: a memory in front of IndexedDB, in front of the network. Opens its database at once;
 * without one it works from memory.
 *
 * @throws {TypeError} if an option has the wrong shape
 * @throws {RangeError} if an option is out of range
 */
export function createApiCache(options: ApiCacheOptions = {}): ApiCache {
  const settings = readOptions(options);
  const { network, onEvent } = settings;
  const counts = noCounts();
  const watchers = subscriptions();
  const work = background();
  const shown = overlays();
  let current: Partition | undefined;
  let isClosed = false;

  /** The partition of the user of this moment; another user's is let go. `undefined` = nobody can tell whose it is. */
  function partition(): Partition | undefined {
    if (isClosed) return undefined;
    const user = readUser();
    if (user === undefined) return undefined;
    if (current?.name !== user.name || current === undefined) {
      const before = current;
      current = openPartition(user.name, { settings, counts, watchers, work });
      before?.close();
      if (before !== undefined) forgetUser();
    }
    return current;
  }

  /** What is shown of one user's is not shown to the next. */
  function forgetUser(): void {
    shown.clear();
    watchers.tellAll("cleared");
  }

  function readUser(): { readonly name: string | undefined } | undefined {
    if (settings.partition === undefined) return { name: undefined };
    try {
      const name: unknown = settings.partition();
      if (typeof name === "string") return { name };
      throw new TypeError(cannot("tell the partition", "the function must return a string", name));
    } catch (error) {
      report(onEvent, { type: "partition-error", error });
      return undefined;
    }
  }

  /** What the cache may answer; `undefined` also for what is no request at all: plain fetch says so best. */
  function read(input: RequestInfo | URL, init?: RequestInit): CacheableRequest | undefined {
    try {
      return cacheable(new Request(input, init), globalThis.origin);
    } catch {
      return undefined;
    }
  }

  /** RFC 9111, 4.4: an unsafe method that did not fail makes what is stored for its target invalid. */
  async function change(input: RequestInfo | URL, init: RequestInit | undefined): Promise<Response> {
    // Whose entries it changes is settled when it is asked for: the user may be another by the time of the answer.
    const asker = partition();
    const response = await network(input, init);
    // An opaque answer has the status 0: it may have been a success.
    const mayHaveChanged = response.status === 0 || (response.status >= 200 && response.status < 400);
    const target = mayHaveChanged ? targetOf(input) : undefined;
    if (target === undefined) return response;
    // Another origin's ledger is not ours.
    const token = new URL(target).origin === globalThis.origin ? response.headers.get(TOKEN_FIELD) : null;
    const now = partition();
    await asker?.changed(target, token);
    if (now !== asker) await now?.changed(target, token);
    return response;
  }

  async function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const method = methodOf(input, init);
    if (!isSafeMethod(method)) return change(input, init);
    const asked = method === "GET" || method === "HEAD" ? read(input, init) : undefined;
    const place = asked && partition();
    if (asked === undefined || place === undefined) return network(input, init);
    asked.request.signal.throwIfAborted();
    return untilAborted(place.answer(asked), asked.request.signal);
  }

  const answers = values({ partition, read, fetch, overlays: shown, counts });
  const more = lazily({ ...answers, partition, fetch, overlays: shown, watchers });

  /** A request that what is shown can depend on. */
  function readShown(doing: string, input: RequestInfo | URL): CacheableRequest {
    const asked = read(input);
    if (asked?.facts.method === "GET") return asked;
    throw new TypeError(cannot(doing, "it needs a GET request for an http or https URL", input));
  }

  partition();
  return {
    fetch,
    // What a response holds is the caller's to say.
    json: answers.json as ApiCache["json"],
    peek: answers.peek as ApiCache["peek"],
    subscribe(input, callback, subscribing = {}) {
      const asked = readShown("subscribe", input);
      if (
        subscribing.interval !== undefined &&
        toSeconds(subscribing.interval, "interval") < SHORTEST_INTERVAL
      )
        throw new RangeError(
          cannot("read interval", "it must be 0.01 seconds or more", subscribing.interval),
        );
      // As with `json`, the caller says what it is.
      return more.join(asked, callback as (state: ResourceState) => void, subscribing);
    },
    onChange(url, callback) {
      const target = targetOf(url);
      if (target === undefined)
        throw new TypeError(cannot("watch a URL", "it needs an http or https URL", url));
      const stop = watchers.add(target, callback);
      partition()?.watch(target);
      return stop;
    },
    async mutate<T>(
      input: RequestInfo | URL,
      updater: (old: T | undefined) => T,
      { commit }: MutateOptions = {},
    ): Promise<T> {
      const asked = readShown("mutate", input);
      const update = updater as (old: unknown) => unknown; // Of the same resource.
      const layer = shown.add(asked.resource, answers.heldNow(asked)?.value, update);
      let isKnown = false;
      const stop = watchers.add(asked.url, ({ reason }) => (isKnown ||= reason === "changed"));
      const make = async (): Promise<unknown> =>
        typeof commit === "function" ? commit() : commit && fetch(asked.url, commit);
      const work = make().finally(stop);
      work.catch(() => undefined); // Heard of below, but perhaps later.
      return (await more.settle({ layer, asked, work, isKnown: () => isKnown })) as T; // The updater's, or the server's.
    },
    prefetch: (inputs, how = {}) => more.prefetch(inputs, how),
    async purge(target) {
      const place = partition();
      const { selectors, urls } = readTarget(target);
      if (place === undefined) return;
      if (selectors.length > 0) place.forget(selectors);
      const drops = urls.map((url) => place.drop(url));
      if (selectors.length > 0) await more.keepForgotten(place.database, place.forgotten.all());
      await Promise.all(drops);
    },
    dehydrate: () => partition()?.dehydrate() ?? { at: settings.clock(), responses: [] },
    seed: (dehydrated) => partition()?.seed(dehydrated) ?? 0,
    async clear() {
      shown.clear();
      await partition()?.clear();
    },
    async stats() {
      return { ...counts, disk: (await current?.totals()) ?? { bytes: 0, entries: 0 } };
    },
    async close() {
      isClosed = true;
      more.close();
      // A fetch that hangs must not keep the database open.
      await withDeadline(work.settled(), CLOSE_WITHIN_SECONDS, "finishing what is under way").catch(
        () => undefined,
      );
      current?.close();
    },
  };
}

function methodOf(input: RequestInfo | URL, init: RequestInit | undefined): string {
  const method = init?.method ?? (input instanceof Request ? input.method : "GET");
  const upper = method.toUpperCase();
  // Fetch writes these in upper case, and leaves all others as they are.
  return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].includes(upper) ? upper : method;
}

/** The URL that a request is for, without its fragment; `undefined` if it is not of the web. */
function targetOf(input: RequestInfo | URL): string | undefined {
  const { url } = input instanceof Request ? input : new Request(input);
  return /^https?:/.test(url) ? withoutFragment(url) : undefined;
}
