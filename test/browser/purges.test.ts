import { describe, expect, test } from "vitest";
import { memoryLedger, tagSelector, urlSelector, type Ledger } from "../../src/index.ts";
import type { ApiCacheOptions } from "../../browser/index.ts";
import { fresh, NOON, path, subject, types, type Path, type Subject } from "./support.ts";

/** An edge's ledger and its feed, which tells the whole of it to whoever asks. */
interface Edge {
  readonly feed: Path;
  readonly options: ApiCacheOptions;
  /** Orders a purge. The browser hears of it at its next question. */
  purge(selector: string | undefined, mode?: "hard" | "soft"): Promise<void>;
  /** What the edge says of an answer whose origin it asked at this position. */
  mark(position: number): Record<string, string>;
}

async function edge(epoch = "e1"): Promise<Edge> {
  const ledger: Ledger = memoryLedger({ epoch, clock: () => NOON });
  const feed = await path({});
  const tell = async (): Promise<void> =>
    feed.script({ body: JSON.stringify(await ledger.since(undefined)) });
  await tell();
  return {
    feed,
    options: { purges: feed.url },
    async purge(selector, mode = "hard") {
      await ledger.purge({ selectors: [selector ?? "all"], mode });
      await tell();
    },
    mark: (position) => ({ "tidemark-mark": `${epoch}.${position}` }),
  };
}

/** Lets the bound pass, so that the next read asks the feed first. */
const passBound = (cache: Subject): void => void cache.pass(3);

describe("a purge that the feed tells of", () => {
  test.each([
    ["by tag", () => tagSelector("fruit")],
    ["by URL", (url: string) => urlSelector(url)],
    ["of everything", () => undefined],
  ])("%s: what it covers is not answered any more, from memory or from disk", async (_, selector) => {
    const { feed: _feed, options, mark, purge } = await edge();
    const list = await path([
      { body: "old", headers: fresh(600, { "cache-tag": "fruit, red", ...mark(0) }) },
      { body: "new", headers: fresh(600, { "cache-tag": "fruit, red", ...mark(1) }) },
    ]);
    const cache = subject(options);
    await cache.ask(list.url);
    expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
    await purge(selector(list.url));
    passBound(cache);
    const reloaded = await cache.reload();
    expect((await reloaded.ask(list.url))[0]).toBe("new");
    expect(await reloaded.ask(list.url)).toEqual(["new", "hit;ttl=600;detail=memory"]);
  });

  test("is heeded once the bound has passed, and not a question sooner", async () => {
    const { feed, options, mark, purge } = await edge();
    const list = await path([
      { body: "old", headers: fresh(600, mark(0)) },
      { body: "new", headers: fresh(600, mark(1)) },
    ]);
    const cache = subject({ ...options, bound: "10s" });
    await cache.ask(list.url);
    await purge(urlSelector(list.url));
    cache.pass(4);
    expect((await cache.ask(list.url))[0]).toBe("old");
    expect(await feed.log()).toHaveLength(0);
    cache.pass(6);
    expect((await cache.ask(list.url))[0]).toBe("new");
    expect((await feed.log()).map(({ url }) => new URL(url, location.href).search)).toEqual(["?since=e1.0"]);
  });

  test("leaves alone what it does not cover", async () => {
    const { options, mark, purge } = await edge();
    const list = await path({ body: "one", headers: fresh(600, { "cache-tag": "fruit", ...mark(0) }) });
    const cache = subject(options);
    await cache.ask(list.url);
    await purge(tagSelector("fruits"));
    passBound(cache);
    expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
  });

  test("soft: the response is stale, its window still applies", async () => {
    const { options, mark, purge } = await edge();
    const control = { "cache-control": "max-age=600, stale-while-revalidate=60" };
    const list = await path([
      { body: "old", headers: { ...control, ...mark(0) } },
      { body: "new", headers: { ...control, ...mark(1) } },
    ]);
    const cache = subject(options);
    await cache.ask(list.url);
    await purge(urlSelector(list.url), "soft");
    passBound(cache);
    expect(await cache.ask(list.url)).toEqual(["old", "hit;ttl=0;detail=memory"]);
    await expect.poll(() => cache.ask(list.url)).toEqual(["new", "hit;ttl=600;detail=memory"]);
  });

  test("hard: the old response is not shown without a network either", async () => {
    const { options, mark, purge } = await edge();
    const list = await path([{ body: "old", headers: fresh(60, mark(0)) }, { breakAfter: 0 }]);
    const cache = subject(options);
    await cache.ask(list.url);
    await purge(urlSelector(list.url));
    cache.pass(90);
    await expect(cache.fetch(list.url)).rejects.toThrow(TypeError);
  });
});

