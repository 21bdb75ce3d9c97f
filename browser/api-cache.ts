import { TOKEN_FIELD, cannot, isSafeMethod, report, withDeadline } from "../src/index.ts";
import { background } from "./background.ts";
import { readOptions, type ApiCacheOptions } from "./options.ts";
import { untilAborted } from "./outgoing.ts";
import type { ApiCache } from "./api-types.ts";
import { openPartition, type Partition } from "./partition.ts";
import { cacheable, withoutFragment, type CacheableRequest } from "./request.ts";
import { noCounts } from "./stats.ts";
import { subscriptions } from "./subscriptions.ts";

type CoreApi = Pick<ApiCache, "fetch" | "onChange" | "clear" | "stats" | "close">;

const CLOSE_WITHIN_SECONDS = 2;

/**
 * Makes a cache for API calls: a memory in front of IndexedDB, in front of the network. Opens its database at once;
 * without one it works from memory.
 *
 * @throws {TypeError} if an option has the wrong shape
 * @throws {RangeError} if an option is out of range
 */
export function createApiCache(options: ApiCacheOptions = {}): CoreApi {
  const settings = readOptions(options);
  const { network, onEvent } = settings;
  const counts = noCounts();
  const watchers = subscriptions();
  const work = background();
  let current: Partition | undefined;
  let isClosed = false;

  /** The partition of the user of this moment; another user's is let go. `undefined` = nobody can tell whose it is. */
  function partition(): Partition | undefined {
    if (isClosed) return undefined;
    const user = readUser();
    if (user === undefined) return undefined;
    if (current === undefined || current.name !== user.name) {
      current?.close();
      current = openPartition(user.name, { settings, counts, watchers, work });
    }
    return current;
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
  function read(input: RequestInfo | URL, init: RequestInit | undefined): CacheableRequest | undefined {
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

  partition();
  return {
    async fetch(input, init) {
      const method = methodOf(input, init);
      if (!isSafeMethod(method)) return change(input, init);
      const asked = method === "GET" || method === "HEAD" ? read(input, init) : undefined;
      const place = asked && partition();
      if (asked === undefined || place === undefined) return network(input, init);
      asked.request.signal.throwIfAborted();
      return untilAborted(place.answer(asked), asked.request.signal);
    },
    onChange(url, callback) {
      const target = targetOf(url);
      if (target === undefined)
        throw new TypeError(cannot("watch a URL", "it needs an http or https URL", url));
      const stop = watchers.add(target, callback);
      partition()?.watch(target);
      return stop;
    },
    async clear() {
      await partition()?.clear();
    },
    async stats() {
      return { ...counts, disk: (await current?.totals()) ?? { bytes: 0, entries: 0 } };
    },
    async close() {
      isClosed = true;
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
