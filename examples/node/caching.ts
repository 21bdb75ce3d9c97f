import { Redis } from "ioredis";
// In an app of your own: from "tidemark" and "tidemark/purge".
import {
  createCache,
  ledgerView,
  memoryStore,
  redisLedger,
  redisStore,
  type Cache,
  type CacheOptions,
} from "../../src/index.ts";
import { purgeClient } from "../../purge-client/index.ts";
import type { Articles } from "./articles.ts";

export interface Places {
  /** Shared by all processes; without it each has its own memory and nothing else. */
  readonly redisUrl: string | undefined;
  /** An edge in front, and what it knows us by. */
  readonly edgeUrl: string | undefined;
  readonly purgeToken: string | undefined;
}

/** Memory; with Redis, memory in front of it, and purges that all processes hear of as they happen. */
export async function openCache({ redisUrl }: Places): Promise<{ cache: Cache; close(): Promise<void> }> {
  const common: CacheOptions = { prefix: "articles", ttl: "10m", staleIfError: "1h", jitter: 0.1 };
  if (redisUrl === undefined) {
    const cache = createCache(common);
    return { cache, close: () => cache.close() };
  }
  const options = { maxRetriesPerRequest: 1, socketTimeout: 2_000 };
  const [client, subscriber] = [new Redis(redisUrl, options), new Redis(redisUrl)];
  for (const connection of [client, subscriber])
    connection.on("error", (error) => console.error(`redis: ${error.message}`));
  const ledger = redisLedger({ client, subscriber });
  const view = ledgerView({ ledger });
  // Without this, others know of a purge two seconds later.
  void ledger.listen(view.apply).catch((error: unknown) => console.error(`redis: ${String(error)}`));
  const tiers = [memoryStore({ maxBytes: "32mb" }), { store: redisStore({ client }), timeout: "250ms" }];
  const cache = createCache({ ...common, tiers, ledger, view });
  return {
    cache,
    async close() {
      await cache.close();
      client.disconnect();
      subscriber.disconnect();
    },
  };
}

/** The articles, read through the cache, and a save that no reader misses. */
export function cachedArticles(articles: Articles, cache: Cache, { edgeUrl, purgeToken }: Places) {
  const edge =
    edgeUrl === undefined
      ? undefined
      : purgeClient({ endpoint: `${edgeUrl}/_tidemark`, token: purgeToken ?? "", retries: 1, timeout: 5 });
  return {
    all: cache.wrap(async () => articles.all(), { key: () => "all", tags: ["articles"] }),
    find: cache.wrap(async (id: number) => articles.find(id), {
      key: (id) => ["article", id],
      tags: (_, id) => [`article:${id}`],
      negativeTtl: "1m",
    }),
    /** Writes first and purges then: whoever was just reading the old row keeps nothing of it. */
    async save(article: Parameters<Articles["save"]>[0]): Promise<boolean> {
      if (!articles.save(article)) return false;
      const tags = ["articles", `article:${article.id}`];
      await cache.purge({ tags });
      // It is saved whatever the edge says; the edge's copy ends with its ttl at the latest.
      await edge
        ?.purge({ tags })
        .catch((error: unknown) => console.error(`The edge was not told: ${String(error)}`));
      return true;
    },
  };
}