describe("the mark of what is stored", () => {
  test("is the edge's, where the edge is behind: its old body does not come back", async () => {
    const { options, mark, purge } = await edge();
    const list = await path([
      { body: "old", headers: fresh(600, mark(0)) },
      { body: "old", headers: fresh(600, mark(0)) },
      { body: "new", headers: fresh(600, mark(1)) },
    ]);
    const cache = subject(options);
    await cache.ask(list.url);
    await purge(urlSelector(list.url));
    passBound(cache);
    expect(await cache.ask(list.url)).toEqual(["old", "fwd=uri-miss;stored=?0"]);
    expect(await cache.ask(list.url)).toEqual(["new", "fwd=uri-miss;stored;ttl=600"]);
  });

  test("is the page's own, where the edge knows more", async () => {
    const { options, mark, purge } = await edge();
    const list = await path([
      { body: "one", headers: fresh(600, mark(7)) },
      { body: "two", headers: fresh(600, mark(7)) },
    ]);
    const cache = subject(options);
    expect((await cache.ask(list.url))[1]).toMatch(/stored;/);
    await purge(urlSelector(list.url));
    passBound(cache);
    expect((await cache.ask(list.url))[0]).toBe("two");
  });

  test("is the page's own, where the edge says nothing", async () => {
    const { options, purge } = await edge();
    const list = await path([
      { body: "one", headers: fresh(600) },
      { body: "two", headers: fresh(600) },
    ]);
    const cache = subject(options);
    await cache.ask(list.url);
    expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
    await purge(urlSelector(list.url));
    passBound(cache);
    expect((await cache.ask(list.url))[0]).toBe("two");
  });

  test("is none where nobody can read it, or no tag: nothing is stored", async () => {
    const { options } = await edge();
    for (const more of [{ "tidemark-mark": "rubbish" }, { "cache-tag": "caf\u00e9" }]) {
      const list = await path({ body: "one", headers: fresh(600, more) });
      expect(await subject(options).ask(list.url)).toEqual(["one", "fwd=uri-miss;stored=?0"]);
    }
  });

  test("of another epoch makes the page ask the feed, and counts if the feed says the same", async () => {
    const before = await edge("e1");
    const after = await edge("e2");
    const list = await path({ body: "one", headers: fresh(600, after.mark(0)) });
    const cache = subject(before.options);
    await cache.ask((await path({})).url);
    const whole = { epoch: "e2", position: 0, floor: 0, since: null, changes: [] };
    await before.feed.script({ body: JSON.stringify(whole) });
    expect((await cache.ask(list.url))[1]).toBe("fwd=uri-miss;stored;ttl=600");
    expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
  });

  test("of another epoch than the feed's: nothing is stored", async () => {
    const { options } = await edge("e1");
    const list = await path({ body: "one", headers: fresh(600, { "tidemark-mark": "e2.0" }) });
    expect(await subject(options).ask(list.url)).toEqual(["one", "fwd=uri-miss;stored=?0"]);
  });

  test("does not matter to a cache without a feed", async () => {
    const list = await path({ body: "one", headers: fresh(600, { "tidemark-mark": "e2.9" }) });
    const cache = subject();
    expect((await cache.ask(list.url))[1]).toMatch(/stored;/);
    expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
    expect((await list.log())[0]?.headers).not.toHaveProperty("tidemark-token");
  });
});

describe("the causal token", () => {
  test("goes with each request to the own origin, and to no other", async () => {
    const { options, purge } = await edge();
    await purge("all");
    const own = await path({});
    const elsewhere = await path({}, "elsewhere");
    const cache = subject(options);
    await cache.ask(own.url);
    await cache.ask(elsewhere.url);
    expect((await own.log())[0]?.headers).toMatchObject({ "tidemark-token": "e1.1" });
    expect(await elsewhere.log()).toEqual([expect.objectContaining({ method: "GET" })]);
    expect((await elsewhere.log())[0]?.headers).not.toHaveProperty("tidemark-token");
  });

  test("of a change is asked for at the next read, by its token, within the bound", async () => {
    const { feed, options, mark, purge } = await edge();
    const list = await path([
      { body: "old", headers: fresh(600, { "cache-tag": "fruit", ...mark(0) }) },
      { body: "new", headers: fresh(600, { "cache-tag": "fruit", ...mark(1) }) },
    ]);
    const edit = await path({ status: 204, headers: { "tidemark-token": "e1.1" } });
    const cache = subject(options);
    await cache.ask(list.url);
    await purge(tagSelector("fruit"));
    await cache.fetch(edit.url, { method: "POST" });
    expect((await cache.ask(list.url))[0]).toBe("new");
    // Whichever place answers for the edge: it may not have heard of the change, which went through another.
    expect((await feed.log()).at(-1)?.url).toMatch(/since=e1\.0&at-least=e1\.1$/);
  });
});

