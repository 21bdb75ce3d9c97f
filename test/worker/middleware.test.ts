import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { memoryLedger } from "../../src/index.ts";
import { createEdgeCache, edgeCache, EDGE_PATH, edgeRoutes } from "../../worker/index.ts";
import { told } from "./support/conversation.ts";

/** An app of somebody's with the cache in front of its API, and a clock. */
function shop() {
  let now = Date.parse("2026-11-01T12:00:00Z");
  let sold = 0;
  const clock = (): number => now;
  const app = new Hono();
  const edge = createEdgeCache({ ledger: memoryLedger({ clock }), clock });
  app.route(EDGE_PATH, edgeRoutes({ edge, purgeTokens: ["token"] }));
  app.use("/api/*", edgeCache({ app, edge }));
  app.get("/api/sold", (context) => {
    context.header("cache-control", "max-age=60, stale-while-revalidate=60");
    context.header("cache-tag", "sold");
    return context.json({ sold });
  });
  app.post("/api/sold", (context) => context.json({ sold: ++sold }));
  app.get("/page", (context) => context.text(`sold: ${sold}`));
  return {
    pass: (seconds: number): void => void (now += seconds * 1_000),
    sell: (): void => void (sold += 1),
    async send(path: string, init?: RequestInit) {
      const context = createExecutionContext();
      const result = await told(
        await app.fetch(new Request(`https://shop.example${path}`, init), {}, context),
      );
      await waitOnExecutionContext(context);
      return result;
    },
  };
}

describe("edgeCache() in front of an app's own handlers", () => {
  test("answers from the store what the handlers said before", async () => {
    const { send, sell } = shop();
    expect(await send("/api/sold")).toMatchObject({ body: '{"sold":0}', status: "fwd=uri-miss;stored" });
    sell();
    expect(await send("/api/sold")).toMatchObject({ body: '{"sold":0}', status: "hit;ttl=60;detail=hot" });
  });

  test("refreshes from the handlers after the answer", async () => {
    const { send, sell, pass } = shop();
    await send("/api/sold");
    sell();
    pass(70);
    expect(await send("/api/sold")).toMatchObject({ body: '{"sold":0}', status: "hit;ttl=-10;detail=hot" });
    expect(await send("/api/sold")).toMatchObject({ body: '{"sold":1}', status: "hit;ttl=60;detail=hot" });
  });

  test("forgets what a handler has changed", async () => {
    const { send } = shop();
    await send("/api/sold");
    expect(await send("/api/sold", { method: "POST" })).toMatchObject({
      body: '{"sold":1}',
      status: "fwd=method",
    });
    expect(await send("/api/sold")).toMatchObject({ body: '{"sold":1}', status: "fwd=uri-miss;stored" });
  });

  test("leaves other routes alone", async () => {
    const { send, sell } = shop();
    await send("/page");
    sell();
    expect(await send("/page")).toEqual({ body: "sold: 1", status: "", age: null });
  });

  test("is purged by the routes beside it", async () => {
    const { send, sell } = shop();
    await send("/api/sold");
    sell();
    const purge = await send(`${EDGE_PATH}/purge`, {
      method: "POST",
      headers: { authorization: "Bearer token" },
      body: JSON.stringify({ tags: ["sold"] }),
    });
    expect(JSON.parse(purge.body)).toMatchObject({ success: true });
    expect(await send("/api/sold")).toMatchObject({ body: '{"sold":1}' });
  });
});

describe("edgeCache() and what stands around it", () => {
  test("keeps decoded what a handler has fetched encoded", async () => {
    const app = new Hono();
    const edge = createEdgeCache({ ledger: memoryLedger() });
    app.use("/api/*", edgeCache({ app, edge }));
    app.get("/api/page", () => {
      const headers = {
        "content-encoding": "gzip",
        "cache-control": "max-age=60",
        etag: '"1"',
        "content-length": "17",
      };
      // As the platform hands it on from a fetch: the body is read decoded, the fields are those of the encoded one.
      return new Response("hello hello hello", { headers, encodeBody: "automatic" });
    });
    for (const _ of ["fill", "hit"]) {
      const context = createExecutionContext();
      const response = await app.fetch(new Request("https://shop.example/api/page"), {}, context);
      expect(response.headers.get("content-encoding")).toBeNull();
      expect(response.headers.get("etag")).toBe('W/"1"');
      expect(await response.text()).toBe("hello hello hello");
      await waitOnExecutionContext(context);
    }
  });

  test("reaches the handler once, although other middleware replaces the request", async () => {
    const app = new Hono();
    const edge = createEdgeCache({ ledger: memoryLedger() });
    let handled = 0;
    app.use(async (context, next) => {
      context.req.raw = new Request(context.req.raw);
      await next();
    });
    app.use("/api/*", edgeCache({ app, edge }));
    app.get("/api/page", (context) => context.text(`${++handled}`));
    const context = createExecutionContext();
    const response = await app.fetch(new Request("https://shop.example/api/page"), {}, context);
    expect(await response.text()).toBe("1");
    await waitOnExecutionContext(context);
  });
});

describe("edgeRoutes()", () => {
  test("say that the cache is well", async () => {
    const { send } = shop();
    expect(JSON.parse((await send(`${EDGE_PATH}/health`)).body)).toEqual({ status: "ok", ledger: "ok" });
  });

  test("answer 404 to what they do not have, and do not ask the app", async () => {
    const { send } = shop();
    expect((await send(`${EDGE_PATH}/nothing`)).body).toBe('{"error":"No such route"}');
  });
});
