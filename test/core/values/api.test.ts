import { describe, expect, expectTypeOf, test } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import { createCache } from "../../../src/values/cache.ts";
import type { Schema } from "../../../src/values/schema.ts";
import { alone, gated, processes, soon } from "./setup.ts";

/** A Standard Schema as small as can be. */
function schemaOf<T>(
  isOne: (value: unknown) => boolean,
  { isAsync = false } = {},
): Schema<T> & { calls: number } {
  const schema = {
    calls: 0,
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate(value: unknown) {
        schema.calls += 1;
        const verdict = isOne(value) ? { value: value as T } : { issues: [{ message: "no" }] };
        return isAsync ? Promise.resolve(verdict) : verdict;
      },
    },
  };
  return schema;
}

const both = [
  ["in memory", () => alone().cache],
  ["in memory and outside", () => processes().one],
  ["outside alone", () => withoutMemory()],
] as const;

function withoutMemory() {
  const { one, shared, clock } = processes();
  void one;
  return createCache({
    tiers: [shared.store],
    clock,
    ledger: {
      since: async () => ({ epoch: "e", position: 0, floor: 0, since: null, changes: [] }),
      purge: async () => ({ epoch: "e", position: 1, selectors: 1 }),
    },
  });
}

describe.each(both)("the calls of Django's cache, %s", (_, open) => {
  test("get, set, has, add, touch, ttl", async () => {
    const cache = open();
    expect([await cache.get("k"), await cache.has("k"), await cache.ttl("k")]).toEqual([
      undefined,
      false,
      undefined,
    ]);
    await cache.set("k", "one", { ttl: "90s" });
    expect([await cache.get("k"), await cache.has("k"), await cache.ttl("k")]).toEqual(["one", true, 90]);
    expect([await cache.add("k", "two"), await cache.add("new", "two")]).toEqual([false, true]);
    expect([await cache.get("k"), await cache.get("new")]).toEqual(["one", "two"]);
    expect([await cache.touch("k", 30), await cache.ttl("k"), await cache.get("k")]).toEqual([
      true,
      30,
      "one",
    ]);
  });

  test("a ttl of 0 removes; undefined and null are values", async () => {
    const cache = open();
    await cache.set("k", "one");
    await cache.set("k", "two", { ttl: 0 });
    expect(await cache.has("k")).toBe(false);
    await cache.setMany([
      ["u", undefined],
      ["n", null],
    ]);
    expect([await cache.has("u"), await cache.get("u"), await cache.has("n"), await cache.get("n")]).toEqual([
      true,
      undefined,
      true,
      null,
    ]);
  });

  test("increment and decrement", async () => {
    const cache = open();
    expect([
      await cache.increment("n"),
      await cache.increment("n", 5),
      await cache.decrement("n", 2),
    ]).toEqual([1, 6, 4]);
    await cache.set("m", 40);
    expect([await cache.increment("m", 2), await cache.get("m")]).toEqual([42, 42]);
    expect(await cache.increment("from", 1, { initial: 100 })).toBe(101);
    await cache.set("text", "x");
    await expect(cache.increment("text")).rejects.toThrow("Cannot add to a value: it must be a whole number");
    await expect(cache.increment("n", 0.5)).rejects.toThrow(
      "Cannot add to a value: it takes whole numbers, got 0.5",
    );
    await cache.set("most", Number.MAX_SAFE_INTEGER);
    await expect(cache.increment("most")).rejects.toThrow("the sum is no safe whole number");
  });

  test("of many increments at once none is lost, and of many adds one wins", async () => {
    const cache = open();
    await Promise.all(Array.from({ length: 40 }, () => cache.increment("n")));
    expect(await cache.get("n")).toBe(40);
    const adds = await Promise.all(Array.from({ length: 20 }, (__, index) => cache.add("k", index)));
    expect(adds.filter(Boolean)).toHaveLength(1);
  });

  test("getMany, setMany, deleteMany", async () => {
    const cache = open();
    await cache.setMany(
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      { tags: ["t"] },
    );
    await cache.setMany([[["c", 3], "list"]]);
    const list = ["c", 3] as const;
    const found = await cache.getMany(["b", "missing", "a", list]);
    expect([...found]).toEqual([
      ["b", 2],
      ["a", 1],
      [list, "list"],
    ]);
  });
});

