import type { CacheEvent } from "../src/index.ts";

/**
 * What the browser's cache reports: what every cache does, and what happens to a disk that is not its own.
 * A failing read or write on disk is a `store-error` of the store `disk`. None of it fails a fetch.
 */
export type ApiCacheEvent =
  | CacheEvent
  /** IndexedDB is missing, forbidden or did not open in time: from here on memory alone is used. Comes at most once. */
  | { readonly type: "disk-unavailable"; readonly error: unknown }
  /** The browser gave no more room, also after the oldest entries had left: this entry stays in memory only. */
  | { readonly type: "quota-reached"; readonly key: string; readonly error: unknown }
  /** The least recently used entries left the disk, to keep it within its budget. */
  | { readonly type: "storage-evicted"; readonly entries: number; readonly bytes: number }
  /**
   * Purges are not told of as they happen: there is no connection, or what comes over it makes no sense. Reads ask the
   * feed, as they do without one. Comes once for an outage.
   */
  | { readonly type: "live-error"; readonly error: unknown }
  /**
   * The code that stores answers, which comes by itself, did not: they go to whoever asked as plain fetch gives them.
   * The next one tries again.
   */
  | { readonly type: "code-error"; readonly error: unknown }
  /** `partition` threw or gave no string: the request went to the network as if there were no cache. */
  | { readonly type: "partition-error"; readonly error: unknown };
