import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ApiCacheOptions } from "../../browser/index.ts";
import type { Scripted } from "./origin-server.ts";
import { fresh, path as scripted, subject, unique, type Path, type Subject } from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

/** Caches on one database, as tabs of one user have them. Locks know no difference between them and tabs. */
function tabs(count: number, options: ApiCacheOptions = {}): readonly Subject[] {
  const name = unique("flight");
  return Array.from({ length: count }, () => subject({ name, partition: () => "one", ...options }));
}

/** A path that holds nothing back once its test is over: a browser has six connections to an origin. */
async function path(...given: Parameters<typeof scripted>): Promise<Path> {
  const made = await scripted(...given);
  onTestFinished(() => made.release());
  return made;
}

const held = (more: Scripted = {}): Scripted => ({ hold: true, body: "one", headers: fresh(), ...more });

async function hasArrived(list: Path, count = 1): Promise<void> {
  await expect.poll(async () => (await list.log()).length).toBe(count);
}

/** All ask, and one request is let go once it is there. */
async function askTogether(all: readonly Subject[], list: Path, init?: RequestInit) {
  const answers = Promise.all(all.map((cache) => cache.ask(list.url, init)));
  await hasArrived(list);
  await settle();
  await list.release();
  return answers;
}

/** Long enough for another tab's request to get under way, if it were to. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe("tabs that want the same", () => {
  test.each([2, 4, 8])("%i of them ask the origin once", async (count) => {
    const list = await path(held());
    const answers = await askTogether(tabs(count), list);
    expect(answers.map(([text]) => text)).toEqual(Array.from({ length: count }, () => "one"));
    expect(answers.filter(([, word]) => word.includes("collapsed"))).toHaveLength(count - 1);
    expect(await list.log()).toHaveLength(1);
  });

  test("one that looked before another had stored it, and asks after, asks nobody", async () => {
    const [here, there] = tabs(2);
    const list = await path({ body: "one", headers: fresh() });
    const { request } = navigator.locks;
    // Between its look and its turn another tab comes, and goes.
    vi.spyOn(navigator.locks, "request").mockImplementationOnce(async function (
      this: LockManager,
      ...given: Parameters<LockManager["request"]>
    ) {
      await there!.ask(list.url);
      await there!.stats();
      return request.apply(this, given);
    });
    expect(await here!.ask(list.url)).toEqual(["one", "fwd=uri-miss;collapsed;ttl=60"]);
    expect(await list.log()).toHaveLength(1);
  });

  test("of something stale: it is asked about once, and all show what came", async () => {
    const all = tabs(4);
    const list = await path([{ body: "old", headers: fresh(60, { etag: '"1"' }) }, held({ body: "new" })]);
    for (const cache of all) {
      await cache.ask(list.url);
      cache.pass(61);
    }
    await settle();
    const before = (await list.log()).length;
    expect(before).toBe(1);
    const answers = Promise.all(all.map((cache) => cache.ask(list.url)));
    await hasArrived(list, 2);
    await settle();
    await list.release();
    expect((await answers).map(([text]) => text)).toEqual(["new", "new", "new", "new"]);
    // Memory had the old one in every tab.
    for (const cache of all)
      expect(await cache.ask(list.url)).toEqual(["new", expect.stringMatching(/^hit/)]);
    expect(await list.log()).toHaveLength(2);
  });

  test("one refresh in the background does for all", async () => {
    const all = tabs(4);
    const headers = { "cache-control": "max-age=1, stale-while-revalidate=60" };
    const list = await path([{ body: "old", headers }, held({ body: "new", headers: fresh() })]);
    for (const cache of all) await cache.ask(list.url);
    for (const cache of all) cache.pass(2);
    for (const cache of all) expect((await cache.ask(list.url))[0]).toBe("old");
    await hasArrived(list, 2);
    await settle();
    await list.release();
    for (const cache of all) await expect.poll(async () => (await cache.ask(list.url))[0]).toBe("new");
    expect(await list.log()).toHaveLength(2);
  });

  test("whoever asked first and leaves takes nothing from the others", async () => {
    const all = tabs(3);
    const list = await path(held());
    const controller = new AbortController();
    const first = all[0]!.fetch(list.url, { signal: controller.signal });
    await hasArrived(list);
    const others = Promise.all(all.slice(1).map((cache) => cache.ask(list.url)));
    await settle();
    controller.abort();
    await expect(first).rejects.toThrow(DOMException);
    await list.release();
    expect((await others).map(([text]) => text)).toEqual(["one", "one"]);
    expect(await list.log()).toHaveLength(1);
  });

  test("a change ends the wait for what was asked before it, in every tab", async () => {
    const [here, there] = tabs(2);
    const list = await path([held(), { body: "done" }, held({ body: "two" })]);
    const before = there!.ask(list.url);
    await hasArrived(list);
    await here!.fetch(list.url, { method: "PUT", body: "x" });
    const after = here!.ask(list.url);
    await hasArrived(list, 3);
    await list.release();
    expect([(await before)[0], (await after)[0]]).toEqual(["one", "two"]);
    expect((await here!.ask(list.url))[0]).toBe("two");
    await expect.poll(async () => (await there!.ask(list.url))[0]).toBe("two");
  });

  test("one that stops waiting leaves the others as they were", async () => {
    const all = tabs(3);
    const list = await path(held());
    const controller = new AbortController();
    const first = all[0]!.ask(list.url);
    await hasArrived(list);
    const second = all[1]!.fetch(list.url, { signal: controller.signal });
    const third = all[2]!.ask(list.url);
    controller.abort();
    await expect(second).rejects.toThrow(DOMException);
    await list.release();
    expect([(await first)[0], (await third)[0]]).toEqual(["one", "one"]);
    expect(await list.log()).toHaveLength(1);
  });
});

describe("an answer that is for one caller alone", () => {
  test.each([
    ["not stored", { headers: { "cache-control": "no-store" } }],
    ["never shown without asking", { headers: { "cache-control": "no-cache", etag: '"1"' } }],
    ["of a broken server", { status: 503, headers: {} }],
    ["that breaks off", { breakAfter: 1 }],
  ])("%s: all who waited ask at once, none behind another", async (_, more) => {
    const all = tabs(5);
    const list = await path([held(more), held(more)]);
    const answers = Promise.allSettled(all.map((cache) => cache.fetch(list.url)));
    await hasArrived(list);
    await settle();
    await list.release();
    // None of the others has been answered yet.
    await hasArrived(list, 5);
    await list.release();
    await answers;
  });

  test("none at all: the same", async () => {
    const failures: (() => void)[] = [];
    const network = (): Promise<Response> =>
      new Promise((_, reject) => failures.push(() => reject(new TypeError("Failed to fetch"))));
    const answers = Promise.allSettled(
      tabs(5, { fetch: network }).map((cache) => cache.fetch("https://example.com/")),
    );
    await expect.poll(() => failures.length).toBe(1);
    await settle();
    failures.pop()?.();
    await expect.poll(() => failures.length).toBe(4);
    for (const fail of failures) fail();
    expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "rejected"));
  });
});

describe("a tab that cannot wait for others", () => {
  test("asks itself when the one in front takes too long", async () => {
    const [here, there] = tabs(2);
    const list = await path([held(), { body: "two", headers: fresh() }]);
    const first = here!.ask(list.url);
    await hasArrived(list);
    expect((await there!.ask(list.url))[0]).toBe("two");
    await list.release();
    await first;
  });

  test.each([
    ["without locks", {}, undefined],
    ["without a disk", { disk: false } as const, navigator.locks],
  ])("%s: each asks for itself", async (_, options, locks) => {
    Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(navigator, "locks"));
    const all = tabs(3, options);
    const list = await path(held());
    const answers = Promise.all(all.map((cache) => cache.ask(list.url)));
    await hasArrived(list, 3);
    await list.release();
    expect((await answers).map(([text]) => text)).toEqual(["one", "one", "one"]);
  });

  test.each([
    ["with a token and no partition", { partition: undefined }, { headers: { authorization: "Bearer x" } }],
    ["that wants a new answer", { partition: () => "one" }, { cache: "reload" } as const],
  ])("%s: each asks for itself, and takes no lock", async (_, { partition }, init) => {
    const request = vi.spyOn(navigator.locks, "request");
    const name = unique("flight");
    const all = [1, 2].map(() => subject(partition === undefined ? { name } : { name, partition }));
    const list = await path(held());
    const answers = Promise.all(all.map((cache) => cache.ask(list.url, init)));
    await hasArrived(list, 2);
    await list.release();
    await answers;
    expect(request).not.toHaveBeenCalled();
  });

  test("takes no lock for a hit", async () => {
    const [here] = tabs(1);
    const list = await path({ headers: fresh() });
    await here!.ask(list.url);
    const request = vi.spyOn(navigator.locks, "request");
    expect((await here!.ask(list.url))[1]).toMatch(/memory$/);
    expect((await (await here!.reload()).ask(list.url))[1]).toMatch(/disk$/);
    expect(request).not.toHaveBeenCalled();
  });

  test("asks itself if it is another user's", async () => {
    const name = unique("flight");
    const all = ["one", "other"].map((user) => subject({ name, partition: () => user }));
    const list = await path(held());
    const answers = Promise.all(all.map((cache) => cache.ask(list.url)));
    await hasArrived(list, 2);
    await list.release();
    await answers;
  });
});

test("rubbish about requests that are over changes nothing", async () => {
  const name = unique("flight");
  const [here, there] = [1, 2].map(() => subject({ name, partition: () => "one" }));
  const list = await path(held());
  const first = here!.ask(list.url);
  await hasArrived(list);
  const second = there!.ask(list.url);
  await settle();
  const channel = new BroadcastChannel(`tidemark/${name}/one`);
  for (const message of [
    { kind: "settled" },
    { kind: "settled", key: 1, isShared: true },
    { kind: "settled", key: "x", isShared: 1 },
  ])
    channel.postMessage(message);
  channel.close();
  await settle();
  await list.release();
  expect([(await first)[0], (await second)[0]]).toEqual(["one", "one"]);
  expect(await list.log()).toHaveLength(1);
});
