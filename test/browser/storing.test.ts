import { describe, expect, test } from "vitest";
import type { ApiCacheOptions } from "../../browser/index.ts";
import type { Scripted } from "./origin-server.ts";
import { fresh, path, subject, types } from "./support.ts";

/** What the cache says of a second request, and of a third one after a reload. */
async function repeats(row: Scripted, options: ApiCacheOptions = {}): Promise<readonly string[]> {
  const list = await path(row);
  const cache = subject(options);
  await cache.ask(list.url);
  const [, second] = await cache.ask(list.url);
  const [, third] = await (await cache.reload()).ask(list.url);
  return [second, third];
}

describe("what is written", () => {
  test("never holds a no-store response", async () => {
    const list = await path([{ body: "one", headers: { "cache-control": "no-store" } }, { body: "two" }]);
    const cache = subject();
    expect(await cache.ask(list.url)).toEqual(["one", "fwd=uri-miss;stored=?0"]);
    expect(await cache.stats()).toMatchObject({ disk: { entries: 0 } });
    expect((await cache.ask(list.url))[0]).toBe("two");
  });

  test("never holds the answer to a no-store request", async () => {
    const list = await path({ headers: fresh() });
    const cache = subject();
    await cache.ask(list.url, { headers: { "cache-control": "no-store" } });
    expect((await cache.ask(list.url))[1]).toBe("fwd=uri-miss;stored;ttl=60");
  });

  test("holds a private response: this cache is one user's own", async () => {
    const words = await repeats({ headers: { "cache-control": "private, max-age=60" } });
    expect(words).toEqual(["hit;ttl=60;detail=memory", "hit;ttl=60;detail=disk"]);
  });

  test("holds no body that broke off; the caller sees it break off", async () => {
    const list = await path([
      { body: "a whole body", headers: fresh(60, { "content-length": "12" }), breakAfter: 5 },
      { body: "a whole body", headers: fresh() },
    ]);
    const cache = subject();
    const response = await cache.fetch(list.url);
    expect(response.status).toBe(200);
    // Firefox names what breaks off in a stream otherwise.
    const error = navigator.userAgent.includes("Firefox") ? DOMException : TypeError;
    await expect(response.text()).rejects.toThrow(error);
    expect(cache.events).toContainEqual(
      expect.objectContaining({ type: "fill-dropped", reason: "truncated" }),
    );
    expect(await cache.ask(list.url)).toEqual(["a whole body", "fwd=uri-miss;stored;ttl=60"]);
  });

  test("holds no body above the limit, whether its length was stated or not", async () => {
    const body = "x".repeat(5_000);
    const options = { memory: { maxBytes: "4kb" }, disk: { maxEntryBytes: "4kb" } };
    const stated = await path({ body, headers: fresh(60, { "content-length": "5000" }) });
    const unstated = await path({ body, headers: fresh(60, { "transfer-encoding": "chunked" }) });
    const cache = subject(options);
    for (const { url } of [stated, unstated]) {
      expect(await cache.ask(url)).toEqual([body, "fwd=uri-miss;stored=?0"]);
    }
    expect(types(cache.events)).toEqual(["fill-dropped", "fill-dropped"]);
  });

  test("holds no event stream, which reaches its reader as it comes", async () => {
    const list = await path({
      body: "data: 1\n\n",
      headers: fresh(60, { "content-type": "text/event-stream" }),
      keepOpen: true,
    });
    const response = await subject().fetch(list.url);
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toBe("data: 1\n\n");
  });

  test("holds no redirected response, whose URL stays as it came", async () => {
    const target = await path({ body: "there", headers: fresh() });
    const list = await path({ status: 302, headers: { location: target.url, ...fresh() } });
    const cache = subject();
    const response = await cache.fetch(list.url);
    expect([response.url, response.redirected, await response.text()]).toEqual([target.url, true, "there"]);
    await cache.ask(list.url);
    expect(await list.log()).toHaveLength(2);
  });
});

