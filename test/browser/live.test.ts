import { describe, expect, onTestFinished, test, vi } from "vitest";
import { tagSelector, urlSelector } from "../../src/index.ts";
import type { ApiCacheOptions } from "../../browser/index.ts";
import { edge, type Edge } from "./edge.ts";
import { fresh, path, subject, types, unique, type Path, type Subject } from "./support.ts";

/** A list that is `old` until it is asked for again. */
function list(more: Readonly<Record<string, string>> = {}): Promise<Path> {
  return path([
    { body: "old", headers: fresh(600, { "cache-tag": "fruit", ...more }) },
    { body: "new", headers: fresh(600, { "cache-tag": "fruit", ...more }) },
  ]);
}

/** A tab that listens and has read what is there. */
async function listening(
  at: Edge,
  url: string,
  name = unique("live"),
  options: ApiCacheOptions = {},
): Promise<Subject> {
  const cache = subject({ ...at.options, name, ...options });
  await cache.ask(url);
  return cache;
}

/** Gets a lost connection tried again at once instead of in a while. */
const hurry = (): boolean => dispatchEvent(new Event("online"));

describe("a purge that comes as it happens", () => {
  test.each([
    ["by tag", () => tagSelector("fruit")],
    ["by URL", (url: string) => urlSelector(url)],
    ["of everything", () => "all"],
  ])("%s: the next read knows of it within the bound, and asks nobody", async (_, selector) => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    const { feeds } = await at.log();
    await at.purge(selector(url));
    await expect.poll(async () => (await cache.ask(url))[0]).toBe("new");
    expect(await at.log()).toMatchObject({ feeds, questions: 0 });
  });

  test("is kept for the next page", async () => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    await at.purge("tag:other");
    const told = new Promise((resolve) => cache.onChange(url, resolve));
    await at.purge(urlSelector(url));
    await told;
    const reloaded = await cache.reload();
    expect((await reloaded.ask(url))[0]).toBe("new");
  });

  test("reaches a page that has never read anything", async () => {
    const at = edge();
    const cache = subject({ ...at.options });
    const { url } = await list();
    const told = new Promise((resolve) => cache.onChange(url, resolve));
    await at.hasListeners(1);
    await at.purge(urlSelector(url));
    expect(await told).toEqual({ url, reason: "purged" });
  });
});

describe("a read past the bound while the connection stands", () => {
  test("asks over it, waits for the answer, and not for the feed", async () => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    const { feeds } = await at.log();
    // The listeners were not told: only an answer of the ledger's can tell.
    await at.order({ purge: ["tag:fruit"], untold: true });
    expect((await cache.ask(url))[0]).toBe("old");
    cache.pass(3);
    expect((await cache.ask(url))[0]).toBe("new");
    expect(await at.log()).toMatchObject({ feeds, questions: 1 });
  });

  test("asks the feed where no answer comes", async () => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    await at.order({ purge: ["tag:fruit"], untold: true, deaf: true });
    cache.pass(3);
    expect((await cache.ask(url))[0]).toBe("new");
    const { feeds, questions } = await at.log();
    expect(questions).toBe(1);
    expect(feeds.at(-1)).toBe("e1.0");
  });
});

describe("a message of which the ones before are missing", () => {
  test("is heeded at once, and what is missing is asked for", async () => {
    const at = edge();
    const other = await list();
    const { url } = await list();
    const cache = await listening(at, url);
    await cache.ask(other.url);
    await at.hasListeners(1);
    await at.order({ purge: [urlSelector(other.url) ?? ""], untold: true });
    await at.purge(urlSelector(url));
    await expect.poll(async () => (await cache.ask(url))[0]).toBe("new");
    await expect.poll(async () => (await cache.ask(other.url))[0]).toBe("new");
  });
});

