import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Entry, Store } from "../../src/store.ts";

/** One backend as the suite finds it: empty, with what helps to look at it. */
export interface OpenStore {
  readonly store: Store;
  /** The instant by the store's own clock. @defaultValue the machine's */
  readonly now?: () => number;
  /** Lets so many seconds pass for the store. Left out where nobody can: then expiry is not looked at. */
  readonly pass?: (seconds: number) => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

export interface StoreContractOptions {
  /** The shortest time the backend can keep an entry, in seconds. @defaultValue 60 */
  readonly ttl?: number;
}

/**
 * Proves that a backend keeps the promises of `Store`. Needs vitest and nothing else, so it runs in Node, inside workerd
 * and in browsers.
 *
 * @param open a new, empty store; each test opens its own
 */
export function storeContract(
  name: string,
  open: () => OpenStore | Promise<OpenStore>,
  { ttl: TTL = 60 }: StoreContractOptions = {},
): void {
  const opened = async () => {
    const { store, now = Date.now, pass, close } = await open();
    const entry = (
      facts: unknown = { n: 1 },
      body: Uint8Array | null = bytes(1, 2, 3),
      ttl = TTL,
    ): Entry => ({
      mark: { epoch: "e-1", position: 7, labels: ["url:example.com/a", "tag:t"] },
      expiresAt: now() + ttl * 1_000,
      facts,
      body,
    });
    return { store, pass, entry, close };
  };

  describe(`${name} keeps the promises of a Store`, () => {
    let it: Awaited<ReturnType<typeof opened>>;
    beforeEach(async () => {
      it = await opened();
    });
    afterEach(async () => {
      await it.close?.();
    });

    test("a missing key is undefined", async () => {
      expect(await it.store.get("missing")).toBeUndefined();
    });

    test("what is set is got: mark, expiry, facts and body", async () => {
      const entry = it.entry({
        status: 200,
        fields: [["etag", '"1"']],
        deep: { list: [1, null, "x", true, 1.5] },
      });
      await it.store.set("k", entry, TTL);
      expect(plain(await it.store.get("k"))).toEqual(plain(entry));
    });

    test("a later set replaces the whole entry", async () => {
      await it.store.set("k", it.entry({ first: true }, bytes(1)), TTL);
      const second = it.entry({ second: true }, null);
      await it.store.set("k", second, TTL);
      expect(plain(await it.store.get("k"))).toEqual(plain(second));
    });

    const bodies: [name: string, body: Uint8Array | null][] = [
      ["no body", null],
      ["an empty body", bytes()],
      ["every byte there is", Uint8Array.from({ length: 256 }, (_, index) => index)],
      ["bytes that are no text", bytes(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0)],
      ["a part of a larger buffer", new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4)],
      ["100 KB", new Uint8Array(100_000).fill(7)],
    ];
    test.each(bodies)("%s comes back as it was", async (_, body) => {
      await it.store.set("k", it.entry({}, body), TTL);
      const got = await it.store.get("k");
      expect(got?.body === null ? null : [...(got?.body ?? [-1])]).toEqual(body === null ? null : [...body]);
    });

    const keys: [name: string, key: string][] = [
      ["an empty key", ""],
      ["a URL", "https://example.com/a?b=1&c=%20"],
      ["separators and quotes", `a:b|c/../d?e#f "g" 'h' \\ %00 {}[]<>`],
      ["white space and controls", " \t\n\r\u0000\u007f"],
      ["letters of the world", "caf\u00e9/\u4e2d\u6587/\u{1f600}"],
      ["a name of prototypes", "__proto__"],
      ["another such name", "constructor"],
      ["500 bytes", "x".repeat(500)],
      ["10,000 bytes", "y".repeat(10_000)],
      ["a number sign in front", `#${"0".repeat(64)}`],
      ["a JSON list", JSON.stringify(["https://example.com/", "accept", null])],
    ];
    test.each(keys)("a key may be %s", async (_, key) => {
      expect(await it.store.get(key)).toBeUndefined();
      await it.store.set(key, it.entry({ key }), TTL);
      expect((await it.store.get(key))?.facts).toEqual({ key });
      await it.store.delete([key]);
      expect(await it.store.get(key)).toBeUndefined();
    });

    const pairs: [one: string, other: string][] = [
      ["a", "A"],
      ["a", "a "],
      ["a/b", "a%2Fb"],
      ["caf\u00e9", "cafe\u0301"],
      ["x".repeat(600), `${"x".repeat(599)}y`],
      ["", " "],
    ];
    test.each(pairs)("%# two keys that look alike are two", async (one, other) => {
      await it.store.set(one, it.entry("one"), TTL);
      expect(await it.store.get(other)).toBeUndefined();
      await it.store.set(other, it.entry("other"), TTL);
      expect([(await it.store.get(one))?.facts, (await it.store.get(other))?.facts]).toEqual([
        "one",
        "other",
      ]);
    });

    test.each([0, -1])("set with a ttl of %d stores nothing and removes what is there", async (ttl) => {
      await it.store.set("new", it.entry(), ttl);
      expect(await it.store.get("new")).toBeUndefined();
      await it.store.set("old", it.entry(), TTL);
      await it.store.set("old", it.entry(), ttl);
      expect(await it.store.get("old")).toBeUndefined();
    });

    test("delete removes the keys it names and no others", async () => {
      for (const key of ["a", "b", "c"]) await it.store.set(key, it.entry(key), TTL);
      expect(await it.store.delete(["a", "b"])).toBe(2);
      expect(await it.store.get("a")).toBeUndefined();
      expect(await it.store.get("b")).toBeUndefined();
      expect((await it.store.get("c"))?.facts).toBe("c");
    });

    test("delete of what is not there, or of nothing, does nothing", async () => {
      expect(await it.store.delete([])).toBe(0);
      expect(await it.store.delete(["missing"])).toBeLessThanOrEqual(1);
    });

    test("an entry is there until its ttl is over, and not after", async () => {
      if (it.pass === undefined) return;
      await it.store.set("k", it.entry({}, null, 2 * TTL), 2 * TTL);
      await it.pass(TTL);
      expect(await it.store.get("k")).toBeDefined();
      await it.pass(TTL);
      expect(await it.store.get("k")).toBeUndefined();
    });

    test("a ttl shorter than the entry's own time ends it, a longer one does not lengthen it", async () => {
      if (it.pass === undefined) return;
      await it.store.set("short", it.entry({}, null, 10 * TTL), TTL);
      await it.store.set("long", it.entry({}, null, TTL), 10 * TTL);
      await it.pass(TTL);
      expect(await it.store.get("short")).toBeUndefined();
      expect(await it.store.get("long")).toBeUndefined();
    });

    test("a set starts the time anew", async () => {
      if (it.pass === undefined) return;
      await it.store.set("k", it.entry(1, null, 2 * TTL), 2 * TTL);
      await it.pass(TTL);
      await it.store.set("k", it.entry(2, null, 2 * TTL), 2 * TTL);
      await it.pass(TTL);
      expect((await it.store.get("k"))?.facts).toBe(2);
    });

    test("add, if it is there, writes only where nothing is, and says whether it did", async () => {
      if (it.store.add === undefined) return;
      expect(await it.store.add("k", it.entry("first"), TTL)).toBe(true);
      expect(await it.store.add("k", it.entry("second"), TTL)).toBe(false);
      expect((await it.store.get("k"))?.facts).toBe("first");
      await it.store.delete(["k"]);
      expect(await it.store.add("k", it.entry("third"), TTL)).toBe(true);
      expect(await it.store.add("none", it.entry(), 0)).toBe(false);
      expect(await it.store.get("none")).toBeUndefined();
    });

    test("of many adds at once exactly one writes", async () => {
      const { store } = it;
      if (store.add === undefined) return;
      const wrote = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => store.add?.("k", it.entry(index), TTL)),
      );
      expect(wrote.filter(Boolean)).toHaveLength(1);
      expect((await store.get("k"))?.facts).toBe(wrote.indexOf(true));
    });

