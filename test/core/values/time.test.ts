import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import { decideValue, jittered, unrestBefore, type ValueDecision } from "../../../src/values/decide.ts";
import { settingsOf } from "../../../src/values/settings.ts";
import { alone, gated, outside, processes, soon } from "./setup.ts";

describe("decideValue() on a value that is fresh until 60 s, with 60 s of serving stale and 600 s of standing in", () => {
  const settings = settingsOf({ staleWhileRevalidate: 60, staleIfError: 600 });
  const age = { ttl: 60_000, grace: 600_000, cost: 0, freshUntil: 60_000, isSoft: false };
  const serve = (renew: boolean): ValueDecision => ({ action: "serve", renew });
  const produce = (mayStandIn: boolean): ValueDecision => ({ action: "produce", mayStandIn });

  const timeline: [now: number, expected: ValueDecision, because: string][] = [
    [0, serve(false), "it is fresh"],
    [59_999, serve(false), "it is fresh"],
    [60_000, serve(true), "it may be handed out while it is renewed"],
    [119_999, serve(true), "it may be handed out while it is renewed"],
    [120_000, produce(true), "it may stand in for a producer that fails"],
    [659_999, produce(true), "it may stand in for a producer that fails"],
    [660_000, produce(false), "all its time is over"],
  ];
  test.each(timeline)("at %i ms answers %o, for %s", (now, expected) => {
    expect(decideValue(age, settings, now, () => 0)).toEqual(expected);
  });

  const soft: [now: number, expected: ValueDecision][] = [
    [0, serve(true)],
    [119_999, serve(true)],
    [120_000, produce(true)],
  ];
  test.each(soft)("after a soft purge, at %i ms answers %o", (now, expected) => {
    expect(decideValue({ ...age, isSoft: true }, settings, now, () => 0)).toEqual(expected);
  });

  test("after a soft purge a value without windows is to be made anew", () => {
    expect(decideValue({ ...age, isSoft: true }, settingsOf({}), 0, () => 0)).toEqual(produce(false));
  });
});

describe("early refresh", () => {
  test("refreshAhead renews behind the first read after its share of the ttl", () => {
    const settings = settingsOf({ refreshAhead: 0.8 });
    const age = { ttl: 100_000, grace: 0, cost: 0, freshUntil: 100_000, isSoft: false };
    const renews = (now: number): boolean => {
      const decision = decideValue(age, settings, now, () => 0);
      return decision.action === "serve" && decision.renew;
    };
    expect([renews(79_999), renews(80_000), renews(99_999)]).toEqual([false, true, true]);
  });

  test("XFetch renews by exp(-left / (beta x cost)) of all draws", () => {
    const settings = settingsOf({ earlyRefresh: { beta: 2 } });
    const age = { ttl: 60_000, grace: 0, cost: 500, freshUntil: 60_000, isSoft: false };
    const random = seeded(7);
    const share = (left: number): number => {
      let renewed = 0;
      for (let draw = 0; draw < 20_000; draw += 1) {
        const decision = decideValue(age, settings, 60_000 - left, random);
        if (decision.action === "serve" && decision.renew) renewed += 1;
      }
      return renewed / 20_000;
    };
    for (const left of [100, 1_000, 2_000, 4_000]) {
      expect(Math.abs(share(left) - Math.exp(-left / 1_000))).toBeLessThan(0.02);
    }
  });

  test("before unrestBefore() no draw renews, so that nobody need draw", () => {
    const numbers = fc.record({
      ttl: fc.integer({ min: 1, max: 1e8 }),
      cost: fc.integer({ min: 0, max: 1e5 }),
      beta: fc.double({ min: 0, max: 10, noNaN: true }),
      refreshAhead: fc.double({ min: 0, max: 1, noNaN: true }),
      draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      before: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(numbers, ({ ttl, cost, beta, refreshAhead, draw, before }) => {
        const settings = settingsOf({ earlyRefresh: { beta }, refreshAhead });
        const age = { ttl, cost, grace: 0, freshUntil: 0, isSoft: false };
        const now = -Math.ceil(unrestBefore(age, settings)) - before;
        expect(decideValue(age, settings, now, () => draw)).toEqual({ action: "serve", renew: false });
      }),
    );
  });

  test("a jitter only shortens, by up to its share", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (jitter, draw) => {
          const ttl = jittered(1_000, jitter, () => draw);
          expect(ttl).toBeLessThanOrEqual(1_000);
          expect(ttl).toBeGreaterThanOrEqual(1_000 * (1 - jitter) - 1e-9);
        },
      ),
    );
  });

  test("with a seed, what chance decides is the same each time", async () => {
    const run = async (): Promise<readonly number[]> => {
      const { cache, pass } = alone({ ttl: 60, jitter: 0.5, earlyRefresh: { beta: 1 }, random: seeded(42) });
      const calls: number[] = [];
      let now = 0;
      for (let step = 0; step < 300; step += 1) {
        await cache.getOrSet("k", () => {
          calls.push(now);
          pass(0.5);
          return step;
        });
        pass(1);
        now += 1;
        await cache.close();
      }
      return calls;
    };
    const first = await run();
    expect(first.length).toBeGreaterThan(5);
    expect(await run()).toEqual(first);
  });

  test("one early reader renews, the others are served, and the value is never missed", async () => {
    const { cache, pass } = alone({ ttl: 60, refreshAhead: 0.5 });
    const source = gated<string>();
    await cache.set("k", "first");
    pass(31);
    const values = await Promise.all(Array.from({ length: 50 }, () => cache.getOrSet("k", source.producer)));
    expect(new Set(values)).toEqual(new Set(["first"]));
    await source.called();
    source.end("second");
    await cache.close();
    expect([await cache.get("k"), source.calls(), cache.stats().misses]).toEqual(["second", 1, 0]);
  });
});

