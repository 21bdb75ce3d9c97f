import { describe, expect, test } from "vitest";
import { hostSelector, patternSelector, prefixSelector, tagSelector, urlSelector } from "../../src/index.ts";
import type { ApiCacheOptions, ResourceChange } from "../../browser/index.ts";
import { edge, type Edge } from "./edge.ts";
import { fresh, path, subject, unique, type Subject } from "./support.ts";

/** A page that listens to an edge. */
async function page(at: Edge, options: ApiCacheOptions = {}): Promise<Subject> {
  const before = (await at.log()).listeners;
  const cache = subject({ ...at.options, ...options });
  await at.hasListeners(before + 1);
  return cache;
}

/** What a callback was called with. */
function watch(cache: Subject, url: string): { readonly heard: ResourceChange[]; readonly stop: () => void } {
  const heard: ResourceChange[] = [];
  return { heard, stop: cache.onChange(url, (change) => heard.push(change)) };
}

/** Has the page hear of everything that was ordered before. */
async function hearAll(at: Edge, cache: Subject): Promise<void> {
  const { url } = await path({ body: "marker" });
  const heard = new Promise((resolve) => cache.onChange(url, resolve));
  await at.purge(urlSelector(url));
  await heard;
}

/** A pattern of the URL's host. */
function patternOf(url: string, path: string): string | undefined {
  return patternSelector(`${new URL(url).host}/${path}`);
}

const TAGGED = { body: "one", headers: fresh(600, { "cache-tag": "fruit, red" }) };

describe("onChange() and a purge", () => {
  test.each([
    ["its tag", () => tagSelector("red")],
    ["its URL", (url: string) => urlSelector(url)],
    ["a path above it", (url: string) => prefixSelector(new URL("/", url).href.replace(/^https?:\/\//, ""))],
    ["a pattern that its path matches", (url: string) => patternOf(url, "**")],
    ["its host", (url: string) => hostSelector(new URL(url).host)],
    ["everything", () => "all"],
  ])("of %s: calls back, hard and soft", async (_, selector) => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    await cache.ask(url);
    const { heard } = watch(cache, url);
    await at.purge(selector(url));
    await at.order({ purge: [selector(url) ?? ""], how: "soft" });
    await expect
      .poll(() => heard)
      .toEqual([
        { url, reason: "purged" },
        { url, reason: "invalidated" },
      ]);
  });

  test("calls back once, with the stronger reason, when it covers the URL in several ways", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    await cache.ask(url);
    const { heard } = watch(cache, url);
    await at.purge(tagSelector("fruit"), tagSelector("red"), urlSelector(url));
    await hearAll(at, cache);
    // The feed, asked again, tells nothing new.
    cache.pass(3);
    await cache.ask(url);
    expect(heard).toEqual([{ url, reason: "purged" }]);
  });

  test("of something else does not call back", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    await cache.ask(url);
    const { heard } = watch(cache, url);
    await at.purge(
      tagSelector("green"),
      urlSelector(`${url}/more`),
      prefixSelector("elsewhere.example/a"),
      patternOf(url, "*/more"),
    );
    await hearAll(at, cache);
    expect(heard).toEqual([]);
  });

  test("by a tag that the page comes to know only later calls back", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    const { heard } = watch(cache, url);
    await cache.ask(url);
    await at.purge(tagSelector("fruit"));
    await expect.poll(() => heard).toEqual([{ url, reason: "purged" }]);
  });

  test("by a tag of what an earlier page has stored calls back, without a read", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    await cache.ask(url);
    const reloaded = await cache.reload();
    await at.hasListeners(1);
    const { heard } = watch(reloaded, url);
    await expect
      .poll(async () => {
        await at.purge(tagSelector("fruit"));
        return heard[0];
      })
      .toEqual({ url, reason: "purged" });
  });

  test("calls back when a read would bring the new state, not sooner", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path([
      { ...TAGGED, body: "old" },
      { ...TAGGED, body: "new" },
    ]);
    await cache.ask(url);
    const text = new Promise((resolve) => cache.onChange(url, () => resolve(cache.ask(url))));
    await at.purge(tagSelector("fruit"));
    expect(await text).toEqual(["new", "fwd=uri-miss;stored;ttl=600"]);
  });

  test("one of five hundred URLs: calls back for that one", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    const heard: ResourceChange[] = [];
    for (let index = 0; index < 500; index += 1)
      cache.onChange(`${url}/${index}`, (change) => heard.push(change));
    await at.purge(urlSelector(`${url}/77`));
    await expect.poll(() => heard).toEqual([{ url: `${url}/77`, reason: "purged" }]);
  });

  test("that is told of again, in the whole of the ledger, does not call back again", async () => {
    const at = edge();
    const cache = await page(at);
    const { url } = await path(TAGGED);
    await cache.ask(url);
    const { heard } = watch(cache, url);
    await at.purge(tagSelector("fruit"), patternOf(url, "**"));
    const whole = {
      epoch: "e1",
      position: 1,
      floor: 0,
      since: null,
      changes: [
        [tagSelector("fruit"), 1, 0],
        [patternOf(url, "**"), 1, 0],
      ],
    };
    await at.order({ send: JSON.stringify(whole) });
    await hearAll(at, cache);
    expect(heard).toEqual([{ url, reason: "purged" }]);
  });

  test("that a refresh of the purges brings calls back when a read would bring the new state", async () => {
    const at = edge();
    const { live: _, ...purges } = at.options.purges as { feed: string; live: string };
    const cache = subject({ purges });
    const { url } = await path([
      { ...TAGGED, body: "old" },
      { ...TAGGED, body: "new" },
    ]);
    await cache.ask(url);
    const text = new Promise((resolve) => cache.onChange(url, () => resolve(cache.ask(url))));
    await at.purge(tagSelector("fruit"));
    // Within the bound, but past half of it: the read asks behind its answer.
    cache.pass(1.5);
    expect((await cache.ask(url))[0]).toBe("old");
    expect(await text).toEqual(["new", "fwd=uri-miss;stored;ttl=600"]);
  });

  test("is heard of at the next read where the page has only a feed", async () => {
    const at = edge();
    const { live: _, ...purges } = at.options.purges as { feed: string; live: string };
    const cache = subject({ purges });
    const { url } = await path(TAGGED);
    await cache.ask(url);
    const { heard } = watch(cache, url);
    await at.purge(tagSelector("fruit"));
    cache.pass(3);
    await cache.ask(url);
    await expect.poll(() => heard).toEqual([{ url, reason: "purged" }]);
  });
});

