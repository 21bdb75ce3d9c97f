import { describe, expect, test } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import { failures } from "../../../src/values/failures.ts";
import { fences } from "../../../src/values/fences.ts";
import { alone, outside, processes } from "./setup.ts";

describe("a tagged hit", () => {
  test("asks nobody: neither the stores outside nor the ledger, until the snapshot's own refresh", async () => {
    let now = 0;
    const clock = (): number => now;
    const shared = outside(clock);
    let asked = 0;
    const { cache } = alone({
      clock,
      tiers: [memoryStore({ clock }), shared.store],
      ledger: {
        since: async () => {
          asked += 1;
          return { epoch: "e", position: 0, floor: 0, since: null, changes: [] };
        },
        purge: () => Promise.reject(new Error("not asked for")),
      },
    });
    const tags = Array.from({ length: 20 }, (_, index) => `t${index}`);
    await cache.set("k", "v", { tags });
    shared.calls.length = 0;
    asked = 0;
    for (let hit = 0; hit < 1_000; hit += 1) {
      now = Math.floor(hit / 10) * 9; // Not yet half of the bound.
      expect(await cache.get("k")).toBe("v");
    }
    expect([shared.calls, asked]).toEqual([[], 0]);
  });
});

describe("a purge by tag", () => {
  test("is one write to the ledger and none to the stores, however much carries the tag", async () => {
    const { one, other, shared } = processes();
    await one.setMany(
      Array.from({ length: 1_000 }, (_, index) => [`k${index}`, index]),
      { tags: ["t"] },
    );
    shared.calls.length = 0;
    const { selectors } = await one.purge({ tags: ["t"] });
    expect([selectors, shared.calls]).toEqual([1, []]);
    expect(await one.getMany(["k0", "k999"])).toEqual(new Map());
    expect(await other.get("k500")).toBeUndefined();
  });

  test("a purge of many keys is one order", async () => {
    const { one } = processes();
    expect((await one.purge({ keys: ["a", "b"], tags: ["t"], everything: true })).selectors).toBe(4);
  });

  test("a soft one makes stale what it covers, and nothing else", async () => {
    const { cache } = alone({ ttl: 60, staleIfError: 60 });
    await cache.set("a", 1, { tags: ["t"] });
    await cache.set("b", 2);
    await cache.purge({ tags: ["t"] }, { soft: true });
    expect([await cache.get("a"), await cache.get("a", { stale: true }), await cache.get("b")]).toEqual([
      undefined,
      1,
      2,
    ]);
    expect(await cache.getOrSet("a", () => Promise.reject(new Error("down")))).toBe(1);
  });
});

describe("memory is bounded", () => {
  test("in bytes, whatever is kept; an entry too large for it is handed out and not kept", async () => {
    const { cache } = alone({ tiers: [memoryStore({ maxBytes: 100_000, maxEntryBytes: 10_000 })] });
    for (let index = 0; index < 2_000; index += 1) await cache.set(`k${index}`, "x".repeat(100));
    let kept = 0;
    for (let index = 0; index < 2_000; index += 1) if (cache.peek(`k${index}`) !== undefined) kept += 1;
    expect(kept).toBeLessThan(100_000 / (2 * 100));
    expect(cache.peek("k1999")).toBeDefined();
    expect(await cache.getOrSet("large", () => "x".repeat(10_000))).toHaveLength(10_000);
    expect(cache.peek("large")).toBeUndefined();
  });

  test("fences are there for work under way alone", () => {
    const all = fences();
    const first = all.begin("k");
    const second = all.begin("k");
    all.raise(["k", "other"]);
    expect([all.isOpen("k", first), all.isOpen("k", second), all.current("k"), all.current("other")]).toEqual(
      [false, false, 1, 0],
    );
    all.end("k");
    expect(all.current("k")).toBe(1);
    all.end("k");
    expect(all.current("k")).toBe(0);
    all.end("k");
    for (let index = 0; index < 100_001; index += 1) all.begin(`k${index}`);
    expect([all.isOpen("k0", 0), all.isOpen("k1", 0)]).toEqual([false, true]);
  });

  test("failures are forgotten, the oldest first", () => {
    const all = failures();
    for (let index = 0; index < 10_001; index += 1) all.set(`k${index}`, new Error("x"), 10);
    expect([all.get("k0", 0), all.get("k1", 0)]).toEqual([undefined, expect.anything()]);
    expect(all.get("k2", 10)).toBeUndefined();
  });
});