describe("stale values", () => {
  test("one that may be handed out while it is renewed is, and the next one is new", async () => {
    const { cache, pass } = alone({ ttl: 60, staleWhileRevalidate: 60 });
    await cache.set("k", "old");
    pass(60);
    expect(await cache.get("k")).toBeUndefined();
    expect(await cache.get("k", { stale: true })).toBe("old");
    expect(await cache.getOrSet("k", () => "new")).toBe("old");
    await cache.close();
    expect(await cache.getOrSet("k", () => "newer")).toBe("new");
  });

  test("a refresh that fails changes nothing, is reported, and is not tried again for errorTtl", async () => {
    const { cache, pass, events } = alone({ ttl: 60, staleWhileRevalidate: 600, errorTtl: 10 });
    await cache.set("k", "old");
    pass(60);
    let calls = 0;
    const failing = (): Promise<string> => {
      calls += 1;
      return Promise.reject(new Error("down"));
    };
    for (let read = 0; read < 5; read += 1) {
      expect(await cache.getOrSet("k", failing)).toBe("old");
      await cache.close();
    }
    expect(calls).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(["producer-failed", "refresh-failed"]);
    pass(10);
    await cache.getOrSet("k", failing);
    expect(calls).toBe(2);
  });

  test("one stands in for a producer that fails; the time it is left alone counts from the failure", async () => {
    const { cache, pass } = alone({ ttl: 60, staleIfError: 3_600, errorTtl: 30 });
    await cache.set("k", "old");
    pass(600);
    let calls = 0;
    const failing = (): never => {
      calls += 1;
      throw new Error("down");
    };
    expect(await cache.getOrSet("k", failing)).toBe("old");
    pass(29);
    expect(await cache.getOrSet("k", failing)).toBe("old");
    expect(calls).toBe(1);
    pass(1);
    expect(await cache.getOrSet("k", failing)).toBe("old");
    expect(calls).toBe(2);
    pass(3_600);
    await expect(cache.getOrSet("k", failing)).rejects.toThrow("down");
  });

  test("one stands in once a producer takes longer than its soft time, and the producer goes on", async () => {
    const { cache, pass } = alone({ ttl: 60, staleIfError: 3_600, producerTimeout: { soft: "10ms" } });
    await cache.set("k", "old");
    pass(60);
    const slow = gated<string>();
    expect(await cache.getOrSet("k", slow.producer)).toBe("old");
    expect(await cache.getOrSet("k", slow.producer)).toBe("old");
    slow.end("new");
    await cache.close();
    expect([await cache.get("k"), slow.calls()]).toEqual(["new", 1]);
  });

  test("expire() makes one stale at once, here and elsewhere, and keeps its windows", async () => {
    const { one, other, pass } = processes({ ttl: 60, staleWhileRevalidate: 60 });
    await one.set("k", "old");
    await other.get("k");
    await one.expire("k");
    expect([await one.get("k"), await one.get("k", { stale: true })]).toEqual([undefined, "old"]);
    pass(2);
    expect(await other.get("k")).toBeUndefined();
    expect(await other.getOrSet("k", () => "new")).toBe("old");
    await other.close();
    expect(await other.get("k")).toBe("new");
  });

  test("a producer is given the value that it renews", async () => {
    const { cache, pass } = alone({ ttl: 60, staleIfError: 60 });
    await cache.set("k", 41);
    pass(60);
    const seen: unknown[] = [];
    await cache.getOrSet<number>("k", ({ stale, hasStale, key }) => {
      seen.push(stale, hasStale, key);
      return (stale ?? 0) + 1;
    });
    expect([...seen, await cache.get("k")]).toEqual([41, true, "k", 42]);
  });
});

