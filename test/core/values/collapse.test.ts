import { describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Bus } from "../../../src/values/bus.ts";
import { alone, gated, processes, soon, turn } from "./setup.ts";

describe("callers of one key at once share one producer", () => {
  test("100 in one process, in memory", async () => {
    const { cache } = alone();
    const source = gated<object>();
    const asked = Array.from({ length: 100 }, () => cache.getOrSet("k", source.producer));
    await source.called();
    source.end({ n: 1 });
    const values = await Promise.all(asked);
    expect(source.calls()).toBe(1);
    expect(values.every((value) => (value as { n: number }).n === 1)).toBe(true);
    expect(cache.stats()).toMatchObject({ produced: 1, shared: 99, misses: 100 });
  });

  test("100 in each of two processes with a store outside: one a process, and one read of the store", async () => {
    const { one, other, shared } = processes();
    const source = gated<number>();
    const asked = [one, other].flatMap((cache) =>
      Array.from({ length: 100 }, () => cache.getOrSet("k", source.producer)),
    );
    await source.called(2);
    source.end(1, 0);
    source.end(2, 1);
    await Promise.all(asked);
    expect(source.calls()).toBe(2);
    expect(shared.calls.filter((call) => call.startsWith("get")).length).toBeLessThanOrEqual(200);
  });

  test("but for what is no data, such as a Response: that is its own caller's, and the others make theirs", async () => {
    const { cache } = alone();
    const source = gated<{ response: Response }>();
    const asked = Array.from({ length: 3 }, () => cache.getOrSet("k", source.producer));
    await source.called();
    source.end({ response: new Response("one") }, 0);
    await source.called(3);
    source.end({ response: new Response("two") }, 1);
    source.end({ response: new Response("three") }, 2);
    const texts = await Promise.all(asked.map(async (each) => (await each).response.text()));
    expect(texts).toEqual(["one", "two", "three"]);
    expect(await cache.has("k")).toBe(false);
  });

  test("data that cannot be kept is shared all the same: too large, in a circle, with a tag that is none", async () => {
    const { cache } = alone({ maxValueBytes: 1_000 });
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const large = { list: [new Map([["k", new Set([new Date(), Uint8Array.of(1)])]]), "x".repeat(1_000)] };
    for (const [value, tags] of [
      [large, []],
      [circle, []],
      [{ small: 1 }, ["a,b"]],
    ] as const) {
      const source = gated<object>();
      const asked = Array.from({ length: 3 }, () => cache.getOrSet("k", source.producer, { tags }));
      await source.called();
      source.end(value);
      await Promise.all(asked);
      expect(source.calls()).toBe(1);
      expect(await cache.has("k")).toBe(false);
    }
  });

  test("wrapped functions, by the key of their arguments", async () => {
    const { cache } = alone();
    const source = gated<string>();
    const load = cache.wrap((_id: number) => source.producer(), { key: (id) => ["user", id] });
    const asked = [load(1), load(1), load(2)];
    await source.called(2);
    source.end("one", 0);
    source.end("two", 1);
    expect(await Promise.all(asked)).toEqual(["one", "one", "two"]);
  });

  test("forceRefresh asks the producer anew, and an older call that ends later does not undo it", async () => {
    const { cache } = alone();
    const source = gated<string>();
    const older = cache.getOrSet("k", source.producer);
    await source.called();
    const forced = cache.getOrSet("k", source.producer, { forceRefresh: true });
    await source.called(2);
    source.end("new", 1);
    expect(await forced).toBe("new");
    source.end("old", 0);
    await older;
    expect(await cache.get("k")).toBe("new");
  });
});