describe("a connection that is lost", () => {
  test.each(["close", "cut"] as const)("by a %s: is made anew, and nothing is missed", async (drop) => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    const told = new Promise((resolve) => cache.onChange(url, resolve));
    await at.order({ drop });
    await at.order({ purge: ["tag:fruit"] });
    await expect
      .poll(async () => {
        hurry();
        return (await at.log()).listeners;
      })
      .toBe(1);
    expect(await told).toEqual({ url, reason: "purged" });
    expect((await at.log()).tries).toEqual(["socket e1.0", "socket e1.0"]);
    expect((await cache.ask(url))[0]).toBe("new");
    expect(types(cache.events)).toEqual([]);
  });

  test("for longer than the bound leaves reads to the feed", async () => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    await at.order({ mode: "none", drop: "cut" });
    await at.purge("tag:fruit");
    cache.pass(60);
    expect((await cache.ask(url))[0]).toBe("new");
  });

  test("without a word is let go once a ping has had no answer, and not before", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const at = edge();
    const { url } = await list();
    await listening(at, url);
    await at.hasListeners(1);
    for (let beat = 1; beat <= 4; beat += 1) {
      vi.advanceTimersByTime(30_000);
      await expect.poll(async () => (await at.log()).pings).toBe(beat);
    }
    expect((await at.log()).tries).toHaveLength(1);
    await at.order({ deaf: true, mode: "none" });
    vi.advanceTimersByTime(60_000);
    await at.hasListeners(0);
  });

  test("when the page goes to sleep is let go, and made anew when it wakes", async () => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    dispatchEvent(new Event("pagehide"));
    await at.hasListeners(0);
    await at.purge("tag:fruit");
    const told = new Promise((resolve) => cache.onChange(url, resolve));
    dispatchEvent(new Event("pageshow"));
    expect(await told).toEqual({ url, reason: "purged" });
    await at.hasListeners(1);
  });
});

describe("where no WebSocket gets through", () => {
  test("an event stream is tried after two tries, and tells the same; reads ask the feed", async () => {
    const at = edge();
    await at.order({ mode: "no-sockets" });
    const { url } = await list();
    const cache = await listening(at, url);
    await expect
      .poll(async () => {
        hurry();
        return (await at.log()).listeners;
      })
      .toBe(1);
    expect((await at.log()).tries).toEqual(["socket e1.0", "socket e1.0", "stream e1.0"]);
    await at.purge("tag:fruit");
    await expect.poll(async () => (await cache.ask(url))[0]).toBe("new");
    const { feeds } = await at.log();
    cache.pass(3);
    await cache.ask(url);
    expect((await at.log()).feeds.length).toBe(feeds.length + 1);
    expect(types(cache.events)).toEqual(["live-error"]);
  });
});

describe("a live endpoint that is broken", () => {
  test.each([["none"], ["loop"], ["silent"]] as const)(
    "%s: reads ask the feed, with one event at the most",
    async (mode) => {
      const at = edge();
      await at.order({ mode });
      const { url } = await list();
      const cache = await listening(at, url);
      for (let tries = 1; tries <= 4; tries += 1) {
        await expect
          .poll(async () => (await at.log()).tries.length)
          .toBeGreaterThan(mode === "silent" ? 0 : tries - 1);
        hurry();
      }
      await at.purge("tag:fruit");
      cache.pass(3);
      expect((await cache.ask(url))[0]).toBe("new");
      expect(types(cache.events)).toEqual(mode === "silent" ? [] : ["live-error"]);
    },
  );

  test.each([
    ["rubbish", "rubbish"],
    ["JSON of something else", '{"hello":1}'],
    [
      "a delta with a part of another shape",
      '{"epoch":"e1","position":"9","floor":0,"since":0,"changes":[]}',
    ],
    ["a delta that goes back", '{"epoch":"e1","position":0,"floor":9,"since":0,"changes":[]}'],
    ["an endless message", `"${"x".repeat(600_000)}"`],
    [
      "purges of another ledger",
      '{"epoch":"e9","position":3,"floor":0,"since":null,"changes":[["all",3,0]]}',
    ],
  ])("that sends %s is let go; what is stored stays, and reads go on with the feed", async (_, send) => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    await at.order({ send, mode: "none" });
    await at.hasListeners(0);
    expect((await cache.ask(url))[1]).toMatch(/^hit/);
    await at.purge("tag:fruit");
    cache.pass(3);
    expect((await cache.ask(url))[0]).toBe("new");
    expect(types(cache.events)).toEqual(["live-error"]);
  });
});