    test("add takes the place of an entry whose time is over", async () => {
      if (it.pass === undefined || it.store.add === undefined) return;
      await it.store.set("k", it.entry("old"), TTL);
      await it.pass(TTL);
      expect(await it.store.add("k", it.entry("new"), TTL)).toBe(true);
    });

    test("peek, if it is there, tells at once what get would tell", async () => {
      const { store } = it;
      if (store.peek === undefined) return;
      expect(store.peek("k")).toBeUndefined();
      await store.set("k", it.entry("x"), TTL);
      expect(store.peek("k")?.facts).toBe("x");
      await it.pass?.(TTL);
      if (it.pass !== undefined) expect(store.peek("k")).toBeUndefined();
    });

    test("getMany, if it is there, answers in the order of the keys, also one asked for twice", async () => {
      const { store } = it;
      if (store.getMany === undefined) return;
      for (const key of ["a", "b"]) await store.set(key, it.entry(key), TTL);
      const got = await store.getMany(["b", "missing", "a", "b"]);
      expect(got.map((entry) => entry?.facts)).toEqual(["b", undefined, "a", "b"]);
      expect(await store.getMany([])).toEqual([]);
    });

    test("setMany, if it is there, is as many sets, each with its own ttl", async () => {
      const { store } = it;
      if (store.setMany === undefined) return;
      await store.set("c", it.entry("old"), TTL);
      await store.setMany([
        { key: "a", entry: it.entry("a", bytes(1)), ttl: TTL },
        { key: "b", entry: it.entry("b", null, 2 * TTL), ttl: 2 * TTL },
        { key: "c", entry: it.entry("c"), ttl: 0 },
      ]);
      await store.setMany([]);
      const facts = async (key: string) => (await store.get(key))?.facts;
      expect([await facts("a"), await facts("b"), await facts("c")]).toEqual(["a", "b", undefined]);
      if (it.pass === undefined) return;
      await it.pass(TTL);
      expect([await facts("a"), await facts("b")]).toEqual([undefined, "b"]);
    });