describe("a producer that fails", () => {
  test("is one failure for all who wait, and is left alone for errorTtl", async () => {
    const { cache, pass, events } = alone({ errorTtl: 5 });
    const source = gated<string>();
    const asked = Array.from({ length: 50 }, () => cache.getOrSet("k", source.producer));
    await source.called();
    const error = new Error("database");
    source.fail(error);
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === error)).toBe(true);
    pass(4.999);
    await expect(cache.getOrSet("k", source.producer)).rejects.toBe(error);
    expect(source.calls()).toBe(1);
    pass(0.001);
    const again = cache.getOrSet("k", source.producer);
    await source.called(2);
    source.end("back", 1);
    expect(await again).toBe("back");
    expect(events).toEqual([{ type: "producer-failed", key: "k", error }]);
  });

  test("with errorTtl 0 is asked by the next who comes", async () => {
    const { cache } = alone({ errorTtl: 0 });
    await expect(cache.getOrSet("k", () => Promise.reject(new Error("one")))).rejects.toThrow("one");
    expect(await cache.getOrSet("k", () => "two")).toBe("two");
  });

  test.each(["delete", "set", "purge"] as const)("is asked again at once after a %s", async (how) => {
    const { cache } = alone({ errorTtl: 60 });
    await expect(cache.getOrSet("k", () => Promise.reject(new Error("one")))).rejects.toThrow("one");
    if (how === "delete") await cache.delete("k");
    if (how === "set") await cache.set("k", "two");
    if (how === "purge") await cache.purge({ keys: ["k"] });
    expect(await cache.getOrSet("k", () => "two")).toBe("two");
  });

  test("may throw at once, or be no function that returns a promise", async () => {
    const { cache } = alone();
    const throwing = (): never => {
      throw new RangeError("at once");
    };
    await expect(cache.getOrSet("k", throwing)).rejects.toThrow(new RangeError("at once"));
    expect(await cache.getOrSet("plain", () => 1)).toBe(1);
  });

  test("past its hard time has failed: its signal is aborted, and what it still brings is not kept", async () => {
    const { cache } = alone({ producerTimeout: { hard: "20ms" }, errorTtl: 0 });
    const late = Promise.withResolvers<string>();
    let aborted = false;
    const asked = cache.getOrSet("k", ({ signal }) => {
      signal.addEventListener("abort", () => void (aborted = true));
      return late.promise;
    });
    await expect(asked).rejects.toThrow("the producer took longer than 0.02 s");
    expect(aborted).toBe(true);
    late.resolve("late");
    await soon();
    expect(await cache.get("k")).toBeUndefined();
  });
});

