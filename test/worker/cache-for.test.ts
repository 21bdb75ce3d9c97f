import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { memoryLedger, tagSelector } from "../../src/index.ts";
import { cacheFor, createEdgeCache, edgeCache } from "../../worker/index.ts";
import { told } from "./support/conversation.ts";

/** A blog whose routes say how long they are kept, with the cache in front of it, and a clock. */
function blog(profile: "safe" | "rfc" = "safe") {
  let now = Date.parse("2026-11-01T12:00:00Z");
  const clock = (): number => now;
  const made: string[] = [];
  const ledger = memoryLedger({ clock });
  const edge = createEdgeCache({ ledger, clock, rules: { profile } });
  const app = new Hono();
  app.use(edgeCache({ app, edge }));
  const ttl = "15m";
  const post = cacheFor({ ttl, tags: (c) => [`post:${c.req.param("id")}`], vary: ["accept-language"] });
  app.get("/posts/:id", post, (c) => {
    made.push(c.req.path);
    return c.text(`${c.req.header("accept-language") ?? "none"} ${made.length}`);
  });
  app.get("/windows", cacheFor({ ttl, staleWhileRevalidate: "1m", browserTtl: 5 }), (c) =>
    c.text(`${made.push(c.req.path)}`),
  );
  const word = (name: string, value: string) => {
    app.get(`/says/${name}`, cacheFor({ ttl, tags: ["says"] }), (c) =>
      c.text(`${made.push(c.req.path)}`, 200, { [name]: value }),
    );
  };
  word("cache-control", "no-store");
  word("expires", "0");
  word("tidemark-cdn-cache-control", "private");
  word("set-cookie", "id=1");
  app.get("/tagged", cacheFor({ ttl, tags: ["route"], vary: ["accept-language", "x-theme"] }), (c) =>
    c.text(`${made.push(c.req.path)}`, 200, {
      "cache-control": "private, max-age=7",
      "cache-tag": "own",
      vary: "X-Theme",
    }),
  );
  app.get("/status/:code", cacheFor({ ttl }), (c) =>
    c.body(null, Number(c.req.param("code")) as 200, { location: "/" }),
  );
  app.get("/moved", cacheFor({ ttl, vary: ["accept"] }), () =>
    Response.redirect("https://blog.example/", 308),
  );
  app.get("/fails", cacheFor({ ttl }), () => {
    throw new Error("not today");
  });
  app.post("/posts/:id", cacheFor({ ttl }), (c) => c.text("saved"));
  app.onError((_, c) => c.text("sorry", 200));

  async function fetch(path: string, init?: RequestInit): Promise<Response> {
    const context = createExecutionContext();
    const response = await app.fetch(new Request(`https://blog.example${path}`, init), {}, context);
    await waitOnExecutionContext(context);
    return response;
  }
  return {
    pass: (seconds: number): void => void (now += seconds * 1_000),
    purge: (tag: string) => ledger.purge({ selectors: [tagSelector(tag)], mode: "hard" }),
    fetch,
    send: async (path: string, init?: RequestInit) => told(await fetch(path, init)),
  };
}

