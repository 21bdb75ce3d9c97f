import { describe, expect, test } from "vitest";
import { fresh, path, subject, types } from "./support.ts";

describe("a stale response with an entity tag", () => {
  test("is confirmed by a 304, which also updates its fields, on disk too", async () => {
    const list = await path([
      { body: "one", headers: fresh(60, { etag: '"1"', "x-test": "old" }) },
      { status: 304, headers: fresh(120, { etag: '"1"', "x-test": "new" }) },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    expect(await cache.ask(list.url)).toEqual(["one", "fwd=stale;fwd-status=304;stored;ttl=120"]);
    expect((await list.log()).at(-1)?.headers).toMatchObject({ "if-none-match": '"1"' });
    const reloaded = await cache.reload();
    const response = await reloaded.fetch(list.url);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-test")).toBe("new");
    expect((await cache.stats()).revalidated).toBe(1);
  });

  test("outlives a HEAD request that goes to the network", async () => {
    const list = await path([
      { body: "one", headers: fresh(60, { etag: '"1"' }) },
      { headers: fresh(60, { etag: '"1"' }) },
      { breakAfter: 0 },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    await cache.ask(list.url, { method: "HEAD" });
    expect(await cache.ask(list.url)).toEqual(["one", "fwd=stale;detail=offline/memory"]);
  });

  test("makes way for a new one", async () => {
    const list = await path([
      { body: "one", headers: fresh(60, { etag: '"1"' }) },
      { body: "two", headers: fresh(60, { etag: '"2"' }) },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    expect(await cache.ask(list.url)).toEqual(["two", "fwd=stale;stored;ttl=60"]);
    expect(await cache.ask(list.url)).toEqual(["two", "hit;ttl=60;detail=memory"]);
  });

  test("is fetched whole when a 304 speaks of another one: no caller gets a 304 it did not ask for", async () => {
    const list = await path([
      { body: "one", headers: fresh(60, { etag: '"1"' }) },
      { status: 304, headers: fresh(60, { etag: '"2"' }) },
      { body: "two", headers: fresh(60, { etag: '"2"' }) },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    expect((await cache.ask(list.url))[0]).toBe("two");
    expect((await list.log()).at(-1)?.headers).not.toHaveProperty("if-none-match");
  });

  test("is gone once the origin answers with something that may not be kept", async () => {
    const list = await path([
      { body: "one", headers: fresh(60, { etag: '"1"' }) },
      { body: "two", headers: { "cache-control": "no-store" } },
      { breakAfter: 0 },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    expect(await cache.ask(list.url)).toEqual(["two", "fwd=stale;stored=?0"]);
    await expect(cache.fetch(list.url)).rejects.toThrow(TypeError);
  });

  test("of another origin is confirmed without a preflight", async () => {
    const list = await path({ body: "one", headers: fresh(60, { etag: '"1"' }) }, "elsewhere");
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    expect(await cache.ask(list.url)).toEqual(["one", "fwd=stale;stored;ttl=60"]);
    expect((await list.log()).map(({ method }) => method)).toEqual(["GET", "GET"]);
  });
});

describe("stale-while-revalidate", () => {
  test("answers at once and asks the origin once, in the background", async () => {
    const list = await path([
      { body: "one", headers: { "cache-control": "max-age=60, stale-while-revalidate=60" } },
      { body: "two", headers: fresh(), hold: true },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(70);
    const both = await Promise.all([cache.ask(list.url), cache.ask(list.url)]);
    expect(both).toEqual([
      ["one", "hit;ttl=-10;detail=memory"],
      ["one", "hit;ttl=-10;detail=memory"],
    ]);
    await expect.poll(() => list.log()).toHaveLength(2);
    await list.release();
    await expect.poll(() => cache.ask(list.url)).toEqual(["two", "hit;ttl=60;detail=memory"]);
    expect(await list.log()).toHaveLength(2);
  });

  test("waits for the origin once its time is over", async () => {
    const list = await path([
      { body: "one", headers: { "cache-control": "max-age=60, stale-while-revalidate=60", etag: '"1"' } },
      { body: "two", headers: fresh() },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(121);
    expect((await cache.ask(list.url))[0]).toBe("two");
  });

  test("keeps the stored response when the background fetch fails, and reports that", async () => {
    const list = await path([
      { body: "one", headers: { "cache-control": "max-age=60, stale-while-revalidate=60" } },
      { breakAfter: 0 },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(70);
    await cache.ask(list.url);
    await expect.poll(() => types(cache.events)).toContain("refresh-failed");
    expect((await cache.ask(list.url))[0]).toBe("one");
  });
});

describe("an origin that cannot answer", () => {
  test("is covered by stale-if-error on a 503, which the answer tells of", async () => {
    const list = await path([
      { body: "one", headers: { "cache-control": "max-age=60, stale-if-error=600" } },
      { status: 503, body: "down" },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(90);
    expect(await cache.ask(list.url)).toEqual([
      "one",
      "fwd=stale;fwd-status=503;detail=stale-if-error/memory",
    ]);
  });

  test("shows its 503 where nothing allows a stale answer", async () => {
    const list = await path([
      { body: "one", headers: fresh(60, { etag: '"1"' }) },
      { status: 503, body: "down" },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(90);
    const response = await cache.fetch(list.url);
    expect([response.status, await response.text()]).toEqual([503, "down"]);
  });
});

describe("without a network", () => {
  const gone = { breakAfter: 0 };

  test("a stale response stands in, after a reload too", async () => {
    const list = await path([{ body: "one", headers: fresh() }, gone]);
    const cache = subject();
    await cache.ask(list.url);
    const reloaded = await cache.reload();
    reloaded.pass(86_400);
    expect(await reloaded.ask(list.url)).toEqual(["one", "fwd=stale;detail=offline/disk"]);
  });

  test("not beyond the offline window", async () => {
    const list = await path([{ body: "one", headers: fresh() }, gone]);
    const cache = subject({ offline: { maxStale: "1h" } });
    await cache.ask(list.url);
    cache.pass(60 + 3_601);
    await expect(cache.fetch(list.url)).rejects.toThrow(TypeError);
  });

  test.each(["must-revalidate", "no-cache"])("not where the response says %s", async (directive) => {
    const list = await path([
      { body: "one", headers: { "cache-control": `max-age=60, ${directive}`, etag: '"1"' } },
      gone,
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(61);
    await expect(cache.fetch(list.url)).rejects.toThrow(TypeError);
  });

  test("what was never stored fails as plain fetch does", async () => {
    const list = await path(gone);
    await expect(subject().fetch(list.url)).rejects.toThrow(TypeError);
  });
});