describe("on a platform that ends work with the request that began it", () => {
  test("the flight is given to waitUntil, by the call or by the cache", async () => {
    const works: Promise<unknown>[] = [];
    const { cache } = alone();
    await cache.getOrSet("k", () => "v", { waitUntil: (work) => void works.push(work) });
    expect(works.length).toBeGreaterThan(0);
    await expect(Promise.all(works)).resolves.toBeDefined();
    const own: Promise<unknown>[] = [];
    const { cache: second } = alone({ waitUntil: (work) => void own.push(work) });
    await expect(second.getOrSet("k", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(own.length).toBeGreaterThan(0);
    await expect(Promise.all(own)).resolves.toBeDefined(); // What a platform waits for never rejects.
  });

  test("who waits for a flight that is gone goes on by itself, by its own timer", async () => {
    const { cache } = alone({ producerTimeout: { hard: "20ms" } });
    const dead = { producer: (): Promise<string> => new Promise(() => undefined) };
    // The leader's own timer is gone with its request: here it has far more time than the follower.
    void cache.getOrSet("k", dead.producer, { producerTimeout: { hard: "1h" } }).catch(() => undefined);
    await turn();
    expect(await cache.getOrSet("k", () => "mine")).toBe("mine");
  });
});

describe("a lock is one producer for all processes", () => {
  const options = { lock: true } as const;

  test("100 callers in each of four processes, one call", async () => {
    const { caches } = processes({}, 4);
    const source = gated<string>();
    const asked = caches.flatMap((cache) =>
      Array.from({ length: 100 }, () => cache.getOrSet("k", source.producer, options)),
    );
    await source.called();
    source.end("once");
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["once"]));
    expect(source.calls()).toBe(1);
  });

  test("who gets it looks again before it asks its producer", async () => {
    const { one, other, shared, pass } = processes();
    await one.getOrSet("k", () => "first", options);
    shared.calls.length = 0;
    expect(await other.getOrSet("k", () => "second", options)).toBe("first");
    await one.delete("k");
    pass(2);
    const [a, b] = await Promise.all([
      one.getOrSet("k", () => "third", options),
      other.getOrSet("k", () => "fourth", options),
    ]);
    expect(a).toBe(b);
  });

  test("those who wait are woken by a message where there is a bus", async () => {
    const listeners = new Set<(message: string) => void>();
    const bus: Bus = {
      publish: (message) => void queueMicrotask(() => listeners.forEach((hear) => hear(message))),
      subscribe: (hear) => {
        listeners.add(hear);
        return () => listeners.delete(hear);
      },
    };
    const { one, other } = processes({ bus });
    const source = gated<string>();
    const first = one.getOrSet("k", source.producer, options);
    await source.called();
    // By asking alone the second would sleep for good: its timer never ends.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const second = other.getOrSet("k", source.producer, options);
      await turn();
      await turn();
      source.end("v");
      expect([await first, await second, source.calls()]).toEqual(["v", "v", 1]);
    } finally {
      vi.useRealTimers();
    }
    await Promise.all([one.close(), other.close()]);
    expect(listeners.size).toBe(0);
  });

  test("a lock that ran out never lets its late holder write over a newer value", async () => {
    const { one, other, pass, events } = processes();
    const slow = gated<string>();
    const late = one.getOrSet("k", slow.producer, { lock: { ttl: 5 } });
    await slow.called();
    pass(6); // The holder was stopped for so long: another takes its place.
    expect(await other.getOrSet("k", () => "newer", { lock: { ttl: 5 } })).toBe("newer");
    slow.end("older");
    expect(await late).toBe("older");
    await soon();
    expect([await one.get("k"), await other.get("k")]).toEqual(["newer", "newer"]);
    expect(events).toContainEqual({ type: "lock-missed", key: "k", reason: "expired" });
  });

  test("and not either if the holder's own clock says that it still has it", async () => {
    const { one, other, shared } = processes();
    const slow = gated<string>();
    const late = one.getOrSet("k", slow.producer, { lock: { ttl: 5 } });
    await slow.called();
    // The store has let the lock go, the holder knows nothing of it.
    await shared.shelf.delete(["values:1:!k"]);
    expect(await other.getOrSet("k", () => "newer", { lock: { ttl: 5 } })).toBe("newer");
    slow.end("older");
    await late;
    await soon();
    expect([await one.get("k"), await other.get("k")]).toEqual(["newer", "newer"]);
  });

  test("a store that does not answer costs the lock, not the value", async () => {
    const { one, shared, events } = processes();
    shared.line.is = "refused";
    expect(await one.getOrSet("k", () => "v", options)).toBe("v");
    expect(events).toContainEqual({ type: "lock-missed", key: "k", reason: "error" });
  });

  test("lock() gives one holder, and the next once it is given back or over", async () => {
    const { one, other, pass } = processes();
    const lock = await one.lock("job", { ttl: 30, wait: 0 });
    expect(await other.lock("job", { wait: 0 })).toBeUndefined();
    expect(await lock?.release()).toBe(true);
    const second = await other.lock("job", { ttl: 30, wait: 0 });
    expect(second?.token).not.toBe(lock?.token);
    expect(await lock?.release()).toBe(false); // Given back twice: the other's stays.
    expect(await one.lock("job", { wait: 0 })).toBeUndefined();
    pass(30);
    expect(await one.lock("job", { wait: 0 })).toBeDefined();
    expect(await second?.release()).toBe(false);
  });

  test("lock() in one process works by its memory", async () => {
    const { cache } = alone();
    const [first, second] = await Promise.all([
      cache.lock("job", { wait: 0 }),
      cache.lock("job", { wait: 0 }),
    ]);
    expect([first, second].filter(Boolean)).toHaveLength(1);
  });

  test("where the last tier cannot lock, lock() says so and getOrSet goes on without", async () => {
    const { add: _, replace: __, ...poor } = memoryStore();
    const { cache } = alone({ tiers: [poor] });
    await expect(cache.lock("job")).rejects.toThrow(
      'Cannot take a lock: the last tier needs add and replace, got "memory"',
    );
  });
});