describe("Vary", () => {
  test("keeps several variants of one URL side by side, on disk too", async () => {
    const vary = fresh(60, { vary: "accept-language" });
    const list = await path([
      { body: "hello", headers: vary },
      { body: "bonjour", headers: vary },
    ]);
    const cache = subject();
    const english = { headers: { "accept-language": "en" } };
    const french = { headers: { "accept-language": "fr" } };
    expect((await cache.ask(list.url, english))[1]).toMatch(/uri-miss/);
    expect((await cache.ask(list.url, french))[1]).toMatch(/vary-miss/);
    expect(await cache.ask(list.url, english)).toEqual(["hello", "hit;ttl=60;detail=memory"]);
    expect(await cache.ask(list.url, french)).toEqual(["bonjour", "hit;ttl=60;detail=memory"]);
    const reloaded = await cache.reload();
    expect(await reloaded.ask(list.url, english)).toEqual(["hello", "hit;ttl=60;detail=disk"]);
    expect(await reloaded.ask(list.url, french)).toEqual(["bonjour", "hit;ttl=60;detail=disk"]);
    expect(await list.log()).toHaveLength(2);
  });

  test("counts the browser's own languages where the caller names none", async () => {
    const list = await path({ headers: fresh(60, { vary: "accept-language" }) });
    const cache = subject();
    await cache.ask(list.url);
    const same = { headers: { "accept-language": navigator.languages.join(",") } };
    expect((await cache.ask(list.url, same))[1]).toMatch(/^hit/);
    expect((await cache.ask(list.url, { headers: { "accept-language": "eo" } }))[1]).toMatch(/vary-miss/);
  });

  test("* matches nothing", async () => {
    const list = await path({ headers: fresh(60, { vary: "*" }) });
    const cache = subject();
    await cache.ask(list.url);
    expect((await cache.ask(list.url))[1]).toBe("fwd=uri-miss;stored=?0");
  });

  test("by Cookie, which a page cannot see, is confirmed at each use unless a partition names the user", async () => {
    const row = { body: "mine", headers: fresh(60, { vary: "cookie", etag: '"1"' }) };
    expect(await repeats(row)).toEqual(["fwd=stale;stored;ttl=60", "fwd=stale;stored;ttl=60"]);
    expect(await repeats(row, { partition: () => "ann" })).toEqual([
      "hit;ttl=60;detail=memory",
      "hit;ttl=60;detail=disk",
    ]);
  });
});

describe("credentials", () => {
  const token = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

  test("an answer to a token stays in memory", async () => {
    const list = await path({ body: "mine", headers: fresh() });
    const cache = subject();
    await cache.ask(list.url, token("a"));
    expect((await cache.ask(list.url, token("a")))[1]).toMatch(/^hit/);
    const reloaded = await cache.reload();
    expect(await reloaded.stats()).toMatchObject({ disk: { entries: 0 } });
    expect((await reloaded.ask(list.url, token("a")))[1]).toMatch(/uri-miss/);
  });

  test("an answer to one token never answers another, nor a request without one", async () => {
    const list = await path([
      { body: "a's", headers: fresh() },
      { body: "b's", headers: fresh() },
      { body: "anyone's", headers: fresh() },
    ]);
    const cache = subject();
    expect((await cache.ask(list.url, token("a")))[0]).toBe("a's");
    expect((await cache.ask(list.url, token("b")))[0]).toBe("b's");
    expect((await cache.ask(list.url))[0]).toBe("anyone's");
    expect((await cache.ask(list.url, token("a")))[0]).toBe("a's");
  });

  test("an answer to a token goes to the disk of its partition, and no other partition reads it", async () => {
    const list = await path([
      { body: "ann's", headers: fresh() },
      { body: "bob's", headers: fresh() },
    ]);
    let user = "ann";
    const cache = subject({ partition: () => user });
    await cache.ask(list.url, token("a"));
    user = "bob";
    expect((await cache.ask(list.url, token("b")))[0]).toBe("bob's");
    user = "ann";
    expect(await cache.ask(list.url, token("a"))).toEqual(["ann's", "hit;ttl=60;detail=disk"]);
  });

  test("an answer with cookies never answers a request without them", async () => {
    const list = await path([
      { body: "mine", headers: fresh() },
      { body: "anyone's", headers: fresh() },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    expect((await cache.ask(list.url, { credentials: "omit" }))[0]).toBe("anyone's");
    expect((await cache.ask(list.url, { credentials: "include" }))[0]).toBe("mine");
  });

  test("an answer that comes after the user has changed is kept for nobody", async () => {
    const list = await path([
      { body: "ann's or bob's", headers: fresh(), hold: true },
      { body: "ann's", headers: fresh() },
    ]);
    let user = "ann";
    const cache = subject({ partition: () => user });
    const asked = cache.ask(list.url);
    await expect.poll(async () => (await list.log()).length).toBe(1);
    user = "bob";
    await list.release();
    expect((await asked)[0]).toBe("ann's or bob's");
    user = "ann";
    expect((await cache.ask(list.url))[0]).toBe("ann's");
  });

  test("a partition that cannot be told leaves plain fetch, and is reported", async () => {
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject({
      partition: () => {
        throw new Error("not logged in");
      },
    });
    expect(await cache.ask(list.url)).toEqual(["one", ""]);
    expect(types(cache.events)).toContain("partition-error");
  });
});

describe("a body that falls silent before its end", () => {
  test("is handed over as it comes, like a stream, and is not kept", async () => {
    const list = await path({ body: "first", headers: fresh(), keepOpen: true });
    const cache = subject();
    const response = await cache.fetch(list.url);
    const { value } = (await response.body?.getReader().read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe("first");
    expect(cache.events).toContainEqual(expect.objectContaining({ type: "fill-dropped", reason: "slow" }));
  });
});

describe("defaults", () => {
  test("count where a response says nothing, and lose to what it says", async () => {
    const options = { defaults: { ttl: "5m" } };
    expect((await repeats({ body: "one" }, options))[0]).toBe("hit;ttl=300;detail=memory");
    expect((await repeats({ headers: fresh(60) }, options))[0]).toBe("hit;ttl=60;detail=memory");
    expect((await repeats({ body: "one" }))[0]).toBe("fwd=uri-miss;stored=?0");
  });
});
