import {
  cannot,
  isTag,
  keySpace,
  plainRules,
  systemClock,
  TAG_RULE,
  toBytes,
  toSeconds,
  type ByteSize,
  type CacheRules,
  type Clock,
  type Duration,
  type OnEvent,
  type Seconds,
} from "../src/index.ts";
import type { Budget } from "./disk/budget.ts";
import type { SealingKey } from "./disk/sealing.ts";
import type { ApiCacheEvent } from "./events.ts";

/** Options of `createApiCache`. */
export interface ApiCacheOptions {
  /**
   * Which cache this is, where a site has several: letters, digits, `.`, `_` and `-`.
   *
   * @defaultValue "api"
   */
  readonly name?: string;
  /**
   * The generation of what is stored, in the characters of `name`. Another version never reads this one's entries;
   * they are removed in idle time.
   *
   * @defaultValue 1
   */
  readonly version?: string | number;
  /**
   * Whose responses these are: each partition has a database of its own. Asked at each fetch. Answers to requests with
   * `Authorization` go to disk, and answers that vary by `Cookie` are reused without asking, only with a partition.
   *
   * @defaultValue one partition for all, which has no name
   */
  readonly partition?: () => string;
  /** The memory in front. */
  readonly memory?: {
    /** @defaultValue "10mb" */
    readonly maxBytes?: ByteSize;
  };
  /**
   * What may be on disk; `false` = nothing.
   */
  readonly disk?: DiskOptions | false;
  /** What counts where a response says nothing. What it says wins. */
  readonly defaults?: DefaultsOptions;
  readonly offline?: {
    /**
     * How long past its freshness a response may be shown while there is no network, unless it forbids that; and how
     * long to go on with the purges known last.
     *
     * @defaultValue "7d"
     */
    readonly maxStale?: Duration;
  };
  /**
   * Address of the edge's purge feed, such as "/_tidemark/purges". Nothing purged is shown once the bound has passed,
   * as long as the feed can be reached. With a `live` address beside it purges are heard of as they happen, too. The code
   * for it comes by `import()`; should it stay away, nothing stored is used.
   *
   * @defaultValue none: what is stored stays until it is stale
   */
  readonly purges?: string | PurgesOptions;
  /**
   * How old the knowledge of purges behind an answer may be; 0 asks the feed before each answer.
   *
   * @defaultValue "2s"
   */
  readonly bound?: Duration;
  /** Hears what the cache does and what fails in it; nothing of that fails a fetch. */
  readonly onEvent?: OnEvent<ApiCacheEvent>;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
  /** @defaultValue the page's `fetch` as it is when the cache is made */
  readonly fetch?: typeof globalThis.fetch;
}

export interface DiskOptions {
  /** @defaultValue "50mb" */
  readonly maxBytes?: ByteSize;
  /** @defaultValue 2_000 */
  readonly maxEntries?: number;
  /** A response above it is passed on, not kept. @defaultValue "5mb" */
  readonly maxEntryBytes?: ByteSize;
  /**
   * Seals what stands on disk, by AES-GCM: a key that may `encrypt` and `decrypt`, or a function that brings it when a
   * partition first needs it, and again where it has failed. What another key sealed, or none, is a miss and is removed.
   *
   * @defaultValue none: it stands there open
   */
  readonly key?: SealingKey;
}

export interface PurgesOptions {
  /** Address of the edge's purge feed, such as "/_tidemark/purges". */
  readonly feed: string;
  /**
   * Address of the edge's live purges, such as "/_tidemark/live": one connection for all tabs of a user. Where there is
   * none, reads ask the feed.
   *
   * @defaultValue none
   */
  readonly live?: string;
}

/** All default to 0, or to none. */
export interface DefaultsOptions {
  readonly ttl?: Duration;
  readonly staleWhileRevalidate?: Duration;
  readonly staleIfError?: Duration;
  readonly tags?: readonly string[];
}