describe("getOrSet()", () => {
  test("makes what is not there, keeps it for its ttl, and makes it again", async () => {
    const { cache, pass } = alone({ ttl: "1m" });
    let calls = 0;
    const make = (): number => (calls += 1);
    expect([await cache.getOrSet("k", make), await cache.getOrSet("k", make)]).toEqual([1, 1]);
    pass(60);
    expect(await cache.getOrSet("k", make, { ttl: 5 })).toBe(2);
    pass(5);
    expect(await cache.getOrSet("k", make)).toBe(3);
  });

  test("null and undefined are kept only when asked, and for that time", async () => {
    const { cache, pass } = alone();
    let calls = 0;
    const none = (): null => {
      calls += 1;
      return null;
    };
    expect([await cache.getOrSet("k", none), await cache.getOrSet("k", none), calls]).toEqual([
      null,
      null,
      2,
    ]);
    await cache.getOrSet("k", none, { negativeTtl: "10s" });
    pass(9);
    await cache.getOrSet("k", none);
    expect(calls).toBe(3);
    pass(1);
    await cache.getOrSet("k", none);
    expect(calls).toBe(4);
  });

  test("a producer says its ttl, its tags, and that its value is not to be kept", async () => {
    const { cache, pass } = alone();
    await cache.getOrSet("short", ({ setTtl }) => {
      setTtl("5s");
      return 1;
    });
    await cache.getOrSet("tagged", ({ addTags }) => {
      addTags("a", "b");
      return 1;
    });
    await cache.getOrSet("skipped", ({ skip }) => {
      skip();
      return 1;
    });
    expect([await cache.has("short"), await cache.has("tagged"), await cache.has("skipped")]).toEqual([
      true,
      true,
      false,
    ]);
    pass(5);
    await cache.purge({ tags: ["b"] });
    expect([await cache.has("short"), await cache.has("tagged")]).toEqual([false, false]);
  });

  test("a tag that is none costs the keeping, not the value", async () => {
    const { cache, events } = alone();
    expect(await cache.getOrSet("k", () => 1, { tags: ["a,b"] })).toBe(1);
    expect(await cache.has("k")).toBe(false);
    expect(events).toMatchObject([{ type: "value-dropped", reason: "unstorable" }]);
    await expect(cache.set("k", 1, { tags: [""] })).rejects.toThrow("Cannot select by tag");
  });
});

describe("getOrSetMany()", () => {
  test("asks the loader once for what nobody has or makes, and answers in the order of the keys", async () => {
    const { one, other, shared } = processes();
    await one.set("a", "kept");
    await other.set("b", "outside");
    const source = gated<string>();
    const making = one.getOrSet("c", source.producer);
    await source.called();
    const asked: (readonly string[])[] = [];
    const many = one.getOrSetMany(["d", "c", "b", "a", "e", "d"], (keys) => {
      asked.push(keys);
      return keys.map((key) => `made ${key}`);
    });
    await soon();
    source.end("another's");
    await making;
    expect(await many).toEqual(["made d", "another's", "outside", "kept", "made e", "made d"]);
    expect(asked).toEqual([["d", "e"]]);
    expect(shared.calls.filter((call) => call.startsWith("getMany"))).toEqual(["getMany 4"]);
    expect(await other.getMany(["d", "e"])).toEqual(
      new Map([
        ["d", "made d"],
        ["e", "made e"],
      ]),
    );
  });

  test("takes a Map by key too; what is not in it is undefined and not kept", async () => {
    const { cache } = alone();
    const keys = [
      ["u", 1],
      ["u", 2],
    ] as const;
    expect(await cache.getOrSetMany(keys, async () => new Map([[keys[1], "two"]]))).toEqual([
      undefined,
      "two",
    ]);
    expect([await cache.has(keys[0]), await cache.has(["u", 2])]).toEqual([false, true]);
  });

  test("a loader that fails, or returns too few, fails all of its keys, and the kept ones are not lost", async () => {
    const { cache } = alone({ errorTtl: 0 });
    await cache.set("a", 1);
    await expect(cache.getOrSetMany(["a", "b"], () => Promise.reject(new Error("down")))).rejects.toThrow(
      "down",
    );
    await expect(cache.getOrSetMany(["a", "b"], () => [])).rejects.toThrow(
      "Cannot load values: a loader returns a Map, or a list with one value for each key",
    );
    expect(await cache.getOrSetMany(["a", "b"], (keys) => keys.map(() => 2))).toEqual([1, 2]);
  });

  test("a delete of one key while the loader runs keeps that one out, and no other", async () => {
    const { cache } = alone();
    const source = gated<number[]>();
    const asked = cache.getOrSetMany(["a", "b"], source.producer);
    await source.called();
    await cache.delete("a");
    source.end([1, 2]);
    expect(await asked).toEqual([1, 2]);
    expect([await cache.has("a"), await cache.has("b")]).toEqual([false, true]);
  });

  test("of nothing is nothing", async () => {
    const { cache } = alone();
    expect(await cache.getOrSetMany([], () => [])).toEqual([]);
  });
});

