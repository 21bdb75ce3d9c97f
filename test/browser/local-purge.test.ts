import { describe, expect, test } from "vitest";
import type { ApiCacheOptions, LocalPurge } from "../../browser/index.ts";
import { edge } from "./edge.ts";
import { fresh, path, subject, unique } from "./support.ts";

const tagged = (body: string, tag = "fruit, red") => ({
  body,
  headers: fresh(600, { "cache-tag": tag, etag: '"1"' }),
});

const places: readonly (readonly [string, () => ApiCacheOptions])[] = [
  ["without a feed", () => ({})],
  ["beside a feed", () => edge().options],
];

describe.each(places)("purge(), %s", (_, options) => {
  test.each<readonly [string, (url: string) => LocalPurge]>([
    ["a tag", () => ({ tags: ["red"] })],
    ["a URL", (url) => ({ urls: [`${url}#part`] })],
    ["everything", () => ({ everything: true })],
  ])("of %s: nothing that it covers is used again, here and after a reload", async (__, target) => {
    const cache = subject(options());
    const { url, log } = await path([tagged("[1]"), tagged("[2]")]);
    await cache.json(url);
    const done = cache.purge(target(url));
    expect(cache.peek(url)).toBeUndefined();
    await done;
    const reloaded = await cache.reload();
    // Not even asked about.
    expect(await reloaded.json(url)).toEqual([2]);
    expect((await log())[1]?.headers["if-none-match"]).toBeUndefined();
    expect(await reloaded.json(url)).toEqual([2]);
    expect(await (await reloaded.reload()).json(url)).toEqual([2]);
    expect(await log()).toHaveLength(2);
  });

  test("of another tag or URL leaves it alone", async () => {
    const cache = subject(options());
    const { url, log } = await path(tagged("[1]"));
    await cache.json(url);
    await cache.purge({ tags: ["green"], urls: [`${url}/more`, `${url}?query`] });
    expect(cache.peek(url)).toEqual([1]);
    expect(await log()).toHaveLength(1);
  });

  test("reaches the other tabs, in memory too", async () => {
    const name = unique("tabs");
    const shared = options();
    const [here, there] = [subject({ ...shared, name }), subject({ ...shared, name })];
    const { url } = await path([tagged("[1]"), tagged("[1]"), tagged("[2]")]);
    await Promise.all([here, there].map((tab) => tab.json(url, { cache: "reload" })));
    const heard = new Promise((resolve) => there.onChange(url, resolve));
    await expect.poll(() => there.peek(url)).toEqual([1]);
    await here.purge({ tags: ["fruit"] });
    expect(await heard).toEqual({ url, reason: "purged" });
    expect(there.peek(url)).toBeUndefined();
    expect(await there.json(url)).toEqual([2]);
  });

  test("tells who watches, and what is on its way is not kept", async () => {
    const cache = subject(options());
    const { url, release, log } = await path([
      tagged("[1]"),
      { ...tagged("[2]"), hold: true },
      tagged("[3]"),
    ]);
    await cache.json(url);
    const heard: string[] = [];
    cache.onChange(url, ({ reason }) => heard.push(reason));
    const under = cache.json(url, { cache: "reload" });
    await expect.poll(log).toHaveLength(2);
    await cache.purge({ tags: ["fruit"] });
    await release();
    expect(await under).toEqual([2]);
    expect(await cache.json(url)).toEqual([3]);
    expect(heard).toEqual(["purged"]);
  });
});

describe("purge()", () => {
  test("of tags finds answers that name none by the default ones, and those whose tags cannot be read", async () => {
    const cache = subject({ defaults: { tags: ["plain"] } });
    const plain = await path({ body: "1", headers: fresh(600) });
    const odd = await path({ body: "2", headers: fresh(600, { "cache-tag": "x".repeat(2_000) }) });
    await Promise.all([plain, odd].map(({ url }) => cache.json(url)));
    await cache.purge({ tags: ["plain"] });
    expect([plain, odd].map(({ url }) => cache.peek(url))).toEqual([undefined, undefined]);
  });

  test("what is purged does not stand in when the network is gone", async () => {
    const cache = subject();
    const { url } = await path([tagged("[1]"), { breakAfter: 0 }]);
    await cache.json(url);
    await cache.purge({ tags: ["fruit"] });
    await expect(cache.json(url)).rejects.toThrow(TypeError);
  });

  test("a tag of one variant reaches them all, and what is fetched anew stays", async () => {
    const cache = subject();
    const vary = (tag: string) => fresh(600, { vary: "x-test", "cache-tag": tag });
    const { url } = await path([
      { body: "1", headers: vary("a") },
      { body: "2", headers: vary("b") },
      { body: "3", headers: vary("b") },
    ]);
    const other = { headers: { "x-test": "2" } };
    await cache.json(url);
    await cache.json(url, other);
    await cache.purge({ tags: ["a"] });
    expect(await cache.json(url, other)).toBe(3);
    expect(await cache.json(url, other)).toBe(3);
  });

  test("more tags than are told apart forget too much, never too little", async () => {
    const cache = subject();
    const { url } = await path([tagged("[1]"), tagged("[2]")]);
    await cache.json(url);
    await cache.purge({ tags: ["fruit"] });
    cache.pass(1);
    for (let round = 0; round < 3; round += 1) {
      await cache.purge({ tags: Array.from({ length: 500 }, (_, index) => `${round}-${index}`) });
      cache.pass(1);
    }
    expect(await (await cache.reload()).json(url)).toEqual([2]);
  });

  test("belongs to a partition", async () => {
    let user = "one";
    const cache = subject({ partition: () => user });
    const { url } = await path(tagged("[1]"));
    await cache.json(url);
    user = "two";
    await cache.purge({ everything: true });
    user = "one";
    const { log } = await path({});
    expect(await cache.json(url, { cache: "only-if-cached", mode: "same-origin" })).toEqual([1]);
    expect(await log()).toEqual([]);
  });

  test("lives without a disk", async () => {
    const cache = subject({ disk: false });
    const { url } = await path([tagged("[1]"), tagged("[2]")]);
    await cache.json(url);
    await cache.purge({ tags: ["fruit"] });
    expect(await cache.json(url)).toEqual([2]);
  });

  test.each([[{ tags: [""] }], [{ tags: [1] }], [{ tags: ["a,b"] }], [{ urls: ["http://"] }]])(
    "refuses %j",
    async (target) => {
      await expect(subject().purge(target as LocalPurge)).rejects.toThrow(TypeError);
    },
  );

  test("foreign words on the channel or the disk do no harm", async () => {
    const name = unique("cache");
    const cache = subject({ name });
    const { url } = await path(tagged("[1]"));
    await cache.json(url);
    const channel = new BroadcastChannel(`tidemark/${name}`);
    for (const message of [
      { kind: "forgotten", selectors: "all", at: 1 },
      { kind: "forgotten", selectors: [1, {}], at: 9e15 },
      { kind: "forgotten", selectors: ["tag:fruit"], at: Number.NaN },
    ])
      channel.postMessage(message);
    channel.postMessage({ kind: "changed", url: `${url}/last`, token: null });
    await new Promise((resolve) => cache.onChange(`${url}/last`, resolve));
    channel.close();
    expect(cache.peek(url)).toEqual([1]);
    await cache.purge({ tags: ["fruit"] });
    expect(cache.peek(url)).toBeUndefined();
  });
});