describe("a ledger that begins anew", () => {
  test("makes everything stored under the old one invalid", async () => {
    const first = await edge("e1");
    const list = await path([
      { body: "old", headers: fresh(600, first.mark(0)) },
      { body: "new", headers: fresh(600, { "tidemark-mark": "e2.0" }) },
    ]);
    const cache = subject(first.options);
    await cache.ask(list.url);
    const second = await edge("e2");
    const reloaded = await cache.reload(second.options);
    expect((await reloaded.ask(list.url))[0]).toBe("new");
    expect((await reloaded.ask(list.url))[1]).toMatch(/^hit/);
  });
});

describe("a feed out of reach", () => {
  test("leaves the last snapshot in force, with one event for the outage", async () => {
    const { feed, options, mark } = await edge();
    const list = await path({ body: "one", headers: fresh(600, mark(0)) });
    const cache = subject(options);
    await cache.ask(list.url);
    await feed.script({ status: 503 });
    for (let question = 0; question < 3; question++) {
      cache.pass(10);
      expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
    }
    expect(types(cache.events)).toEqual(["ledger-error"]);
  });

  test("does not keep a reloaded page from what is on disk, and the purges it knew still count", async () => {
    const { feed, options, mark, purge } = await edge();
    const purged = await path([{ body: "old", headers: fresh(600, mark(0)) }, { breakAfter: 0 }]);
    const kept = await path({ body: "kept", headers: fresh(600, mark(0)) });
    const cache = subject(options);
    await cache.ask(purged.url);
    await cache.ask(kept.url);
    await purge(urlSelector(purged.url));
    passBound(cache);
    await cache.ask(kept.url);
    await feed.script({ status: 503 });
    const reloaded = await cache.reload();
    expect(await reloaded.ask(kept.url)).toEqual(["kept", "hit;ttl=597;detail=disk"]);
    await expect(reloaded.fetch(purged.url)).rejects.toThrow(TypeError);
    expect(types(reloaded.events)).toEqual(["ledger-error"]);
  });

  test("asks only for news after a reload", async () => {
    const { feed, options, mark, purge } = await edge();
    const list = await path([
      { body: "old", headers: fresh(600, mark(0)) },
      { body: "new", headers: fresh(600, mark(1)) },
    ]);
    const cache = subject(options);
    await cache.ask(list.url);
    await purge(urlSelector(list.url));
    const news = { epoch: "e1", position: 1, floor: 0, since: 0, changes: [[urlSelector(list.url), 1, 0]] };
    await feed.script({ body: JSON.stringify(news) });
    const reloaded = await cache.reload();
    expect((await reloaded.ask(list.url))[0]).toBe("new");
    expect((await feed.log())[0]?.url).toContain("?since=e1.0");
  });

  test("never reached: the network answers, nothing is stored", async () => {
    const list = await path([
      { body: "one", headers: fresh() },
      { body: "two", headers: fresh() },
    ]);
    const cache = subject({ purges: (await path({ body: "rubbish" })).url });
    expect(await cache.ask(list.url)).toEqual(["one", "fwd=bypass;stored=?0"]);
    expect((await cache.ask(list.url))[0]).toBe("two");
    expect(types(cache.events)).toEqual(["ledger-error", "ledger-blind"]);
  });

  test("longer than the offline window: what is stored is not used any more", async () => {
    const { feed, options, mark } = await edge();
    const list = await path([{ body: "one", headers: fresh(86_400, mark(0)) }, { body: "two" }]);
    const cache = subject({ ...options, offline: { maxStale: "1h" } });
    await cache.ask(list.url);
    await feed.script({ status: 503 });
    cache.pass(3_500);
    expect((await cache.ask(list.url))[0]).toBe("one");
    const reloaded = await cache.reload();
    expect((await reloaded.ask(list.url))[0]).toBe("one");
    reloaded.pass(200);
    expect((await reloaded.ask(list.url))[0]).toBe("two");
  });
});
