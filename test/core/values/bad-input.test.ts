import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import { createCache } from "../../../src/values/cache.ts";
import type { CacheOptions, GetOrSetOptions, SetOptions } from "../../../src/values/options.ts";
import { alone, processes, soon } from "./setup.ts";

describe("createCache() refuses options that make no sense, with a sentence that names them", () => {
  const { peek: _, ...remote } = memoryStore();
  const rows: [options: unknown, message: string][] = [
    [
      { prefix: "a:b" },
      'Cannot use prefix: it must be 1 to 64 letters, digits, dots, dashes or underscores, got "a:b"',
    ],
    [{ version: "" }, "Cannot use version"],
    [
      { ttl: "5 parsecs" },
      'Cannot read ttl: it must be a number of seconds or a string such as "5m", got "5 parsecs"',
    ],
    [{ ttl: -1 }, "Cannot read ttl: it must be finite and not negative, got -1"],
    [{ ttl: Number.NaN }, "Cannot read ttl: it must be finite and not negative, got NaN"],
    [{ ttl: Infinity }, "Cannot read ttl: it must be finite and not negative, got Infinity"],
    [{ staleIfError: {} }, "Cannot read staleIfError"],
    [{ jitter: 1.5 }, "Cannot read jitter: it must be 0 to 1, got 1.5"],
    [{ jitter: "much" }, 'Cannot read jitter: it must be a number, got "much"'],
    [{ refreshAhead: -1 }, "Cannot read refreshAhead"],
    [{ earlyRefresh: { beta: Number.NaN } }, "Cannot read earlyRefresh.beta"],
    [{ earlyRefresh: {} }, "Cannot read earlyRefresh.beta: it must be a number, got undefined"],
    [{ producerTimeout: { hard: 0 } }, "Cannot read producerTimeout.hard: it must be more than 0, got 0"],
    [{ storeTimeout: "soon" }, "Cannot read storeTimeout"],
    [{ lock: { ttl: 0 } }, "Cannot read lock.ttl: it must be more than 0, got 0"],
    [{ maxValueBytes: "big" }, "Cannot read maxValueBytes"],
    [{ isolation: "none" }, 'Cannot make a cache: isolation must be "freeze" or "copy", got "none"'],
    [{ tiers: [] }, "Cannot make a cache: tiers must not be empty"],
    [{ tiers: [undefined] }, "Cannot make a cache: a tier is a store, or { store }, got undefined"],
    [{ tiers: [{ store: {} }] }, "Cannot make a cache: a tier is a store, or { store }"],
    [{ tiers: [memoryStore(), remote] }, "Cannot make a cache: a tier outside this process needs a ledger"],
    [{ view: {} }, "Cannot make a cache: a view needs its ledger beside it, for purges"],
  ];
  test.each(rows)("%o", (options, message) => {
    expect(() => createCache(options as CacheOptions)).toThrow(message);
  });

  test("and takes none at all", async () => {
    const cache = createCache();
    expect(await cache.getOrSet("k", () => 1)).toBe(1);
  });
});

describe("calls with bad options reject with a sentence", () => {
  const options: [options: unknown, message: string][] = [
    [{ ttl: "5 parsecs" }, "Cannot read ttl"],
    [{ ttl: -1 }, "Cannot read ttl"],
    [{ ttl: Number.NaN }, "Cannot read ttl"],
    [{ jitter: 2 }, "Cannot read jitter"],
    [{ staleWhileRevalidate: [] }, "Cannot read staleWhileRevalidate"],
  ];
  test.each(options)("%o", async (bad, message) => {
    const { cache } = alone();
    let calls = 0;
    await expect(cache.getOrSet("k", () => (calls += 1), bad as GetOrSetOptions<number>)).rejects.toThrow(
      message,
    );
    await expect(cache.set("k", 1, bad as SetOptions)).rejects.toThrow(message);
    await expect(cache.add("k", 1, bad as SetOptions)).rejects.toThrow(message);
    expect(calls).toBe(0);
    expect(await cache.has("k")).toBe(false);
  });

  test("a key that is none rejects in every call, and never throws", async () => {
    const { cache } = alone();
    const bad = undefined as unknown as string;
    const calls = [
      cache.get(bad),
      cache.set(bad, 1),
      cache.getOrSet(bad, () => 1),
      cache.delete(bad),
      cache.getMany([bad]),
      cache.increment(bad),
      cache.touch(bad),
      cache.lock(bad),
      cache.purge({ keys: [bad] }),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(TypeError) });
    }
    expect(() => cache.peek(bad)).toThrow("Cannot use a key");
  });

  test("a producer's bad ttl is its failure", async () => {
    const { cache } = alone();
    await expect(
      cache.getOrSet("k", ({ setTtl }) => {
        setTtl("5 parsecs");
        return 1;
      }),
    ).rejects.toThrow("Cannot read ttl");
  });

  test("a purge of nothing, and of what is no tag, rejects", async () => {
    const { cache } = alone();
    await expect(cache.purge({})).rejects.toThrow("Cannot purge: it must name at least one tag or key");
    await expect(cache.purge({ tags: ["a,b"] })).rejects.toThrow("Cannot select by tag");
  });

  test("a pattern that is none, or too long, rejects", async () => {
    const { cache } = alone();
    await expect(cache.deletePattern(7 as unknown as string)).rejects.toThrow(
      "Cannot match keys: a pattern is text",
    );
    await expect(cache.deletePattern("*".repeat(1_025))).rejects.toThrow(
      "a pattern has at most 1024 characters",
    );
  });

  test("deletePattern says so where the last tier cannot tell its keys", async () => {
    const { shared, clock } = processes();
    const { keys: _, ...poor } = shared.store;
    const { cache } = alone({
      tiers: [poor],
      clock,
      ledger: {
        since: async () => ({ epoch: "e", position: 0, floor: 0, since: null, changes: [] }),
        purge: () => Promise.reject(new Error("no")),
      },
    });
    await expect(cache.deletePattern("*")).rejects.toThrow(
      'Cannot delete by pattern: the last tier cannot tell its keys; tags can do it, got "outside"',
    );
  });
});