    const stamped = (entry: Entry, stamp: string): Entry => ({ ...entry, stamp });

    test("replace, if it is there, writes over nothing and over what was seen, and over nothing else", async () => {
      const { store } = it;
      if (store.replace === undefined) return;
      expect(await store.replace("k", stamped(it.entry("first"), "1"), TTL, undefined)).toBe(true);
      expect(await store.replace("k", stamped(it.entry("late"), "2"), TTL, undefined)).toBe(false);
      expect(await store.replace("k", stamped(it.entry("late"), "2"), TTL, "0")).toBe(false);
      expect((await store.get("k"))?.facts).toBe("first");
      expect(await store.replace("k", stamped(it.entry("second"), "2"), TTL, "1")).toBe(true);
      expect(plain(await store.get("k"))).toMatchObject({ facts: "second", stamp: "2" });
      await store.delete(["k"]);
      expect(await store.replace("k", stamped(it.entry("third"), "3"), TTL, "2")).toBe(true);
    });

    test("replace with a ttl of 0 removes what was seen, and nothing else", async () => {
      const { store } = it;
      if (store.replace === undefined) return;
      await store.set("k", stamped(it.entry("mine"), "1"), TTL);
      expect(await store.replace("k", it.entry(), 0, "2")).toBe(false);
      expect((await store.get("k"))?.facts).toBe("mine");
      expect(await store.replace("k", it.entry(), 0, "1")).toBe(true);
      expect(await store.get("k")).toBeUndefined();
    });

    test("replace takes the place of what has expired, whatever was seen", async () => {
      const { store } = it;
      if (store.replace === undefined || it.pass === undefined) return;
      await store.set("k", stamped(it.entry("old"), "1"), TTL);
      await it.pass(TTL);
      expect(await store.replace("k", stamped(it.entry("new"), "2"), TTL, undefined)).toBe(true);
    });