/** Options as they are used: checked, with defaults, durations in seconds and sizes in bytes. */
export interface Settings {
  readonly name: string;
  readonly spaced: (key: string) => string;
  readonly partition: (() => string) | undefined;
  readonly memoryBytes: number;
  readonly disk:
    | (Budget & { readonly maxEntryBytes: number; readonly key: SealingKey | undefined })
    | undefined;
  readonly maxBodyBytes: number;
  readonly rules: CacheRules;
  readonly defaultTags: readonly string[];
  readonly maxStale: Seconds;
  readonly purges: { readonly feed: string; readonly live: string | undefined } | undefined;
  readonly bound: Seconds;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
  readonly clock: Clock;
  readonly network: typeof globalThis.fetch;
}

/**
 * Reads the options once.
 *
 * @throws {TypeError} if one has the wrong shape
 * @throws {RangeError} if one is out of range
 */
export function readOptions(options: ApiCacheOptions): Settings {
  const {
    name = "api",
    version = 1,
    partition,
    memory: { maxBytes: memoryBytes = "10mb" } = {},
    disk = {},
    defaults = {},
    offline: { maxStale = "7d" } = {},
    purges,
    bound = "2s",
    onEvent,
    clock = systemClock,
    fetch = globalThis.fetch.bind(globalThis),
  } = options;
  const inMemory = toBytes(memoryBytes, "memory.maxBytes");
  const onDisk = disk === false ? undefined : readDisk(disk);
  const offlineFor = toSeconds(maxStale, "offline.maxStale");
  const boundFor = toSeconds(bound, "bound");
  if (partition !== undefined && typeof partition !== "function") {
    throw new TypeError(cannot("read partition", "it must be a function", partition));
  }
  return {
    name,
    spaced: keySpace({ prefix: name, version }),
    partition,
    memoryBytes: inMemory,
    disk: onDisk,
    maxBodyBytes: Math.max(onDisk?.maxEntryBytes ?? 0, inMemory / 2),
    rules: readRules(defaults),
    defaultTags: readTags(defaults.tags ?? []),
    maxStale: offlineFor,
    purges: purges === undefined ? undefined : readPurges(purges),
    bound: boundFor,
    onEvent,
    clock,
    network: fetch,
  };
}

function readDisk({
  maxBytes = "50mb",
  maxEntries = 2_000,
  maxEntryBytes = "5mb",
  key,
}: DiskOptions): NonNullable<Settings["disk"]> {
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw new RangeError(cannot("read disk.maxEntries", "it must be a positive whole number", maxEntries));
  }
  if (key !== undefined && typeof key !== "function" && !(key instanceof CryptoKey)) {
    throw new TypeError(cannot("read disk.key", "it must be a CryptoKey or a function that brings one", key));
  }
  return {
    key,
    maxBytes: toBytes(maxBytes, "disk.maxBytes"),
    maxEntries,
    maxEntryBytes: toBytes(maxEntryBytes, "disk.maxEntryBytes"),
  };
}

function readPurges(purges: string | PurgesOptions): NonNullable<Settings["purges"]> {
  const { feed, live } = typeof purges === "string" ? { feed: purges } : purges;
  for (const [name, address] of Object.entries({ feed, live: live ?? "" })) {
    if (typeof address !== "string" || !URL.canParse(address, location.href))
      throw new TypeError(cannot(`read purges.${name}`, "it must be an address", address));
  }
  return { feed, live: live === undefined ? undefined : new URL(live, location.href).href };
}

function readRules({ ttl = 0, staleWhileRevalidate = 0, staleIfError = 0 }: DefaultsOptions): CacheRules {
  return plainRules({
    shared: false,
    defaultLifetime: toSeconds(ttl, "defaults.ttl"),
    defaultStaleWhileRevalidate: toSeconds(staleWhileRevalidate, "defaults.staleWhileRevalidate"),
    defaultStaleIfError: toSeconds(staleIfError, "defaults.staleIfError"),
  });
}

function readTags(tags: readonly string[]): readonly string[] {
  for (const tag of tags) {
    if (!isTag(tag)) throw new TypeError(cannot("read defaults.tags", `a tag ${TAG_RULE}`, tag));
  }
  return tags;
}
