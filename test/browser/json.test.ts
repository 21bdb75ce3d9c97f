import { describe, expect, test } from "vitest";
import { ResponseError } from "../../browser/index.ts";
import { edge } from "./edge.ts";
import { fresh, path, subject } from "./support.ts";
import { tagSelector } from "../../src/index.ts";

const ONE = { body: '{"a":{"b":[1]}}', headers: fresh(60, { etag: '"1"' }) };

describe("json()", () => {
  test("gives the same frozen object for as long as the stored response is the same", async () => {
    const cache = subject();
    const { url, log } = await path(ONE);
    const first = await cache.json<{ a: { b: number[] } }>(url);
    expect(first).toEqual({ a: { b: [1] } });
    expect(Object.isFrozen(first) && Object.isFrozen(first.a) && Object.isFrozen(first.a.b)).toBe(true);
    expect(await cache.json(url)).toBe(first);
    expect(await cache.json(new URL(url))).toBe(first);
    expect(await cache.json(new Request(url))).toBe(first);
    expect(await cache.json(`${url}#part`)).toBe(first);
    expect(await log()).toHaveLength(1);
    expect((await cache.stats()).memoryHits).toBe(4);
  });

  test("gives the same object after a 304, and another one after another answer", async () => {
    const cache = subject();
    const { url } = await path([
      ONE,
      { status: 304, headers: fresh(60, { etag: '"1"' }) },
      { ...ONE, body: '{"a":2}' },
    ]);
    const first = await cache.json(url);
    cache.pass(90);
    expect(await cache.json(url)).toBe(first);
    cache.pass(90);
    expect(await cache.json(url)).toEqual({ a: 2 });
  });

  test("reads from disk what an earlier page has stored", async () => {
    const cache = subject();
    const { url, log } = await path(ONE);
    await cache.json(url);
    const reloaded = await cache.reload();
    const value = await reloaded.json(url);
    expect(value).toEqual({ a: { b: [1] } });
    expect(await reloaded.json(url)).toBe(value);
    expect(await log()).toHaveLength(1);
  });

  test("a body too long to be kept as text is as good, and a byte order mark is no part of it", async () => {
    const cache = subject();
    const long = JSON.stringify("x".repeat(200_000));
    const { url } = await path({ body: long, headers: fresh() });
    expect(await cache.json(url)).toBe("x".repeat(200_000));
    const marked = await path({ body: "\uFEFF[1]", headers: fresh() });
    expect(await cache.json(marked.url)).toEqual([1]);
    expect(await cache.json(marked.url)).toBe(cache.peek(marked.url));
  });

  test("rejects for a status that is no success, stored or not, with the response", async () => {
    const cache = subject();
    const { url } = await path({ status: 404, body: '{"why":"gone"}', headers: fresh() });
    for (let times = 0; times < 2; times += 1) {
      const error: unknown = await cache.json(url).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ResponseError);
      expect((error as ResponseError).status).toBe(404);
      expect(await (error as ResponseError).response.json()).toEqual({ why: "gone" });
    }
    expect(cache.peek(url)).toBeUndefined();
  });

  test.each([
    ["stored", fresh()],
    ["not stored", { "cache-control": "no-store" }],
  ])("rejects with a SyntaxError for what is no JSON: %s", async (_, headers) => {
    const cache = subject();
    const { url } = await path({ body: "{", headers });
    await expect(cache.json(url)).rejects.toThrow(SyntaxError);
    await expect(cache.json(url)).rejects.toThrow(SyntaxError);
    expect(cache.peek(url)).toBeUndefined();
  });

  test("rejects as fetch does when the network fails, and when the caller has given up", async () => {
    const cache = subject();
    const { url } = await path({ breakAfter: 0 });
    await expect(cache.json(url)).rejects.toThrow(TypeError);
    await expect(cache.json("http://")).rejects.toThrow(TypeError);
    const stored = await path(ONE);
    await cache.json(stored.url);
    await expect(cache.json(stored.url, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });

  test("serves stale within its window and fetches behind it", async () => {
    const cache = subject();
    const headers = { "cache-control": "max-age=10, stale-while-revalidate=100" };
    const { url } = await path([
      { body: "1", headers },
      { body: "2", headers },
    ]);
    expect(await cache.json(url)).toBe(1);
    cache.pass(20);
    expect(await cache.json(url)).toBe(1);
    await expect.poll(() => cache.json(url)).toBe(2);
  });

  test("answers what is not stored, frozen too", async () => {
    const cache = subject();
    const { url } = await path({ body: "[[]]", headers: { "cache-control": "no-store" } });
    const value = await cache.json<unknown[]>(url);
    expect(Object.isFrozen(value) && Object.isFrozen(value[0])).toBe(true);
    expect(await cache.json(url, { method: "POST" })).toEqual([[]]);
  });

  test("keeps variants apart", async () => {
    const cache = subject();
    const { url } = await path([
      { body: '"en"', headers: fresh(60, { vary: "x-test" }) },
      { body: '"fr"', headers: fresh(60, { vary: "x-test" }) },
    ]);
    const french = { headers: { "x-test": "fr" } };
    expect(await cache.json(url)).toBe("en");
    expect(await cache.json(url, french)).toBe("fr");
    expect(await cache.json(url)).toBe("en");
    expect(cache.peek(url)).toBe("en");
    expect(cache.peek(new Request(url, french))).toBe("fr");
    expect((await cache.stats()).misses).toBe(2);
  });

  test("counts what it has parsed: what is too large with its value is not kept with it", async () => {
    const cache = subject({ memory: { maxBytes: 6_000 } });
    const { url } = await path({ body: JSON.stringify(["x".repeat(1_500)]), headers: fresh() });
    const value = await cache.json(url);
    expect(await cache.json(url)).not.toBe(value);
    expect(await cache.json(url)).toEqual(value);
    expect(cache.peek(url)).toBeUndefined();
    expect((await cache.ask(url))[1]).toBe("hit;ttl=60;detail=memory");
  });

  test("values make room for each other, the least recently used first", async () => {
    const cache = subject({ memory: { maxBytes: 12_000 }, disk: false });
    const lists = await Promise.all(
      [1, 2, 3].map((n) => path({ body: JSON.stringify(["x".repeat(1_000), n]), headers: fresh() })),
    );
    for (const { url } of lists) await cache.json(url);
    expect(lists.map(({ url }) => cache.peek(url) !== undefined)).toEqual([false, true, true]);
  });

  test("a relative address is the page's", async () => {
    const cache = subject();
    const { url } = await path(ONE);
    expect(await cache.json(url.slice(location.origin.length))).toBe(await cache.json(url));
  });
});

describe("peek()", () => {
  test("gives what json gives, at once, while it may be reused without asking", async () => {
    const cache = subject();
    const headers = { "cache-control": "max-age=10, stale-while-revalidate=100" };
    const { url, log } = await path({ body: "{}", headers });
    expect(cache.peek(url)).toBeUndefined();
    const value = await cache.json(url);
    expect(cache.peek(url)).toBe(value);
    cache.pass(20);
    expect(cache.peek(url)).toBe(value);
    cache.pass(100);
    expect(cache.peek(url)).toBeUndefined();
    expect(await log()).toHaveLength(1);
  });

  test("finds what fetch has brought, and nothing that is on disk alone", async () => {
    const cache = subject();
    const { url } = await path(ONE);
    await cache.ask(url);
    expect(cache.peek(url)).toEqual({ a: { b: [1] } });
    const reloaded = await cache.reload();
    expect(reloaded.peek(url)).toBeUndefined();
  });

  test("gives nothing that must be confirmed first, and nothing of another user's", async () => {
    let user = "one";
    const cache = subject({ partition: () => user });
    const checked = await path({ ...ONE, headers: { "cache-control": "no-cache", etag: '"1"' } });
    const own = await path(ONE);
    await cache.json(checked.url);
    await cache.json(own.url);
    expect(cache.peek(checked.url)).toBeUndefined();
    expect(cache.peek(own.url)).toBeDefined();
    user = "two";
    expect(cache.peek(own.url)).toBeUndefined();
  });

  test("gives nothing that a purge covers which the page has heard of", async () => {
    const at = edge();
    const cache = subject(at.options);
    await at.hasListeners(1);
    const { url } = await path({ ...ONE, headers: fresh(600, { "cache-tag": "fruit" }) });
    await cache.json(url);
    expect(cache.peek(url)).toBeDefined();
    await at.purge(tagSelector("fruit"));
    await expect.poll(() => cache.peek(url)).toBeUndefined();
  });

  test.each(["ftp://x/", "http://user:secret@localhost/", "http://", "data:,1"])(
    "knows nothing of %s",
    (url) => {
      expect(subject().peek(url)).toBeUndefined();
    },
  );
});
