import {
  fitKey,
  keySpace,
  resourceKey,
  variantKeyStart,
  type KeySpace,
  type LedgerPoint,
} from "../src/index.ts";
import { entryPointOf, MAX_KEY_BYTES } from "./kv-store.ts";

/** What a purge named, as far as it can be looked for: `value` is a URL, a tag, `host`, `host/path`, or nothing. */
export interface EvictionItem {
  readonly kind: "url" | "tag" | "host" | "prefix" | "everything";
  readonly value: string;
  /** The purge: what was filled after it stays. */
  readonly purge: LedgerPoint;
}

/** How far a sink came with one item. */
export type EvictionProgress =
  | { readonly done: true }
  /** There is more of it: go on from here. */
  | { readonly done: false; readonly cursor: string };

/** A place with copies to be deleted, and what it takes to ask it. */
export interface EvictionSink {
  readonly name: string;
  /** Whether it can find what such an item names. */
  takes(kind: EvictionItem["kind"]): boolean;
  /** Calls it may be asked for at once, and how many more each minute: the platform's quota. */
  readonly burst: number;
  readonly perMinute: number;
  /** Items of one call, at most 100; all of one kind. */
  readonly batch: number;
  /** Deletes the copies. Rejects when it is not known that they are gone. */
  evict(items: readonly EvictionItem[], cursor: string | null): Promise<EvictionProgress>;
}

/** Deletions of one call: an invocation may do no more than 1,000 operations. */
const KEYS_AT_ONCE = 100;

/**
 * Entries in Workers KV that a purge names by URL, host or prefix. KV knows no tags: those entries stay until their time is
 * over, unserved. Keys that were too long for KV are hashed there and stay as well.
 */
export function kvSink(namespace: KVNamespace, keys: KeySpace): EvictionSink {
  const spaced = keySpace(keys);

  /** Deletes what stands below a start of keys, as far as it is older than the purge. */
  async function sweep(start: string, item: EvictionItem, cursor: string | null): Promise<EvictionProgress> {
    const page = await namespace.list<unknown>({ prefix: start, limit: KEYS_AT_ONCE, cursor });
    const old = page.keys.filter(
      ({ name, metadata }) => covers(item, name.slice(start.length)) && isBefore(metadata, item),
    );
    await Promise.all(old.map(({ name }) => namespace.delete(name)));
    return page.list_complete ? { done: true } : { done: false, cursor: page.cursor };
  }

  return {
    name: "kv",
    takes: (kind) => kind !== "tag",
    burst: 20,
    perMinute: 60,
    batch: 1,
    async evict([item], cursor) {
      if (item === undefined) return { done: true };
      const starts = startsOf(item).map(spaced);
      const [at, rest] = placeOf(cursor);
      if (item.kind === "url" && cursor === null)
        await Promise.all(schemesOf(item.value).map(async (url) => deleteOne(namespace, spaced(url), item)));
      const start = starts[at];
      if (start === undefined) return { done: true };
      const progress = await sweep(start, item, rest);
      if (!progress.done) return { done: false, cursor: `${at}:${progress.cursor}` };
      return at + 1 < starts.length ? { done: false, cursor: `${at + 1}:` } : { done: true };
    },
  };
}

async function deleteOne(namespace: KVNamespace, key: string, item: EvictionItem): Promise<void> {
  const name = await fitKey(key, MAX_KEY_BYTES);
  const { metadata } = await namespace.getWithMetadata(name, "stream");
  if (isBefore(metadata, item)) await namespace.delete(name);
}

/** Whether an entry was filled before the purge; of what says nothing of itself, yes. */
function isBefore(metadata: unknown, { purge }: EvictionItem): boolean {
  const point = entryPointOf(metadata);
  return point === undefined || point.epoch !== purge.epoch || point.position < purge.position;
}

/** The beginnings of the keys that an item names: of responses, and of their variants. */
function startsOf({ kind, value }: EvictionItem): readonly string[] {
  switch (kind) {
    case "url":
      return schemesOf(value).map(variantKeyStart);
    case "host":
    case "prefix":
      return SCHEMES.flatMap((scheme) => [`${scheme}//${value}`, `["${scheme}//${value}`]);
    case "everything":
      return [""];
    case "tag":
      return [];
  }
}

/** Whether what follows the beginning of a key is still of the item: prefixes cover whole segments. */
function covers({ kind }: EvictionItem, rest: string): boolean {
  return (kind !== "prefix" && kind !== "host") || rest === "" || /^[/?"]/.test(rest);
}

/** Purges know no scheme, keys do. */
const SCHEMES: readonly string[] = ["https:", "http:"];

function schemesOf(url: string): readonly string[] {
  const rest = resourceKey(url).replace(/^https?:/, "");
  return SCHEMES.map((scheme) => scheme + rest);
}

function placeOf(cursor: string | null): [at: number, cursor: string | null] {
  if (cursor === null) return [0, null];
  const colon = cursor.indexOf(":");
  const rest = cursor.slice(colon + 1);
  return [Number(cursor.slice(0, colon)), rest === "" ? null : rest];
}

export interface ZoneOptions {
  readonly zoneId: string;
  /** Secret: an API token with the right to purge that zone. */
  readonly apiToken: string;
  readonly fetch?: typeof globalThis.fetch;
}

const ZONE_FIELDS = { url: "files", tag: "tags", host: "hosts", prefix: "prefixes" } as const;

/** The cache of a zone in front of the worker, by its purge API. Its quota is that of the least plan: 5 calls a minute. */
export function zoneSink({ zoneId, apiToken, fetch = globalThis.fetch }: ZoneOptions): EvictionSink {
  return {
    name: "zone",
    takes: () => true,
    burst: 25,
    perMinute: 5,
    batch: 100,
    async evict(items) {
      const [first] = items;
      if (first === undefined) return { done: true };
      const body =
        first.kind === "everything"
          ? { purge_everything: true }
          : { [ZONE_FIELDS[first.kind]]: items.map(({ value }) => value) };
      const response = await fetch(`https://api.cloudflare.com/client/v4/zones/${zoneId}/purge_cache`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer: unknown = await response.json().catch(() => undefined);
      const isDone =
        typeof answer === "object" && answer !== null && "success" in answer && answer.success === true;
      if (!response.ok || !isDone) throw new Error(`The zone's purge API answered ${response.status}`);
      return { done: true };
    },
  };
}
