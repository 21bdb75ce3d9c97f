import { describe, expect, test } from "vitest";
import { fresh, path, subject, wordOf } from "./support.ts";

describe("a fresh response", () => {
  test("is answered from memory, without the network, and says so", async () => {
    const list = await path({ body: '{"n":1}', headers: fresh() });
    const cache = subject();
    expect(await cache.ask(list.url)).toEqual(['{"n":1}', "fwd=uri-miss;stored;ttl=60"]);
    cache.pass(10);
    const response = await cache.fetch(list.url);
    expect(wordOf(response)).toBe("hit;ttl=50;detail=memory");
    expect(response.headers.get("age")).toBe("10");
    expect(await response.json()).toEqual({ n: 1 });
    expect(await list.log()).toHaveLength(1);
  });

  test("is answered from disk after a reload, and then from memory", async () => {
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject();
    await cache.ask(list.url);
    const reloaded = await cache.reload();
    expect(await reloaded.ask(list.url)).toEqual(["one", "hit;ttl=60;detail=disk"]);
    expect(await reloaded.ask(list.url)).toEqual(["one", "hit;ttl=60;detail=memory"]);
    expect(await list.log()).toHaveLength(1);
  });

  test("is a real Response with the request's URL, and so is its clone", async () => {
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject();
    await cache.ask(list.url);
    const response = await cache.fetch(`${list.url}#part`);
    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe(list.url);
    expect(response.clone().clone().url).toBe(list.url);
    expect([await response.clone().text(), await response.text()]).toEqual(["one", "one"]);
  });

  test("keeps what earlier caches said in front of this one's word", async () => {
    const list = await path({ headers: fresh(60, { "cache-status": "edge; hit; ttl=9" }) });
    const cache = subject();
    await cache.ask(list.url);
    const { headers } = await cache.fetch(list.url);
    expect(headers.get("cache-status")).toBe("edge; hit; ttl=9, tidemark-browser;hit;ttl=60;detail=memory");
  });

  test.each([
    ["https", "hit;ttl=50;detail=memory"],
    ["http", "fwd=request;stored;ttl=60"],
  ])("that is immutable is not asked about again over %s: %s", async (scheme, word) => {
    const headers = { "cache-control": "max-age=60, immutable" };
    const cache = subject({ fetch: async () => new Response("one", { headers }) });
    const url = `${scheme}://example.com/a`;
    await cache.ask(url);
    cache.pass(10);
    expect(await cache.ask(url, { headers: { "cache-control": "max-age=0" } })).toEqual(["one", word]);
  });

  test("answers HEAD as well, without its body", async () => {
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject();
    await cache.ask(list.url);
    expect(await cache.ask(list.url, { method: "HEAD" })).toEqual(["", "hit;ttl=60;detail=memory"]);
  });

  test("keeps bytes that are no text as they are", async () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0, 1, 0xef, 0xbb, 0xbf]);
    const base64 = btoa(String.fromCharCode(...bytes));
    const list = await path({ base64, headers: fresh() });
    const cache = subject();
    await cache.fetch(list.url);
    const reloaded = await cache.reload();
    const response = await reloaded.fetch(list.url);
    expect(wordOf(response)).toBe("hit;ttl=60;detail=disk");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  test("keeps a byte order mark, which reading as text would drop", async () => {
    const list = await path({ base64: btoa("\xef\xbb\xbf{}"), headers: fresh() });
    const cache = subject();
    await cache.fetch(list.url);
    const response = await cache.fetch(list.url);
    expect((await response.arrayBuffer()).byteLength).toBe(5);
  });

  test("is fetched once for many callers that ask at the same time", async () => {
    const list = await path({ body: "one", headers: fresh(), hold: true });
    const cache = subject();
    const answers = [cache.ask(list.url), cache.ask(list.url), cache.ask(list.url)];
    await expect.poll(() => list.log()).toHaveLength(1);
    await list.release();
    expect(await Promise.all(answers)).toEqual([
      ["one", "fwd=uri-miss;stored;ttl=60"],
      ["one", "fwd=uri-miss;collapsed;ttl=60"],
      ["one", "fwd=uri-miss;collapsed;ttl=60"],
    ]);
    expect(await list.log()).toHaveLength(1);
  });

  test("is not waited for once its resource has shown that its answers are for one caller alone", async () => {
    const list = await path({ body: "one", headers: { "cache-control": "no-store" } });
    const cache = subject();
    await cache.ask(list.url);
    await list.script({ body: "one", headers: { "cache-control": "no-store" }, hold: true });
    const answers = [cache.ask(list.url), cache.ask(list.url)];
    await expect.poll(() => list.log()).toHaveLength(2);
    await list.release();
    expect(await Promise.all(answers)).toHaveLength(2);
  });

  test("is counted", async () => {
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject();
    await cache.ask(list.url);
    await cache.ask(list.url);
    const reloaded = await cache.reload();
    await reloaded.ask(list.url);
    expect(await cache.stats()).toMatchObject({ memoryHits: 1, misses: 1 });
    expect(await reloaded.stats()).toMatchObject({ diskHits: 1, misses: 0, disk: { entries: 1 } });
  });
});

describe("clear()", () => {
  test("forgets memory and disk", async () => {
    const list = await path([
      { body: "one", headers: fresh() },
      { body: "two", headers: fresh() },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    await cache.clear();
    expect(await cache.stats()).toMatchObject({ disk: { bytes: 0, entries: 0 } });
    expect(await cache.ask(list.url)).toEqual(["two", "fwd=uri-miss;stored;ttl=60"]);
  });

  test("keeps nothing of a fetch that began before it", async () => {
    const list = await path([
      { body: "mine", headers: fresh(), hold: true },
      { body: "yours", headers: fresh() },
    ]);
    const cache = subject();
    const mine = cache.ask(list.url);
    await expect.poll(() => list.log()).toHaveLength(1);
    await cache.clear();
    await list.release();
    expect(await mine).toEqual(["mine", "fwd=uri-miss;stored=?0"]);
    expect((await cache.ask(list.url))[0]).toBe("yours");
  });
});

describe("close()", () => {
  test("leaves plain fetch", async () => {
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject();
    await cache.close();
    expect(await cache.ask(list.url)).toEqual(["one", ""]);
  });
});
