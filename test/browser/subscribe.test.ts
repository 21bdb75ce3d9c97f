import { describe, expect, test } from "vitest";
import type { ResourceState } from "../../browser/index.ts";
import { tagSelector } from "../../src/index.ts";
import { edge } from "./edge.ts";
import { fresh, path, subject, unique, type Subject } from "./support.ts";

/** What a subscriber was told, in order: data, status, and whether it was being fetched. */
function follow(cache: Subject, url: string, options = {}) {
  const states: ResourceState[] = [];
  const stop = cache.subscribe(url, (state) => states.push(state), options);
  return {
    states,
    stop,
    told: () => states.map(({ data, status }) => [data, status]),
    last: () => states.at(-1),
  };
}

const stale = (more = "") => ({ "cache-control": `max-age=10${more}`, etag: '"1"' });

describe("subscribe()", () => {
  test("calls back at once, pending, and then with what the fetch brought", async () => {
    const cache = subject();
    const { url } = await path({ body: "[1]", headers: fresh() });
    const { states, told } = follow(cache, url);
    expect(states).toEqual([
      { data: undefined, status: "pending", age: undefined, error: undefined, isFetching: true },
    ]);
    await expect.poll(told).toEqual([
      [undefined, "pending"],
      [[1], "fresh"],
    ]);
    expect(states[1]).toMatchObject({ age: 0, error: undefined, isFetching: false });
    expect(states[1]?.data).toBe(cache.peek(url));
  });

  test("calls back at once with what memory has, and fetches nothing that is fresh", async () => {
    const cache = subject();
    const { url, log } = await path({ body: "[1]", headers: fresh() });
    const value = await cache.json(url);
    cache.pass(5);
    const { states } = follow(cache, url);
    expect(states).toEqual([{ data: value, status: "fresh", age: 5, error: undefined, isFetching: false }]);
    follow(cache, url).stop();
    await cache.prefetch([]);
    expect(await log()).toHaveLength(1);
    expect(states).toHaveLength(1);
  });

  test("shows what is stale within its window, and then what asking anew brought", async () => {
    const cache = subject();
    const headers = stale(", stale-while-revalidate=100");
    const { url, log } = await path([
      { body: "[1]", headers },
      { body: "[2]", headers },
    ]);
    await cache.json(url);
    cache.pass(20);
    const { told } = follow(cache, url);
    expect(told()).toEqual([[[1], "stale"]]);
    await expect.poll(told).toEqual([
      [[1], "stale"],
      [[2], "fresh"],
    ]);
    expect(await log()).toHaveLength(2);
  });

  test("tells that the same is fresh again when the server confirms it", async () => {
    const cache = subject();
    const headers = stale(", stale-while-revalidate=100");
    const { url } = await path([
      { body: "[1]", headers },
      { status: 304, headers },
    ]);
    const value = await cache.json(url);
    cache.pass(20);
    const { told, states } = follow(cache, url);
    await expect.poll(told).toEqual([
      [[1], "stale"],
      [[1], "fresh"],
    ]);
    expect(states.every(({ data }) => data === value)).toBe(true);
  });

  test("makes one fetch for all subscribers of a URL, and tells a later one what is known", async () => {
    const cache = subject();
    const { url, log, release } = await path({
      body: "[1]",
      headers: { "cache-control": "no-store" },
      hold: true,
    });
    const all = [follow(cache, url), follow(cache, url)];
    await cache.prefetch([]);
    all.push(follow(cache, url));
    await expect.poll(log).toHaveLength(1);
    await release();
    for (const { told } of all)
      await expect.poll(told).toEqual([
        [undefined, "pending"],
        [[1], "fresh"],
      ]);
    expect(await log()).toHaveLength(1);
    const values = all.map(({ last }) => last()?.data);
    expect(new Set(values).size).toBe(1);
  });

  test("calls back when an error comes and when it is over, and keeps the data", async () => {
    const cache = subject();
    const { url } = await path([
      { body: "[1]", headers: stale() },
      { status: 503, headers: { "cache-control": "no-store" } },
      { body: "[2]", headers: stale() },
    ]);
    const { states, told } = follow(cache, url);
    await expect.poll(told).toHaveLength(2);
    cache.pass(20);
    dispatchEvent(new Event("focus"));
    await expect.poll(told).toEqual([
      [undefined, "pending"],
      [[1], "fresh"],
      [[1], "stale"],
      [[1], "error"],
    ]);
    expect(states.at(-1)?.error).toMatchObject({ name: "ResponseError", status: 503 });
    dispatchEvent(new Event("focus"));
    await expect.poll(() => states.at(-1)).toMatchObject({ data: [2], status: "fresh", error: undefined });
  });

  test("calls back after a purge, with the old value as stale and then with the new one", async () => {
    const at = edge();
    const cache = subject(at.options);
    await at.hasListeners(1);
    const headers = fresh(600, { "cache-tag": "fruit" });
    const { url } = await path([
      { body: "[1]", headers },
      { body: "[2]", headers },
    ]);
    const { told } = follow(cache, url);
    await expect.poll(told).toHaveLength(2);
    await at.purge(tagSelector("fruit"));
    await expect.poll(told).toEqual([
      [undefined, "pending"],
      [[1], "fresh"],
      [[1], "stale"],
      [[2], "fresh"],
    ]);
  });

  test("a purge that comes during the fetch: what was on its way is not shown", async () => {
    const at = edge();
    const cache = subject(at.options);
    await at.hasListeners(1);
    const headers = fresh(600, { "cache-tag": "fruit" });
    const { url, release, log } = await path([
      { body: "[0]", headers: { ...headers, "cache-control": "max-age=10" } },
      { body: "[1]", headers, hold: true },
      { body: "[2]", headers },
    ]);
    const { told } = follow(cache, url);
    await expect.poll(told).toHaveLength(2);
    cache.pass(20);
    dispatchEvent(new Event("focus"));
    await expect.poll(log).toHaveLength(2);
    const heard = new Promise((resolve) => cache.onChange(url, resolve));
    await at.purge(tagSelector("fruit"));
    await heard;
    await release();
    await expect.poll(told).toEqual([
      [undefined, "pending"],
      [[0], "fresh"],
      [[0], "stale"],
      [[2], "fresh"],
    ]);
  });

  test("what was on its way when a purge came is not shown, also if asking again fails", async () => {
    const cache = subject();
    const { url, release, log } = await path([
      { body: "[0]", headers: stale() },
      { body: "[1]", headers: fresh(600), hold: true },
      { status: 503 },
    ]);
    const { told, last } = follow(cache, url);
    await expect.poll(told).toHaveLength(2);
    cache.pass(20);
    dispatchEvent(new Event("focus"));
    await expect.poll(log).toHaveLength(2);
    await cache.purge({ everything: true });
    await release();
    await expect.poll(last).toMatchObject({ data: [0], status: "error" });
  });

  test("calls back in both tabs after a change in one of them", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const { url } = await path([
      { body: "[1]", headers: fresh() },
      { body: "[1]", headers: fresh() },
      { body: "" },
      { body: "[2]", headers: fresh() },
    ]);
    // Each from the server: what one has stored might be on disk in time for the other, or not.
    await Promise.all([here, there].map((tab) => tab.json(url, { cache: "reload" })));
    const both = [follow(here, url), follow(there, url)];
    for (const { last } of both) await expect.poll(last).toMatchObject({ status: "fresh" });
    await here.fetch(url, { method: "PUT" });
    for (const { last } of both) await expect.poll(last).toMatchObject({ data: [2], status: "fresh" });
  });

  test("calls back in both tabs when one of them brings a newer response", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const { url, log } = await path([
      { body: "[1]", headers: stale() },
      { body: "[2]", headers: fresh() },
    ]);
    const both = [follow(here, url), follow(there, url)];
    for (const { last } of both) await expect.poll(last).toMatchObject({ status: "fresh" });
    const before = (await log()).length;
    here.pass(20);
    there.pass(20);
    await here.json(url);
    for (const { last } of both)
      await expect
        .poll(last)
        .toMatchObject({ data: before === 1 ? [2] : expect.anything(), status: "fresh" });
  });

  test("lets go of what it shows when everything is cleared, and when the user is another", async () => {
    let user = "one";
    const cache = subject({ partition: () => user });
    const { url } = await path([1, 2, 3].map((n) => ({ body: `[${n}]`, headers: fresh() })));
    const { told } = follow(cache, url);
    await expect.poll(told).toHaveLength(2);
    await cache.clear();
    await expect.poll(told).toHaveLength(4);
    user = "two";
    cache.peek(url);
    await expect.poll(told).toEqual([
      [undefined, "pending"],
      [[1], "fresh"],
      [undefined, "pending"],
      [[2], "fresh"],
      [undefined, "pending"],
      [[3], "fresh"],
    ]);
  });

  test("lets go of it also before the code is there that keeps it up to date", async () => {
    let user = "one";
    const cache = subject({ partition: () => user });
    const { url } = await path([1, 2].map((n) => ({ body: `[${n}]`, headers: fresh() })));
    await cache.json(url);
    const { told } = follow(cache, url);
    user = "two";
    cache.peek(url);
    expect(told()).toEqual([
      [[1], "fresh"],
      [undefined, "pending"],
    ]);
    await expect.poll(told).toHaveLength(3);
    expect(told()[2]).toEqual([[2], "fresh"]);
  });

  test("asks anew on focus, when the page is looked at and when the network is back, only what is stale", async () => {
    const cache = subject();
    const { url, log } = await path({ body: "[1]", headers: stale() });
    const lasting = await path({ body: "[1]", headers: fresh(600) });
    const quiet = await path({ body: "[1]", headers: stale() });
    const all = [
      follow(cache, url),
      follow(cache, lasting.url),
      follow(cache, quiet.url, { focus: false, online: false }),
    ];
    for (const { last } of all) await expect.poll(last).toMatchObject({ status: "fresh" });
    let asked = 1;
    for (const happen of [
      () => dispatchEvent(new Event("focus")),
      () => document.dispatchEvent(new Event("visibilitychange")),
      () => dispatchEvent(new Event("online")),
    ]) {
      cache.pass(20);
      happen();
      happen();
      asked += 1;
      await expect.poll(log, { timeout: 4_000 }).toHaveLength(asked);
    }
    expect([await lasting.log(), await quiet.log()].map(({ length }) => length)).toEqual([1, 1]);
  });

  test("asks anew on its interval, whatever the freshness, while the page is visible", async () => {
    const cache = subject();
    const { url, log } = await path([1, 2, 3].map((n) => ({ body: `[${n}]`, headers: fresh(600) })));
    const { last, stop } = follow(cache, url, { interval: "20ms" });
    await expect.poll(last).toMatchObject({ data: [1] });
    cache.pass(1);
    await expect.poll(last).toMatchObject({ data: [2], status: "fresh" });
    const original = Object.getOwnPropertyDescriptor(Document.prototype, "visibilityState");
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    cache.pass(1);
    const others = follow(cache, url, { interval: "20ms" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await log()).toHaveLength(2);
    Reflect.deleteProperty(document, "visibilityState");
    expect(original).toBeDefined();
    await expect.poll(last).toMatchObject({ data: [3] });
    stop();
    others.stop();
  });

  test("shows answers that take longer than its interval, and asks for each once", async () => {
    const cache = subject();
    const [one, two] = [1, 2].map((n) => ({ body: `[${n}]`, headers: fresh(600) }));
    const { url, log, release } = await path([one!, { ...two, hold: true }]);
    const { last, stop } = follow(cache, url, { interval: "20ms" });
    await expect.poll(last).toMatchObject({ data: [1] });
    cache.pass(1);
    await expect.poll(log).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await release();
    await expect.poll(last).toMatchObject({ data: [2], status: "fresh" });
    expect(await log()).toHaveLength(2);
    stop();
  });

  test("does not call back once ended, and disturbs nobody by throwing", async () => {
    const cache = subject();
    const { url } = await path({ body: "[1]", headers: fresh(), hold: true });
    const ended = follow(cache, url);
    const loud = cache.subscribe(url, () => {
      throw new Error("on purpose");
    });
    const { told } = follow(cache, url);
    ended.stop();
    ended.stop();
    const held = await path({ body: "[1]", headers: fresh() });
    await cache.json(held.url);
    await expect
      .poll(async () => {
        const response = fetch(
          `${location.origin}/origin/!release?${encodeURIComponent(new URL(url).pathname.replace("/origin", ""))}`,
          { method: "POST" },
        );
        await response;
        return told();
      })
      .toHaveLength(2);
    expect(ended.told()).toHaveLength(1);
    loud();
  });

  test("after close() calls back at once and then no more", async () => {
    const cache = subject();
    const { url } = await path({ body: "[1]", headers: fresh() });
    const { told } = follow(cache, url);
    await expect.poll(told).toHaveLength(2);
    await cache.close();
    const late = follow(cache, url);
    await fetch(url);
    expect(late.told()).toEqual([[undefined, "pending"]]);
    expect(told()).toHaveLength(2);
    late.stop();
  });

  test("refuses what cannot be cached, and options that make no sense", () => {
    const cache = subject();
    const nothing = () => undefined;
    expect(() => cache.subscribe("ftp://x/", nothing)).toThrow(TypeError);
    expect(() => cache.subscribe(new Request("/", { method: "POST" }), nothing)).toThrow(TypeError);
    expect(() => cache.subscribe(new Request("/", { cache: "no-store" }), nothing)).toThrow(TypeError);
    expect(() => cache.subscribe("/", nothing, { interval: "soon" })).toThrow(TypeError);
    expect(() => cache.subscribe("/", nothing, { interval: 0 })).toThrow(RangeError);
  });
});