describe("cacheFor() on a route behind edgeCache()", () => {
  test("has its responses kept for the ttl, in each variant", async () => {
    const { send, pass } = blog();
    const french = { headers: { "accept-language": "fr" } };
    expect(await send("/posts/1")).toMatchObject({ body: "none 1", status: "fwd=uri-miss;stored" });
    expect(await send("/posts/1", french)).toMatchObject({ body: "fr 2" });
    expect(await send("/posts/1")).toMatchObject({ body: "none 1", status: "hit;ttl=900;detail=hot" });
    expect(await send("/posts/1", french)).toMatchObject({ body: "fr 2" });
    pass(901);
    expect(await send("/posts/1")).toMatchObject({ body: "none 3" });
  });

  test("has them purged by the tags that it makes of the request", async () => {
    const { send, purge, pass } = blog();
    await send("/posts/1");
    await send("/posts/2");
    await purge("post:1");
    pass(3);
    expect((await send("/posts/1")).status).toMatch(/^fwd=/);
    expect((await send("/posts/2")).status).toMatch(/^hit/);
  });

  test("gives browsers their own ttl and no windows, which no purge would reach", async () => {
    const { fetch, send, pass } = blog();
    const { headers } = await fetch("/windows");
    expect(headers.get("cache-control")).toBe("max-age=5, s-maxage=900");
    expect(headers.get("cdn-cache-control")).toBeNull();
    pass(930);
    expect(await send("/windows")).toMatchObject({ body: "1", status: "hit;ttl=-30;detail=hot" });
    expect(await send("/windows")).toMatchObject({ body: "2" });
  });

  test.each([
    ["cache-control", "no-store"],
    ["expires", "0"],
    ["tidemark-cdn-cache-control", "private"],
  ])("leaves the word of a handler that sets %s: %s", async (name) => {
    const { send } = blog();
    await send(`/says/${name}`);
    expect(await send(`/says/${name}`)).toMatchObject({ body: "2" });
  });

  test.each(["safe", "rfc"] as const)("never has a Set-Cookie kept, with profile %s", async (profile) => {
    const { send } = blog(profile);
    await send("/says/set-cookie");
    expect(await send("/says/set-cookie")).toMatchObject({ body: "2" });
  });

  test("never has an answer to Authorization kept or handed out", async () => {
    const { send } = blog();
    const alice = { headers: { authorization: "Bearer alice" } };
    expect(await send("/posts/1", alice)).toMatchObject({
      body: "none 1",
      status: "fwd=uri-miss;detail=authorization",
    });
    expect(await send("/posts/1")).toMatchObject({ body: "none 2" });
  });

  test("adds its tags and names to the handler's own, and leaves its Cache-Control", async () => {
    const { fetch } = blog();
    const { headers } = await fetch("/tagged");
    expect(headers.get("vary")).toBe("X-Theme, accept-language");
    expect(headers.get("cache-tag")?.replaceAll(" ", "")).toBe("own,route");
    expect(headers.get("cache-control")).toBe("private, max-age=7");
  });

  test.each([200, 201, 203, 204, 301, 308])("says something of status %i", async (code) => {
    const { fetch } = blog();
    const { headers } = await fetch(`/status/${code}`);
    expect(headers.get("cache-control")).toBe("max-age=0, s-maxage=900");
  });

  test.each([302, 303, 307, 400, 404, 410, 500, 503])("says nothing of status %i", async (code) => {
    const { fetch } = blog();
    expect((await fetch(`/status/${code}`)).headers.get("cache-control")).toBeNull();
  });

  test("never has the page about an error kept, whatever status it has", async () => {
    const { fetch } = blog();
    const response = await fetch("/fails");
    expect(await response.text()).toBe("sorry");
    expect(response.headers.get("cache-control")).toBeNull();
  });

  test("says it of a response whose fields the platform holds fast", async () => {
    const { send } = blog();
    await send("/moved");
    expect((await send("/moved")).status).toMatch(/^hit/);
  });

  test("says nothing of a POST", async () => {
    const { fetch } = blog();
    expect((await fetch("/posts/1", { method: "POST" })).headers.get("cache-control")).toBeNull();
  });

  test.each(["a%2Cb", "caf%C3%A9", "a%0Ab", "%20a%20"])(
    "passes on a response whose tag %s no field can carry, and does not keep it",
    async (id) => {
      const { send } = blog();
      expect(await send(`/posts/${id}`)).toMatchObject({ body: "none 1" });
      expect(await send(`/posts/${id}`)).toMatchObject({ body: "none 2" });
    },
  );
});

describe("cacheFor() refuses, in one sentence,", () => {
  test.each<[string, () => unknown]>([
    ["ttl", () => cacheFor({ ttl: "soon" })],
    ["ttl", () => cacheFor({ ttl: -1 })],
    ["browserTtl", () => cacheFor({ ttl: 1, browserTtl: "?" })],
    ["staleIfError", () => cacheFor({ ttl: 1, staleIfError: Infinity })],
    ["vary", () => cacheFor({ ttl: 1, vary: ["accept language"] })],
    ["vary", () => cacheFor({ ttl: 1, vary: ["*"] })],
    ["tags", () => cacheFor({ ttl: 1, tags: ["a,b"] })],
    ["tags", () => cacheFor({ ttl: 1, tags: ["café"] })],
  ])("a %s that makes no sense", (name, make) => {
    expect(make).toThrow(new RegExp(`^Cannot (use|read) ${name}: [^\\n]+$`));
  });
});