describe("wrap()", () => {
  test("keeps what a function returns by the key of its arguments, and purges one result", async () => {
    const { cache } = alone();
    const calls: number[] = [];
    const load = cache.wrap(
      async (id: number) => {
        calls.push(id);
        return { id };
      },
      { key: (id) => ["user", id], tags: ({ id }) => [`user:${id}`], ttl: "1h" },
    );
    expect([await load(1), await load(1), await load(2)]).toEqual([{ id: 1 }, { id: 1 }, { id: 2 }]);
    expect([load.peek(1), load.key(1), load.peek(3)]).toEqual([{ id: 1 }, ["user", 1], undefined]);
    await load.purge(1);
    expect(load.peek(1)).toBeUndefined();
    await load(1);
    await cache.purge({ tags: ["user:1"] });
    await load(1);
    await load.refresh(2);
    await load.expire(2);
    await load(2);
    expect(calls).toEqual([1, 2, 1, 1, 2, 2]);
    expect(await cache.get(["user", 2])).toEqual({ id: 2 });
  });

  test("a key that cannot be used, or throws, rejects", async () => {
    const { cache } = alone();
    const load = cache.wrap((id: unknown) => id as string, { key: (id) => ["user", id as string] });
    await expect(load(undefined)).rejects.toThrow("Cannot use a key");
  });

  test("types follow the function", () => {
    const load = createCache().wrap((id: number, _name: string) => ({ id }), {
      key: (id, name) => [id, name],
    });
    expectTypeOf(load).parameters.toEqualTypeOf<[number, string]>();
    expectTypeOf(load).returns.resolves.toEqualTypeOf<{ id: number }>();
  });
});

describe("namespace()", () => {
  test("has its own keys, defaults and version, and its purge leaves others alone; the whole one's takes all", async () => {
    const { cache, pass } = alone({ ttl: 60 });
    const users = cache.namespace<string>("users", { ttl: 10 });
    const admins = users.namespace<string>("admins");
    await cache.set("k", "root");
    await users.set("k", "user");
    await admins.set("k", "admin");
    expect([await cache.ttl("k"), await users.ttl("k"), await admins.ttl("k")]).toEqual([60, 10, 10]);
    await admins.purge({ everything: true });
    expect([await users.get("k"), await admins.get("k")]).toEqual(["user", undefined]);
    await admins.set("k", "again");
    await users.bumpVersion();
    expect([await cache.get("k"), await users.get("k"), await admins.get("k")]).toEqual([
      "root",
      undefined,
      undefined,
    ]);
    await users.set("k", "back");
    await cache.clear();
    expect([await cache.get("k"), await users.get("k")]).toEqual([undefined, undefined]);
    pass(1);
  });

  test("deletePattern sees the keys of its own part", async () => {
    const { one, other } = processes();
    const users = one.namespace<number>("users");
    await one.setMany([
      ["a:1", 1],
      ["a:2", 2],
      ["b:1", 3],
      [["a", 1], 4],
    ]);
    await users.setMany([
      ["a:1", 5],
      ["b:1", 6],
    ]);
    expect(await other.deletePattern("a:*")).toBe(2);
    expect(await users.deletePattern("b*")).toBe(1);
    expect([...(await other.getMany<number>(["a:1", "a:2", "b:1", ["a", 1]])).values()]).toEqual([3, 4]);
    expect([await users.get("a:1"), await users.get("b:1")]).toEqual([5, undefined]);
    expect(await one.deletePattern('["a",*')).toBe(1);
    const lock = await one.lock("job");
    await one.deletePattern("*");
    expect([await one.get("b:1"), await users.get("a:1"), await lock?.release()]).toEqual([
      undefined,
      5,
      true,
    ]);
  });

  test("is typed by its schema or by its word", () => {
    const cache = createCache();
    const typed = cache.namespace("a", { schema: schemaOf<number>(Number.isInteger) });
    expectTypeOf(typed.get("k")).resolves.toEqualTypeOf<number | undefined>();
    expectTypeOf(cache.namespace<string>("b").peek("k")).toEqualTypeOf<string | undefined>();
  });
});

