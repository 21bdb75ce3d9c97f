import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { memoryLedger, urlSelector } from "../../src/index.ts";
import { createEdgeCache, edgeCache, EDGE_PATH, edgeRoutes, purgeMethod } from "../../worker/index.ts";
import { lastIn } from "./support/purging.ts";

const HERE = "https://shop.example";
const credential = { authorization: "Bearer a-token-of-the-shop" };

/** A shop with the cache before it; `reached` is what came to its own handlers. */
function shop() {
  const ledger = memoryLedger({ epoch: "e" });
  const edge = createEdgeCache({ ledger });
  const purging = { edge, purgeTokens: ["a-token-of-the-shop"], publicHosts: ["www.shop.example"] };
  const reached: string[] = [];
  const app = new Hono();
  app.use(purgeMethod(purging));
  app.route(EDGE_PATH, edgeRoutes(purging));
  app.use(edgeCache({ app, edge }));
  app.all("*", ({ req, text }) => {
    reached.push(`${req.method} ${req.path}`);
    return text("page", 200, { "cache-control": "max-age=60", "cache-tag": "t" });
  });
  return {
    ledger,
    reached,
    async send(method: string, path: string, headers: Record<string, string> = credential) {
      const context = createExecutionContext();
      const response = await app.fetch(new Request(`${HERE}${path}`, { method, headers }), {}, context);
      await waitOnExecutionContext(context);
      return response;
    },
  };
}

const selector = (path: string): string => urlSelector(`${HERE}${path}`) ?? "unreadable";

describe("PURGE on any URL", () => {
  test("purges it in all its variants, and reaches no handler", async () => {
    const { ledger, reached, send } = shop();
    for (const _ of ["fill", "hit"]) await (await send("GET", "/a?b=1", {})).text();
    expect(reached).toEqual(["GET /a"]);
    const response = await send("PURGE", "/a?b=1");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("tidemark-token")).toBe("e.1");
    expect(await response.json()).toEqual({
      success: true,
      result: { token: "e.1", selectors: 1, effectiveBy: expect.any(String) },
    });
    expect(await lastIn(ledger)).toMatchObject({
      selectors: [selector("/a?b=1"), selector("/a?*")],
      mode: "hard",
      actor: "token-1",
    });
    await (await send("GET", "/a?b=1", {})).text();
    expect(reached).toEqual(["GET /a", "GET /a"]);
  });

  test.each(["purge-soft", "x-purge-soft", "fastly-soft-purge"])("is soft with %s: 1", async (field) => {
    const { ledger, send } = shop();
    await send("PURGE", "/a", { ...credential, [field]: "1" });
    expect(await lastIn(ledger)).toMatchObject({ selectors: [selector("/a")], mode: "soft" });
    await send("PURGE", "/a", { ...credential, [field]: "0" });
    expect(await lastIn(ledger)).toMatchObject({ mode: "hard" });
  });

  test.each([
    ["surrogate-key", " a  b:c ", ["tag:a", "tag:b:c"]],
    ["xkey", "a, b c", ["tag:a", "tag:b", "tag:c"]],
    ["xkey-purge", "a b", ["tag:a", "tag:b"]],
    ["cache-tag", "a b, c", ["tag:a b", "tag:c"]],
    ["x-cache-tags", "a,b", ["tag:a", "tag:b"]],
    ["x-purge-tags", "a,b", ["tag:a", "tag:b"]],
  ])("purges the tags in %s: %s instead of the URL", async (field, value, selectors) => {
    const { ledger, send } = shop();
    expect((await send("PURGE", "/", { ...credential, [field]: value })).status).toBe(200);
    expect(await lastIn(ledger)).toMatchObject({ selectors, mode: "hard" });
  });

  test("purges softly what is in xkey-softpurge", async () => {
    const { ledger, send } = shop();
    await send("PURGE", "/", { ...credential, "xkey-softpurge": "c52 l2" });
    expect(await lastIn(ledger)).toMatchObject({ selectors: ["tag:c52", "tag:l2"], mode: "soft" });
  });

  test("takes reason, key and a dry run from its header", async () => {
    const { ledger, send } = shop();
    const headers = { ...credential, "purge-reason": "edited", "idempotency-key": "k" };
    const dry = await send("PURGE", "/a*b", { ...headers, "purge-dry-run": "1" });
    expect(await dry.json()).toMatchObject({
      result: { dryRun: true, wouldPurge: [{ means: "url:shop.example/a*b" }] },
    });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
    await send("PURGE", "/a", headers);
    expect(await lastIn(ledger)).toMatchObject({ reason: "edited", idempotencyKey: "token-1:k" });
    expect((await send("PURGE", "/a", headers)).headers.get("idempotent-replayed")).toBe("true");
    expect((await send("PURGE", "/b", headers)).status).toBe(409);
  });

  test.each([
    [{}, 401],
    [{ authorization: "Bearer wrong" }, 401],
    [{ authorization: "Basic eDp5" }, 401],
  ])("with %o is answered %i, is not forwarded, and purges nothing", async (headers, status) => {
    const { ledger, reached, send } = shop();
    expect((await send("PURGE", "/a", headers)).status).toBe(status);
    expect(reached).toEqual([]);
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test.each([
    [{ "purge-soft": "maybe" }, 400, "purge-soft"],
    [{ "purge-dry-run": "yes" }, 400, "purge-dry-run"],
    [{ "purge-wait": "2" }, 400, "purge-wait"],
    [{ "idempotency-key": "x".repeat(129) }, 400, "idempotency_key"],
    [{ "surrogate-key": " " }, 400, "surrogate-key"],
    [{ "surrogate-key": "a b,c" }, 400, "surrogate-key"],
    [{ "cache-tag": "caf\u00e9" }, 400, "cache-tag"],
    [{ "x-magento-tags-pattern": "((^|,)cat_p_1(,|$))" }, 501, "x-magento-tags-pattern"],
  ])("with %j is answered %i, names %s, and purges nothing", async (headers, status, field) => {
    const { ledger, reached, send } = shop();
    const response = await send("PURGE", "/a", { ...credential, ...headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ field }] });
    expect(reached).toEqual([]);
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });
});