describe("what stands in a store and is not ours is a miss, is reported, and is removed", () => {
  const bodies: [name: string, body: Uint8Array | null, facts?: unknown][] = [
    ["no body", null],
    ["an empty body", new Uint8Array()],
    ["another release's format", new Uint8Array([9, 1, 2, 3])],
    ["half a JSON text", new TextEncoder().encode('\u0001{"a":')],
    ["JSON that is no UTF-8", new Uint8Array([1, 0x22, 0xff, 0x22])],
    ["half a MessagePack", new Uint8Array([2, 0x92, 1])],
    ["a list that says it is endless", new Uint8Array([2, 0xdd, 255, 255, 255, 255])],
    ["a map that says it is endless", new Uint8Array([2, 0xdf, 255, 255, 255, 255])],
    ["a text that says it is endless", new Uint8Array([2, 0xdb, 255, 255, 255, 255])],
    ["lists in lists without end", new Uint8Array(200_000).fill(0x91, 1).fill(2, 0, 1)],
    [
      "JSON in JSON without end",
      new TextEncoder().encode(`\u0001${"[".repeat(200_000)}${"]".repeat(200_000)}`),
    ],
    ["a list that holds itself", new Uint8Array([2, 0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1])],
    ["an escape of an unknown kind", new Uint8Array([2, 0x81, 0xa1, 0x00, 0x91, 0xa1, 0x78])],
    ["an escape that holds no pairs", new Uint8Array([2, 0x81, 0xa1, 0x00, 0x92, 0xa3, 0x6d, 0x61, 0x70, 1])],
    ["a regular expression", new Uint8Array([2, 0xc7, 4, 0x78, 0x92, 0xa1, 0x78, 0xa0])],
    ["no facts", new TextEncoder().encode("\u00011"), null],
    ["a response's facts", new TextEncoder().encode("\u00011"), { kind: "response", stored: {} }],
    [
      "facts of other kinds",
      new TextEncoder().encode("\u00011"),
      { kind: "value", ttl: "1", grace: 0, cost: 0 },
    ],
    ["a count that is none", null, { kind: "value", ttl: 1, grace: 0, cost: 0, count: 0.5 }],
  ];
  test.each(bodies)("%s", async (_, body, facts = { kind: "value", ttl: 60_000, grace: 0, cost: 0 }) => {
    const { one, shared, events, clock } = processes();
    const mark = { epoch: "e", position: 0, labels: [] };
    await shared.store.set("values:1:k", { mark, expiresAt: clock() + 60_000, facts, body, stamp: "x" }, 60);
    expect(await one.get("k")).toBeUndefined();
    await soon();
    expect(events).toContainEqual({ type: "unreadable-entry", store: "outside", key: "k" });
    expect(await shared.store.get("values:1:k")).toBeUndefined();
    expect(await one.getOrSet("k", () => "new")).toBe("new");
    await one.close();
    expect(await one.get("k")).toBe("new");
  });

  test("any bytes at all are a value or a miss, within moments", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(1, 2, 0), async (noise, format) => {
        const { one, shared, clock } = processes();
        const body = new Uint8Array([format, ...noise]);
        const mark = { epoch: "e", position: 0, labels: [] };
        const facts = { kind: "value", ttl: 60_000, grace: 0, cost: 0 };
        await shared.store.set("values:1:k", { mark, expiresAt: clock() + 60_000, facts, body }, 60);
        await one.get("k");
        expect(Object.prototype).not.toHaveProperty("polluted");
        expect(await one.getOrSet("k", () => "x")).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  test("facts of any shape are a value or a miss", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (facts) => {
        const { one, shared, clock } = processes();
        const mark = { epoch: "e", position: 0, labels: [] };
        const entry = { mark, expiresAt: clock() + 60_000, facts, body: new TextEncoder().encode("\u00011") };
        await shared.store.set("values:1:k", entry, 60);
        expect(await one.getOrSet("k", () => "x")).toBe("x");
      }),
      { numRuns: 200 },
    );
  });

  test("a mark of another ledger is gone, one ahead of the ledger is no value", async () => {
    const { one, shared, clock } = processes();
    const facts = { kind: "value", ttl: 60_000, grace: 0, cost: 0 };
    const body = new TextEncoder().encode("\u00011");
    for (const mark of [
      { epoch: "another", position: 0, labels: [] },
      { epoch: "e", position: 99, labels: [] },
    ]) {
      await shared.store.set("values:1:k", { mark, expiresAt: clock() + 60_000, facts, body }, 60);
      expect(await one.get("k")).toBeUndefined();
    }
  });
});