describe("a schema", () => {
  test.each([false, true])(
    "makes a kept value that does not fit a miss (asynchronous: %s)",
    async (isAsync) => {
      const { one, other } = processes();
      const schema = schemaOf<number>((value) => typeof value === "number", { isAsync });
      await one.setMany([
        ["good", 1],
        ["bad", "text"],
      ]);
      for (const cache of [one, other]) {
        expect([await cache.get("good", { schema }), await cache.get("bad", { schema })]).toEqual([
          1,
          undefined,
        ]);
        expect(await cache.get("bad")).toBe("text");
      }
      expect(await one.getOrSet("bad", () => 2, { schema })).toBe(2);
      expect(await one.get("bad")).toBe(2);
    },
  );

  test("is asked once for a value in memory, not once a hit", async () => {
    const { cache } = alone();
    const schema = schemaOf<number>(Number.isInteger);
    const numbers = cache.namespace("n", { schema });
    await numbers.getOrSet("k", () => 1);
    for (let hit = 0; hit < 10; hit += 1) await numbers.get("k");
    expect(schema.calls).toBe(1);
  });

  test("what a producer makes and does not fit is handed out, reported, and not kept; a validator that throws says no", async () => {
    const { cache, events } = alone();
    const schema = schemaOf<number>(() => {
      throw new Error("bug");
    });
    expect(await cache.getOrSet("k", () => 1, { schema })).toBe(1);
    expect(await cache.has("k")).toBe(false);
    expect(events).toMatchObject([{ type: "value-dropped", reason: "unfit" }]);
  });
});

describe("warm()", () => {
  test("fills a list, some at a time, tells how far it is, and goes on past failures", async () => {
    const { cache } = alone();
    let [atOnce, most] = [0, 0];
    const items = Array.from({ length: 20 }, (_, index) => ({
      key: ["w", index],
      async producer() {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await soon();
        atOnce -= 1;
        if (index === 3) throw new Error("three");
        return index;
      },
    }));
    const progress: number[] = [];
    const result = await cache.warm(items, {
      concurrency: 4,
      onProgress: ({ done, failed, total }) => void progress.push(done + failed, total ?? -1),
    });
    expect(result).toMatchObject({ done: 19, failed: [{ key: ["w", 3] }] });
    expect([most, progress.length, progress.at(-2), progress.at(-1)]).toEqual([4, 40, 20, 20]);
    expect(await cache.get(["w", 19])).toBe(19);
    await expect(cache.warm([], { concurrency: 0 })).rejects.toThrow("Cannot warm a cache");
  });
});

describe("peek()", () => {
  test("tells at once what memory has, fresh and current, and knows this process's purges", async () => {
    const { cache, pass } = alone({ ttl: 60 });
    expect(cache.peek("k")).toBeUndefined();
    await cache.set("k", "v", { tags: ["t"] });
    expect(cache.peek("k")).toBe("v");
    pass(59);
    expect(cache.peek("k")).toBe("v");
    pass(1);
    expect(cache.peek("k")).toBeUndefined();
    await cache.set("k", "v", { tags: ["t"] });
    await cache.purge({ tags: ["t"] });
    expect(cache.peek("k")).toBeUndefined();
  });
});

describe("caches beside each other", () => {
  test("of other prefixes or versions never read each other's values, also from the same stores", async () => {
    const { shared, clock } = processes();
    const hot = memoryStore({ clock });
    const ledger = {
      since: async () => ({ epoch: "e", position: 0, floor: 0, since: null, changes: [] }),
      purge: () => Promise.reject(new Error("no")),
    };
    const open = (prefix: string, version: number) =>
      createCache({ prefix, version, tiers: [hot, shared.store], ledger, clock });
    const all = [open("shop", 1), open("shop", 2), open("blog", 1)];
    for (const [index, cache] of all.entries()) await cache.set("k", index);
    expect(await Promise.all(all.map((cache) => cache.get("k")))).toEqual([0, 1, 2]);
  });

  test("close() waits for what goes on behind", async () => {
    const { cache, pass } = alone({ ttl: 1, staleWhileRevalidate: 60 });
    await cache.set("k", 1);
    pass(1);
    let isDone = false;
    await cache.getOrSet("k", async () => {
      await soon();
      isDone = true;
      return 2;
    });
    await cache.close();
    expect(isDone).toBe(true);
  });
});