test("BAN is refused with a sentence, and is not forwarded", async () => {
  const { reached, send } = shop();
  const response = await send("BAN", "/a");
  expect(response.status).toBe(501);
  expect(await response.text()).toContain("BAN is not understood");
  expect(reached).toEqual([]);
});

test("all other methods go on", async () => {
  const { reached, send } = shop();
  for (const method of ["GET", "POST", "DELETE"]) await (await send(method, "/a")).text();
  expect(reached).toEqual(["GET /a", "POST /a", "DELETE /a"]);
});

test("a URL is purged under the address that it is kept under, by PURGE and in a body", async () => {
  const ledger = memoryLedger({ epoch: "e" });
  const edge = createEdgeCache({ ledger, query: { dropTracking: true } });
  const purging = { edge, purgeTokens: ["a-token-of-the-shop"] };
  const app = new Hono();
  app.use(purgeMethod(purging));
  app.route(EDGE_PATH, edgeRoutes(purging));
  const address = `${HERE}/a?b=1&utm_source=mail`;
  await app.fetch(new Request(address, { method: "PURGE", headers: credential }));
  // And under the one that a browser asked with.
  const kept = {
    selectors: [selector("/a?b=1"), selector("/a?*"), selector("/a?b=1&utm_source=mail")],
  };
  expect(await lastIn(ledger)).toMatchObject(kept);
  const body = JSON.stringify({ files: [address] });
  await app.fetch(
    new Request(`${HERE}${EDGE_PATH}/invalidate`, { method: "POST", headers: credential, body }),
  );
  expect(await lastIn(ledger)).toMatchObject({ ...kept, position: 2 });
});

test("the gateway description names the fields that speak to the edge", async () => {
  const { send } = shop();
  expect(await (await send("GET", `${EDGE_PATH}/invalidation`, {})).json()).toMatchObject({
    invalidation: { uri: `${HERE}${EDGE_PATH}/invalidation` },
    "targeted-cc": ["Tidemark-CDN-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"],
  });
});