describe("onChange() and what tabs do", () => {
  test("calls back in both tabs when one of them changes the URL", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const { url } = await path(TAGGED);
    await here.ask(url);
    const watched = [watch(here, `${url}#part`), watch(there, url)];
    await here.fetch(`${url}#other`, { method: "PATCH" });
    for (const { heard } of watched) await expect.poll(() => heard).toEqual([{ url, reason: "changed" }]);
  });

  test("does not call back when the change was refused", async () => {
    const cache = subject();
    const { url } = await path({ status: 403 });
    const { heard } = watch(cache, url);
    await cache.fetch(url, { method: "PATCH" });
    expect(heard).toEqual([]);
  });

  test("calls back in both tabs when a refresh behind a stale answer has brought another one", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const headers = { "cache-control": "max-age=60, stale-while-revalidate=600" };
    const { url } = await path([
      { body: "old", headers },
      { body: "new", headers },
    ]);
    await here.ask(url);
    await there.ask(url);
    const read = [here, there].map(
      (tab) => new Promise((resolve) => tab.onChange(url, () => resolve(tab.ask(url)))),
    );
    here.pass(90);
    expect((await here.ask(url))[0]).toBe("old");
    const [inHere, inThere] = await Promise.all(read);
    expect(inHere).toEqual(["new", "hit;ttl=60;detail=memory"]);
    expect(inThere).toEqual(["new", expect.any(String)]);
  });

  test.each([
    ["the same", { body: "old", headers: fresh(60) }],
    ["confirmed", { status: 304, headers: fresh(60) }],
    ["stale at once", { body: "new", headers: { "cache-control": "max-age=0", etag: '"2"' } }],
  ])("does not call back when what a refresh brought is %s", async (_, second) => {
    const cache = subject();
    const { url } = await path([{ body: "old", headers: fresh(60, { etag: '"1"' }) }, second]);
    await cache.ask(url);
    const { heard } = watch(cache, url);
    cache.pass(90);
    await cache.ask(url);
    await cache.ask(url);
    expect(heard).toEqual([]);
  });
});

describe("onChange()", () => {
  test("calls each callback as often as it was given, until it is ended", async () => {
    const cache = subject();
    const { url } = await path({ body: "one" });
    let calls = 0;
    const count = (): void => void (calls += 1);
    const [first, second] = [cache.onChange(url, count), cache.onChange(url, count)];
    await cache.fetch(url, { method: "POST" });
    expect(calls).toBe(2);
    first();
    first();
    await cache.fetch(url, { method: "POST" });
    expect(calls).toBe(3);
    second();
    await cache.fetch(url, { method: "POST" });
    expect(calls).toBe(3);
  });

  test("is not disturbed by a callback that throws", async () => {
    const cache = subject();
    const { url } = await path({ body: "one" });
    cache.onChange(url, () => {
      throw new Error("on purpose");
    });
    const { heard } = watch(cache, url);
    expect((await cache.fetch(url, { method: "POST" })).status).toBe(200);
    expect(heard).toHaveLength(1);
  });

  test.each(["ftp://example.com/", "data:,x"])("refuses what is not of the web: %s", (url) => {
    expect(() => subject().onChange(url, () => undefined)).toThrow(TypeError);
  });
});