describe("a copy in another tier has the time that is left, and no more", () => {
  test("promoted into memory by a read", async () => {
    const { one, other, pass } = processes({ ttl: 60 });
    await one.set("k", "v");
    pass(50);
    expect([await other.get("k"), await other.ttl("k")]).toEqual(["v", 10]);
    pass(9.999);
    expect(await other.get("k")).toBe("v");
    pass(0.001);
    expect([await one.get("k"), await other.get("k")]).toEqual([undefined, undefined]);
  });

  test("nor longer than the tier allows", async () => {
    let now = 0;
    const clock = (): number => now;
    const shared = outside(clock);
    const { cache } = alone({
      clock,
      ttl: 600,
      tiers: [
        { store: memoryStore({ clock }), ttl: 5 },
        { store: shared.store, ttl: 60 },
      ],
      ledger: {
        since: async () => ({ epoch: "e", position: 0, floor: 0, since: null, changes: [] }),
        purge: () => Promise.reject(new Error("no")),
      },
    });
    await cache.set("k", "v");
    expect(cache.peek("k")).toBe("v");
    now = 5_000;
    expect(cache.peek("k")).toBeUndefined();
    expect(await cache.get("k")).toBe("v");
    expect(cache.peek("k")).toBe("v");
    now = 60_000;
    expect(await cache.get("k")).toBeUndefined();
  });

  test("touch gives a new ttl everywhere, and keeps value, tags and mark", async () => {
    const { one, other, pass } = processes({ ttl: 60 });
    await one.set("k", { a: 1 }, { tags: ["t"] });
    pass(50);
    expect(await one.touch("k", "5m")).toBe(true);
    pass(250);
    expect([await other.get("k"), await other.ttl("k")]).toEqual([{ a: 1 }, 50]);
    await one.purge({ tags: ["t"] });
    expect(await one.get("k")).toBeUndefined();
    expect([await one.touch("k"), await one.touch("missing")]).toEqual([false, false]);
  });

  test("another process renews: this one takes its value, not the producer's", async () => {
    const { one, other, pass } = processes({ ttl: 60, staleWhileRevalidate: 600 });
    await one.set("k", "first");
    await other.get("k");
    pass(60);
    await one.set("k", "second");
    expect(await other.getOrSet("k", () => "third")).toBe("first");
    await other.close();
    expect(await other.get("k")).toBe("second");
    await soon();
  });
});

/** Park and Miller's generator: chance that can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
