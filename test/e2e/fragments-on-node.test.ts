import { Hono } from "hono";
import { jsx } from "hono/jsx";
import { jsxRenderer } from "hono/jsx-renderer";
import { describe, expect, test } from "vitest";
import { createCache, memoryLedger, memoryStore, type Cache } from "../../src/index.ts";
import { Cached } from "../../worker/fragment.ts";

/** A site in Node whose middleware puts a cache of its own on the context. */
function site(cache: Cache) {
  let made = 0;
  const app = new Hono<{ Variables: { cache: Cache } }>();
  app.use(async (c, next) => {
    c.set("cache", cache);
    await next();
  });
  app.use(jsxRenderer(undefined, { docType: false }));
  app.get("/:id", (c) => {
    const id = c.req.param("id");
    const inner = () => jsx("b", {}, `inner ${++made}`);
    const outer = () => jsx(Cached, { cacheKey: "inner", tags: ["inner"], children: inner });
    const vary = ["accept-language"];
    const page: unknown = jsx(Cached, { cacheKey: ["outer", id], vary, children: outer });
    return c.render(page as string); // As JSX declares what it compiles to.
  });
  return async (path: string, language = "en") =>
    (await app.request(path, { headers: { "accept-language": language } })).text();
}

describe("<Cached> on Node", () => {
  test.each([
    ["memory", () => createCache()],
    [
      "a store outside alone",
      () => {
        const { get, set, delete: remove } = memoryStore();
        return createCache({ tiers: [{ name: "far", get, set, delete: remove }], ledger: memoryLedger() });
      },
    ],
  ])("keeps fragments in %s", async (_, make) => {
    const cache = make();
    const html = site(cache);
    const first = await html("/a");
    expect(first).toBe("<b>inner 1</b>");
    expect(await html("/a")).toBe(first);
    expect(await html("/b", "fr")).toBe(first);
    await cache.purge({ tags: ["inner"] });
    expect(await html("/a")).toBe("<b>inner 2</b>");
    await cache.close();
  });
});
