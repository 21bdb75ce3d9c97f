// Articles in SQLite, read through the cache. See README.md.
import { serve } from "@hono/node-server";
import { createApp } from "./app.ts";
import { openArticles } from "./articles.ts";
import { cachedArticles, openCache } from "./caching.ts";

const { PORT = "8790", ARTICLES_DB = ":memory:", REDIS_URL, EDGE_URL, PURGE_TOKEN } = process.env;
const places = { redisUrl: REDIS_URL, edgeUrl: EDGE_URL, purgeToken: PURGE_TOKEN };

const articles = openArticles(ARTICLES_DB);
const { cache, close } = await openCache(places);
const app = createApp(cachedArticles(articles, cache, places), articles);
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`ready at http://127.0.0.1:${port}, cached in ${REDIS_URL ? "memory and Redis" : "memory"}`);
});
server.once("error", (error) => {
  console.error(`Cannot listen on port ${PORT}: ${error.message}`);
  process.exit(1);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close(() => void close().then(() => articles.close()));
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
}
