import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dehydrate, type Dehydrated } from "../../browser/index.ts";
import { tagSelector } from "../../src/index.ts";
import { edge } from "./edge.ts";
import { fresh, NOON, path, subject } from "./support.ts";

const answer = (body: string, headers: Record<string, string> = fresh(60)): Response =>
  new Response(body, { headers });

/** What a server makes, as it arrives. */
async function made(url: string, response: Response, at = NOON): Promise<Dehydrated> {
  return JSON.parse(JSON.stringify(await dehydrate([[url, response]], { clock: () => at }))) as Dehydrated;
}

describe("seed() and dehydrate()", () => {
  test("what a server has fetched is there at first render, without a fetch", async () => {
    const cache = subject();
    const { url, log } = await path({ body: "[2]", headers: fresh() });
    expect(cache.seed(await made(url, answer("[1]")))).toBe(1);
    const value = cache.peek(url);
    expect(value).toEqual([1]);
    expect(await cache.json(url)).toBe(value);
    expect(await cache.ask(url)).toEqual(["[1]", "hit;ttl=60;detail=memory"]);
    expect(await log()).toEqual([]);
  });

  test("what a page had in memory is there in the next one", async () => {
    const cache = subject();
    const { url } = await path({
      body: "[1]",
      headers: fresh(60, { vary: "accept-language, origin", age: "5" }),
    });
    await cache.json(url);
    cache.pass(10);
    const next = subject({}, NOON + 20_000);
    expect(next.seed(JSON.parse(JSON.stringify(cache.dehydrate())))).toBe(1);
    expect(next.peek(url)).toEqual([1]);
    expect(await next.ask(url)).toEqual(["[1]", "hit;ttl=35;detail=memory"]);
  });

  test("ages count on, and a clock that is behind makes nothing younger", async () => {
    const { url } = await path({ body: "[2]", headers: fresh() });
    const seed = await made(url, answer("[1]", fresh(60, { age: "10" })));
    const word = async (startAt: number) => {
      const cache = subject({}, startAt);
      cache.seed(seed);
      return (await cache.ask(url))[1];
    };
    expect(await word(NOON + 30_000)).toBe("hit;ttl=20;detail=memory");
    expect(await word(NOON - 30_000)).toBe("hit;ttl=50;detail=memory");
    expect(await word(NOON + 60_000)).toMatch(/^fwd/);
  });

  test("leaves out what is one user's own, and what could not be used", async () => {
    const { url } = await path({ body: "[1]" });
    for (const headers of [
      { "cache-control": "private, max-age=60" },
      { "cache-control": "no-store" },
      { "cache-control": "max-age=0" },
      fresh(60, { vary: "cookie" }),
      fresh(60, { vary: "*" }),
    ])
      expect((await made(url, answer("[1]", headers))).responses).toEqual([]);
    const cache = subject();
    const [own, token, open] = await Promise.all([
      path({ body: "[1]", headers: { "cache-control": "private, max-age=60" } }),
      path({ body: "[1]", headers: fresh() }),
      path({ body: "[1]", headers: fresh() }),
    ]);
    await cache.json(own.url);
    await cache.json(token.url, { headers: { authorization: "secret" } });
    await cache.json(open.url);
    expect(cache.dehydrate().responses.map((one) => one.url)).toEqual([open.url]);
  });

  test("leaves out what was purged, and what has expired", async () => {
    const cache = subject();
    const [one, other] = await Promise.all([
      path({ body: "1", headers: fresh(60, { "cache-tag": "a" }) }),
      path({ body: "1", headers: { "cache-control": "max-age=5", age: "1" } }),
    ]);
    await cache.json(one.url);
    await cache.json(other.url);
    await cache.purge({ tags: ["a"] });
    expect(cache.dehydrate().responses.map(({ url }) => url)).toEqual([other.url]);
    cache.pass(30 * 86_400);
    expect(cache.dehydrate().responses).toEqual([]);
  });

  test("takes the place of nothing newer, in memory or on disk, and of what is older", async () => {
    const cache = subject();
    const { url } = await path({ body: "[1]", headers: fresh(600) });
    await cache.json(url);
    expect(cache.seed(await made(url, answer("[0]"), NOON - 10_000))).toBe(0);
    expect(cache.peek(url)).toEqual([1]);
    const reloaded = await cache.reload();
    expect(reloaded.seed(await made(url, answer("[0]"), NOON - 10_000))).toBe(1);
    await expect.poll(() => reloaded.json(url)).toEqual([1]);
    cache.pass(1);
    reloaded.pass(20);
    expect(reloaded.seed(await made(url, answer("[2]"), NOON + 10_000))).toBe(1);
    expect(reloaded.peek(url)).toEqual([2]);
    expect(await reloaded.json(url)).toEqual([2]);
  });

  test("beside a feed: stays if no purge covers it, and needs the edge's mark", async () => {
    const at = edge();
    const { url, log } = await path({ body: "[2]", headers: fresh() });
    const marked = fresh(60, { "tidemark-mark": "e1.0", "cache-tag": "fruit" });
    const cache = subject(at.options);
    expect(cache.seed(await made(url, answer("[0]")))).toBe(0);
    expect(cache.seed(await made(url, answer("[1]", marked)))).toBe(1);
    // Nobody knows of a purge yet.
    expect(cache.peek(url)).toEqual([1]);
    await at.hasListeners(1);
    await expect.poll(() => cache.json(url)).toEqual([1]);
    expect(await log()).toEqual([]);
    await at.purge(tagSelector("fruit"));
    await expect.poll(() => cache.peek(url)).toBeUndefined();
  });

  test("beside a feed: goes, and says so, when it turns out to be purged", async () => {
    const at = edge();
    await at.purge(tagSelector("fruit"));
    const { url } = await path({ body: "[2]", headers: fresh() });
    const marked = fresh(60, { "tidemark-mark": "e1.0", "cache-tag": "fruit" });
    const cache = subject(at.options);
    cache.seed(await made(url, answer("[1]", marked)));
    const shown: unknown[] = [];
    cache.subscribe(url, ({ data }) => shown.push(data));
    expect(shown).toEqual([[1]]);
    await expect.poll(() => shown.at(-1)).toEqual([2]);
  });

  test("whatever is not sound is left out", async () => {
    const cache = subject();
    const { url } = await path({ body: "[2]", headers: fresh() });
    const sound = await made(url, answer("[1]"));
    const [one] = sound.responses;
    const bent: readonly unknown[] = [
      undefined,
      null,
      "x",
      {},
      { ...sound, at: "now" },
      { ...sound, responses: {} },
      { ...sound, responses: [null, 1, {}, { ...one, url: "javascript:alert(1)" }, { ...one, url: 1 }] },
      {
        ...sound,
        responses: [
          { ...one, body: { toString: 1 } },
          { ...one, facts: { ...one?.facts, status: 42 } },
        ],
      },
      { ...sound, responses: [{ ...one, facts: { ...one?.facts, fields: [["a b", "c"]] } }] },
      { ...sound, responses: [{ ...one, facts: { ...one?.facts, lifetime: "1" } }] },
    ];
    for (const seed of bent) expect(cache.seed(seed)).toBe(0);
    expect(
      cache.seed({ ...sound, responses: [{ ...one, facts: { ...one?.facts, initialAge: -1e9 } }] }),
    ).toBe(1);
    cache.pass(61);
    expect(cache.peek(url)).toBeUndefined();
  });

  test("no seed whatever makes it throw", () => {
    const cache = subject();
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record({ at: fc.anything(), responses: fc.array(fc.anything()) })),
        (seed) => {
          expect(cache.seed(seed)).toBe(0);
        },
      ),
    );
  });
});
