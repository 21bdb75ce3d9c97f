import { createStore, entries, delMany, setMany } from "idb-keyval";
import { QueryClient } from "@tanstack/query-core";
import { createApiCache } from "../../browser/index.ts";
import { tagSelector } from "../../src/index.ts";

/** Purges by a tag that all entries have. */
export interface Purging {
  /** Resolves once none of them would be shown. */
  purge(): Promise<unknown>;
  /** Has them all again, as far as that makes a difference to the next purge. */
  restore(): Promise<unknown>;
}

const EPOCH = "00000000-0000-4000-8000-000000000000";
const HEADERS = { "cache-control": "max-age=86400", "cache-tag": "all" };
const urlOf = (index: number): string => `${location.origin}/purged/${index}`;
const TEXT = JSON.stringify({ filler: "x".repeat(1_000) });

/** Entries on disk, a purge at the edge: the page asks the feed, and the first fetch of an entry goes to the network. */
export async function ourPurge(count: number): Promise<Purging> {
  let position = 0;
  const network: typeof fetch = async (input) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!url.includes("/feed")) return new Response(TEXT, { headers: HEADERS });
    const changes = position === 0 ? [] : [[tagSelector("all"), position, 0]];
    return Response.json({ epoch: EPOCH, position, floor: 0, since: null, changes });
  };
  const cache = createApiCache({
    name: "purged",
    purges: "/feed",
    bound: 0,
    memory: { maxBytes: "1b" },
    disk: { maxEntries: 20_000 },
    fetch: network,
  });
  for (let done = 0; done < count; done += 100) {
    const some = Array.from({ length: Math.min(100, count - done) }, (_, index) =>
      cache.fetch(urlOf(done + index)),
    );
    await Promise.all(some);
  }
  await cache.stats();
  return {
    async purge() {
      position += 1;
      const word = (await cache.fetch(urlOf(position % count))).headers.get("cache-status") ?? "";
      if (!word.includes("fwd")) throw new Error(`Cannot measure: what was purged was shown: ${word}`);
    },
    // A check costs the same however many purges cover the entry.
    restore: async () => undefined,
  };
}

/** Entries on disk by hand, each with its tags: all are gone through. */
export async function purgeByHand(count: number): Promise<Purging> {
  const store = createStore("purged-by-hand", "entries");
  const all = Array.from({ length: count }, (_, index): [string, object] => [
    urlOf(index),
    { tags: ["all"], text: TEXT },
  ]);
  await setMany(all, store);
  return {
    async purge() {
      const known = await entries<string, { readonly tags: readonly string[] }>(store);
      const meant = known.filter(([, { tags }]) => tags.includes("all"));
      await delMany(
        meant.map(([key]) => key),
        store,
      );
    },
    restore: () => setMany(all, store),
  };
}

/** Entries in memory: each is asked whether it is meant. Nothing on disk is touched. */
export async function purgeByTanstack(count: number): Promise<Purging> {
  const client = new QueryClient();
  const restore = async (): Promise<void> => {
    for (let index = 0; index < count; index += 1) client.setQueryData([urlOf(index)], TEXT, {});
  };
  await restore();
  return { purge: () => client.invalidateQueries({ predicate: () => true }), restore };
}