describe("a ledger that begins anew", () => {
  test("is believed once the feed says so", async () => {
    const at = edge();
    const { url } = await list();
    const cache = await listening(at, url);
    await at.hasListeners(1);
    const told = new Promise((resolve) => cache.onChange(url, resolve));
    await at.order({ epoch: "e2", purge: ["tag:other"] });
    expect(await told).toEqual({ url, reason: "purged" });
    expect((await cache.ask(url))[0]).toBe("new");
    await expect
      .poll(async () => {
        hurry();
        return (await at.log()).tries.at(-1);
      })
      .toBe("socket e2.1");
  });
});

describe("tabs of one user", () => {
  test("share a connection, and all of them hear", async () => {
    const at = edge();
    const { url } = await list();
    const name = unique("tabs");
    const tabs = [
      await listening(at, url, name),
      await listening(at, url, name),
      await listening(at, url, name),
    ];
    await at.hasListeners(1);
    const told = tabs.map((tab) => new Promise((resolve) => tab.onChange(url, resolve)));
    await at.purge("tag:fruit");
    expect(await Promise.all(told)).toEqual(tabs.map(() => ({ url, reason: "purged" })));
    for (const tab of tabs) expect((await tab.ask(url))[0]).toBe("new");
    expect((await at.log()).tries).toHaveLength(1);
  });

  test("ask over the one connection, each for itself", async () => {
    const at = edge();
    const { url } = await list();
    const name = unique("tabs");
    const [, follower] = [await listening(at, url, name), await listening(at, url, name)];
    await at.hasListeners(1);
    // The first question may come before the word that the connection stands.
    await expect
      .poll(async () => {
        follower.pass(3);
        await follower.ask(url);
        return (await at.log()).questions;
      })
      .toBe(1);
    const { feeds } = await at.log();
    await at.order({ purge: ["tag:fruit"], untold: true });
    follower.pass(3);
    expect((await follower.ask(url))[0]).toBe("new");
    expect(await at.log()).toMatchObject({ feeds, questions: 2 });
  });

  test("hand the connection on when the one that holds it ends, and miss nothing", async () => {
    const at = edge();
    const { url } = await list();
    const name = unique("tabs");
    const leader = await listening(at, url, name);
    await at.hasListeners(1);
    const follower = await listening(at, url, name);
    const told = new Promise((resolve) => follower.onChange(url, resolve));
    await leader.close();
    await at.purge("tag:fruit");
    expect(await told).toEqual({ url, reason: "purged" });
    await at.hasListeners(1);
    expect((await follower.ask(url))[0]).toBe("new");
  });

  test("of different users each have their own", async () => {
    const at = edge();
    const { url } = await list();
    const name = unique("tabs");
    await listening(at, url, name, { partition: () => "one" });
    await listening(at, url, name, { partition: () => "other" });
    await at.hasListeners(2);
  });

  test("do not believe each other rubbish", async () => {
    const at = edge();
    const { url } = await list();
    const name = unique("tabs");
    const cache = await listening(at, url, name);
    await at.hasListeners(1);
    const channel = new BroadcastChannel(`tidemark/${name}`);
    for (const text of [
      "rubbish",
      "{}",
      '{"epoch":"e9","position":3,"floor":0,"since":null,"changes":[["all",3,0]]}',
      "? ",
      7,
    ])
      channel.postMessage({ kind: "live", text });
    await at.purge("tag:other");
    expect((await cache.ask(url))[1]).toMatch(/^hit/);
    await at.hasListeners(1);
    channel.close();
  });
});

describe("the options", () => {
  test.each([{ feed: 7 }, { feed: "/x", live: 7 }, { live: "/x" }, { feed: "http://" }])(
    "refuse purges that are no address: %o",
    (purges) => {
      // As a page without types might write it.
      expect(() => subject({ purges: purges as unknown as string })).toThrow(
        /^Cannot read purges\.(feed|live)/,
      );
    },
  );
});
