import { describe, expect, test } from "vitest";
import type { ResourceState } from "../../browser/index.ts";
import { fresh, path, subject, unique } from "./support.ts";

const LASTING = fresh(600);
const list = (...items: readonly number[]) => ({ body: JSON.stringify(items), headers: LASTING });

/** A promise that the test settles. */
const pending = () => Promise.withResolvers<unknown>();

const add = (item: number) => (old: readonly number[] | undefined) => [...(old ?? []), item];

describe("mutate()", () => {
  test("shows the new value at once, and the server's word once the change is made", async () => {
    const cache = subject();
    const { url, log } = await path([list(1), list(1, 2)]);
    await cache.json(url);
    const states: ResourceState[] = [];
    cache.subscribe(url, (state) => states.push(state));
    const commit = pending();
    const done = cache.mutate(url, add(9), { commit: () => commit.promise });
    expect(cache.peek(url)).toEqual([1, 9]);
    expect(cache.peek(url)).toBe(cache.peek(url));
    expect(await cache.json(url)).toBe(cache.peek(url));
    await expect.poll(() => states.at(-1)?.data).toEqual([1, 9]);
    expect((await cache.ask(url))[0]).toBe("[1]");
    expect(await log()).toHaveLength(1);
    commit.resolve(undefined);
    expect(await done).toEqual([1, 2]);
    expect(cache.peek(url)).toEqual([1, 2]);
    await expect
      .poll(() => states.map(({ data, status }) => [data, status]))
      .toEqual([
        [[1], "fresh"],
        [[1, 9], "fresh"],
        [[1, 9], "stale"],
        [[1, 2], "fresh"],
      ]);
    expect(await log()).toHaveLength(2);
  });

  describe("before the code of subscribers is there", () => {
    test("tells those who wait for it, at once", async () => {
      const cache = subject();
      const { url } = await path(list(1));
      await cache.json(url);
      const shown: unknown[] = [];
      cache.subscribe(url, ({ data }) => shown.push(data));
      const never = pending();
      void cache.mutate(url, add(9), { commit: () => never.promise });
      expect(shown).toEqual([[1], [1, 9]]);
      expect(shown[1]).toBe(cache.peek(url));
    });

    test("shows a change once, where nothing else is known", async () => {
      const cache = subject();
      const { url, release } = await path({ ...list(1), hold: true });
      const commit = pending();
      void cache.mutate(url, add(9), { commit: () => commit.promise });
      const shown: unknown[] = [];
      cache.subscribe(url, ({ data }) => shown.push(data));
      await expect.poll(async () => (await release(), shown.at(-1))).toEqual([1, 9]);
      expect(shown).toEqual([[9], [1, 9]]);
    });

    test("does not tell who has ended it, nor of another URL", async () => {
      const cache = subject();
      const [one, two] = await Promise.all([path(list(1)), path(list(2))]);
      await Promise.all([one, two].map(({ url }) => cache.json(url)));
      const shown: unknown[] = [];
      cache.subscribe(one.url, ({ data }) => shown.push(data))();
      cache.subscribe(two.url, ({ data }) => shown.push(data));
      const never = pending();
      void cache.mutate(one.url, add(9), { commit: () => never.promise });
      expect(shown).toEqual([[1], [2]]);
    });
  });

  test("a commit that fails: rejects with its error and shows what was there before", async () => {
    const cache = subject();
    const { url, log } = await path(list(1));
    const before = await cache.json(url);
    const states: ResourceState[] = [];
    cache.subscribe(url, (state) => states.push(state));
    const error = new Error("on purpose");
    const done = cache.mutate(url, add(9), { commit: () => Promise.reject(error) });
    expect(cache.peek(url)).toEqual([1, 9]);
    await expect(done).rejects.toBe(error);
    expect(cache.peek(url)).toBe(before);
    expect(states.at(-1)?.data).toBe(before);
    expect(await log()).toHaveLength(1);
  });

  test.each([
    ["a function's Response", (url: string) => () => fetch(url, { method: "PUT" })],
    ["the fetch that it describes", () => ({ method: "PUT", body: "x" })],
  ])("%s that is not ok counts as a failure", async (_, commit) => {
    const cache = subject();
    const { url } = await path([list(1), { status: 409 }]);
    const before = await cache.json(url);
    await expect(cache.mutate(url, add(9), { commit: commit(url) })).rejects.toMatchObject({ status: 409 });
    expect(cache.peek(url)).toBe(before);
  });

  test("commits by fetching the URL as described, which tells the other tabs, and asks once", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const { url, log } = await path([list(1), list(1), { body: "" }, list(1, 2)]);
    await Promise.all([here, there].map((tab) => tab.json(url, { cache: "reload" })));
    const heard: unknown[] = [];
    there.onChange(url, (change) => heard.push(change));
    const done = here.mutate(url, add(9), { commit: { method: "PUT", body: "9" } });
    expect(there.peek(url)).toEqual([1]);
    expect(await done).toEqual([1, 2]);
    await expect.poll(() => there.json(url)).toEqual([1, 2]);
    expect(heard).toEqual([{ url, reason: "changed" }]);
    expect((await log()).map(({ method }) => method).slice(0, 4)).toEqual(["GET", "GET", "PUT", "GET"]);
  });

  test("tells the other tabs also where the commit went past the cache, or was made before", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const { url } = await path([list(1), list(2), list(3)]);
    await here.json(url);
    const heard: string[] = [];
    there.onChange(url, ({ reason }) => heard.push(reason));
    expect(await here.mutate(url, add(9), { commit: async () => undefined })).toEqual([2]);
    expect(await here.mutate(url, add(9))).toEqual([3]);
    await expect.poll(() => heard).toEqual(["changed", "changed"]);
  });

  test("several stack in order, and each is undone alone", async () => {
    const cache = subject();
    const { url } = await path([list(1), list(1, 3)]);
    await cache.json(url);
    const commits = [pending(), pending(), pending()];
    const [one, two, three] = commits.map(({ promise }, index) =>
      cache.mutate(url, add(index + 2), { commit: () => promise }),
    );
    expect(cache.peek(url)).toEqual([1, 2, 3, 4]);
    commits[0]?.reject(new Error("one"));
    await expect(one).rejects.toThrow("one");
    expect(cache.peek(url)).toEqual([1, 3, 4]);
    commits[1]?.resolve(undefined);
    expect(await two).toEqual([1, 3, 4]);
    expect(cache.peek(url)).toEqual([1, 3, 4]);
    commits[2]?.reject(new Error("three"));
    await expect(three).rejects.toThrow("three");
    expect(cache.peek(url)).toEqual([1, 3]);
  });

  test("the server's word that comes while a change is pending is what the change is shown on", async () => {
    const cache = subject();
    const { url } = await path([{ ...list(1), headers: fresh(10) }, list(5)]);
    await cache.json(url);
    const commit = pending();
    const done = cache.mutate(url, add(9), { commit: () => commit.promise });
    cache.pass(20);
    expect(await cache.json(url)).toEqual([5, 9]);
    expect(cache.peek(url)).toEqual([5, 9]);
    commit.reject(new Error("no"));
    await expect(done).rejects.toThrow("no");
    expect(cache.peek(url)).toEqual([5]);
  });

  test("a change that is made is not shown twice when somebody else asks anew first", async () => {
    const cache = subject();
    const { url, release } = await path([list(1), { ...list(1, 9), hold: true }]);
    await cache.json(url);
    const shown: unknown[] = [];
    cache.subscribe(url, ({ data }) => shown.push(data));
    const done = cache.mutate(url, add(9), { commit: async () => undefined });
    await expect.poll(async () => (await release(), shown.length)).toBeGreaterThan(1);
    await expect.poll(async () => (await release(), Promise.race([done, Promise.resolve(0)]))).not.toBe(0);
    for (const value of shown) expect([[1], [1, 9]]).toContainEqual(value);
    expect(cache.peek(url)).toEqual([1, 9]);
  });

  test("a change that is made stays to be seen while the server cannot be asked", async () => {
    const cache = subject();
    const { url, script } = await path([list(1), { breakAfter: 0 }]);
    await cache.json(url);
    expect(await cache.mutate(url, add(9), { commit: async () => undefined })).toEqual([1, 9]);
    expect(cache.peek(url)).toEqual([1, 9]);
    await script(list(1, 2));
    expect(await cache.json(url)).toEqual([1, 2]);
    expect(cache.peek(url)).toEqual([1, 2]);
  });

  test("begins with undefined where nothing is known", async () => {
    const cache = subject();
    const { url } = await path(list(7));
    const commit = pending();
    const done = cache.mutate(url, add(9), { commit: () => commit.promise });
    expect(cache.peek(url)).toEqual([9]);
    commit.resolve(undefined);
    expect(await done).toEqual([7]);
  });

  test("an updater that throws changes nothing; what it returns is frozen", async () => {
    const cache = subject();
    const { url } = await path(list(1));
    const before = await cache.json(url);
    const commits: unknown[] = [];
    const failing = cache.mutate(
      url,
      () => {
        throw new Error("on purpose");
      },
      { commit: async () => commits.push(1) },
    );
    await expect(failing).rejects.toThrow("on purpose");
    expect(cache.peek(url)).toBe(before);
    expect(commits).toEqual([]);
    const never = pending();
    void cache.mutate(url, () => ({ deep: [{}] }), { commit: () => never.promise });
    const shown = cache.peek<{ deep: object[] }>(url);
    expect([shown, shown?.deep, shown?.deep[0]].every(Object.isFrozen)).toBe(true);
  });

  test("is not shown to the next user", async () => {
    let user = "one";
    const cache = subject({ partition: () => user });
    const { url } = await path(list(1));
    await cache.json(url);
    const never = pending();
    void cache.mutate(url, add(9), { commit: () => never.promise });
    user = "two";
    expect(cache.peek(url)).toBeUndefined();
    expect(await cache.json(url)).toEqual([1]);
  });

  test("refuses what is no GET request", async () => {
    await expect(subject().mutate(new Request("/", { method: "POST" }), () => 1)).rejects.toThrow(TypeError);
  });
});