    test("of many replaces at once that saw the same, exactly one writes", async () => {
      const { store } = it;
      if (store.replace === undefined) return;
      await store.set("k", stamped(it.entry("seen"), "0"), TTL);
      const writes = Array.from({ length: 20 }, async (_, index) =>
        store.replace?.("k", stamped(it.entry(index), `${index + 1}`), TTL, "0"),
      );
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
    });

    test("increment, if it is there, adds to facts.count alone, and to nothing that has none", async () => {
      const { store } = it;
      if (store.increment === undefined) return;
      expect(await store.increment("missing", 1)).toBeUndefined();
      expect(await store.get("missing")).toBeUndefined();
      await store.set("text", it.entry("text"), TTL);
      expect(await store.increment("text", 1)).toBeUndefined();
      const entry = stamped(it.entry({ kind: "value", count: 40 }, null), "s");
      await store.set("k", entry, TTL);
      expect([await store.increment("k", 3), await store.increment("k", -1)]).toEqual([43, 42]);
      expect(plain(await store.get("k"))).toMatchObject({
        facts: { kind: "value", count: 42 },
        mark: entry.mark,
      });
    });

    test("of many increments at once none is lost", async () => {
      const { store } = it;
      if (store.increment === undefined) return;
      await store.set("k", it.entry({ count: 0 }, null), TTL);
      await Promise.all(Array.from({ length: 50 }, async () => store.increment?.("k", 2)));
      expect(await store.increment("k", 0)).toBe(100);
    });

    test("an increment does not lengthen the time", async () => {
      const { store } = it;
      if (store.increment === undefined || it.pass === undefined) return;
      await store.set("k", it.entry({ count: 0 }, null, 10 * TTL), 2 * TTL);
      await it.pass(TTL);
      await store.increment("k", 1);
      await it.pass(TTL);
      expect(await store.get("k")).toBeUndefined();
    });

    test("keys, if it is there, tells the keys that match a pattern, each once", async () => {
      const { store } = it;
      if (store.keys === undefined) return;
      const names = ["user:1", "user:12", "user:*", "User:1", "use", "user:[a]", "o\\k", ""];
      for (const key of names) await store.set(key, it.entry(), TTL);
      const told = async (pattern: string): Promise<readonly string[]> => {
        const found: string[] = [];
        for await (const key of store.keys?.(pattern) ?? []) found.push(key);
        return found.sort();
      };
      expect(await told("*")).toEqual(names.toSorted());
      expect(await told("user:*")).toEqual(["user:*", "user:1", "user:12", "user:[a]"]);
      expect(await told("user:?")).toEqual(["user:*", "user:1"]);
      expect(await told("user:\\*")).toEqual(["user:*"]);
      expect(await told("user:[a]")).toEqual(["user:[a]"]);
      expect(await told("o\\\\k")).toEqual(["o\\k"]);
      expect(await told("")).toEqual([""]);
      expect(await told("nothing*")).toEqual([]);
    });

    test("clear, if it is there, leaves nothing, and the store works on", async () => {
      if (it.store.clear === undefined) return;
      for (const key of ["a", "b"]) await it.store.set(key, it.entry(), TTL);
      await it.store.clear();
      expect([await it.store.get("a"), await it.store.get("b")]).toEqual([undefined, undefined]);
      await it.store.set("a", it.entry("again"), TTL);
      expect((await it.store.get("a"))?.facts).toBe("again");
    });

    test("many calls at once do not mix up their keys", async () => {
      const names = Array.from({ length: 50 }, (_, index) => `key-${index}`);
      await Promise.all(names.map((key) => it.store.set(key, it.entry(key), TTL)));
      const got = await Promise.all(names.map((key) => it.store.get(key)));
      expect(got.map((entry) => entry?.facts)).toEqual(names);
    });

    test("it has a name, for events", async () => {
      expect(it.store.name).not.toBe("");
    });
  });
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** The entry with its body as a list, so that views of different buffers compare as equal. */
function plain(entry: Entry | undefined): unknown {
  return entry && { ...entry, body: entry.body === null ? null : [...entry.body] };
}
