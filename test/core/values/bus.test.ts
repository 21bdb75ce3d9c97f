import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broadcastBus } from "../../../src/buses/broadcast-bus.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import type { Ledger } from "../../../src/purge/ledger.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Bus } from "../../../src/values/bus.ts";
import type { Cache } from "../../../src/values/cache-types.ts";
import { createCache } from "../../../src/values/cache.ts";
import { outside, processes, soon, START } from "./setup.ts";

/** A line that does with messages what a test says. */
function line(carry: (message: string, tell: (message: string) => void) => void) {
  const listeners = new Set<(message: string) => void>();
  const tell = (message: string): void => listeners.forEach((hear) => hear(message));
  const bus: Bus = {
    publish: (message) => carry(message, tell),
    subscribe(hear) {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
  };
  return { bus, tell };
}

const fair = () => line((message, tell) => queueMicrotask(() => tell(message)));

const ends: [name: string, end: (cache: Cache) => Promise<unknown>][] = [
  ["delete", (cache) => cache.delete("k")],
  ["deleteMany", (cache) => cache.deleteMany(["a", "k"])],
  ["a purge by its tag", (cache) => cache.purge({ tags: ["t"] })],
  ["a soft purge by its tag", (cache) => cache.purge({ tags: ["t"] }, { soft: true })],
  ["a purge of everything", (cache) => cache.purge({ everything: true })],
  ["bumpVersion", (cache) => cache.bumpVersion()],
  ["clear", (cache) => cache.clear()],
  ["deletePattern", (cache) => cache.deletePattern("k*")],
  ["set with purge", (cache) => cache.set("k", "newer", { purge: true })],
];

describe("with a bus, what memory here holds is dropped when another process ends it, though the clock stands still", () => {
  test.each(ends)("%s", async (_, end) => {
    const { one, other } = processes({ bus: fair().bus });
    await one.set("k", "v", { tags: ["t"] });
    expect([await other.get("k"), other.peek("k")]).toEqual(["v", "v"]);
    await end(one);
    await soon();
    expect(other.peek("k")).toBeUndefined();
    expect(await other.get("k")).toBe(end === ends.at(-1)?.[1] ? "newer" : undefined);
  });

  test("without one it is there until the ledger is asked: this is what the bus is for", async () => {
    const { one, other } = processes();
    await one.set("k", "v");
    await other.get("k");
    await one.delete("k");
    await soon();
    expect(other.peek("k")).toBe("v");
  });

  test("until the cache is closed", async () => {
    const { bus, tell } = fair();
    const { one, other } = processes({ bus });
    await one.set("k", "v");
    await other.get("k");
    await other.close();
    await one.delete("k");
    tell("purged:e.1");
    await soon();
    expect(other.peek("k")).toBe("v");
  });
});

describe("a bus that loses, doubles, delays or invents messages does no harm", () => {
  test("twice, late and in another order: every purge is heeded, and nothing else goes", async () => {
    const kept: string[] = [];
    const { bus, tell } = line((message) => void kept.push(message));
    const { one, other } = processes({ bus });
    await one.setMany([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    await other.getMany(["a", "b", "c"]);
    await one.delete("a");
    await one.delete("b");
    for (const message of kept.toReversed()) tell(message);
    for (const message of kept) tell(message);
    await soon();
    expect(["a", "b", "c"].map((key) => other.peek(key))).toEqual([undefined, undefined, 3]);
  });

  const point = fc.record({
    epoch: fc.oneof(fc.constant("e"), fc.string({ maxLength: 5 })),
    position: fc.oneof(fc.nat(5), fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })),
  });
  const delta = fc.record({
    delta: fc.record({
      epoch: fc.constantFrom("e", "f"),
      position: fc.nat(),
      floor: fc.nat(),
      since: fc.constantFrom(null, 0, 1),
      changes: fc.constantFrom([], [["all", 2 ** 50, 0]]),
    }),
  });
  const message = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("purged:", "freed:values:1:!k", "{", "x".repeat(100_000)),
    point.map(({ epoch, position }) => `purged:${epoch}.${position}`),
    delta.map((it) => JSON.stringify(it)),
  );

  test("whatever is said: values stay, what was purged stays purged, the next purge is heeded, and the ledger is asked little", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 200 }), async (messages) => {
        let asked = 0;
        const clock = (): number => START;
        const told = memoryLedger({ epoch: "e", clock });
        const ledger: Ledger = {
          purge: told.purge,
          async since(known) {
            asked += 1;
            expect(known?.position ?? 0).toBeLessThanOrEqual(2); // Never a point that somebody made up.
            return told.since(known);
          },
        };
        const { bus, tell } = line((said, carry) => carry(said));
        const far = outside(clock).store;
        const make = () => createCache({ tiers: [memoryStore({ clock }), far], ledger, clock, bus });
        const [one, other] = [make(), make()];
        await one.set("gone", 1, { tags: ["t"] });
        await one.purge({ tags: ["t"] });
        await one.set("k", "v");
        await other.get("k");
        const before = asked;
        for (const each of messages) tell(each);
        await soon();
        expect(asked - before).toBeLessThanOrEqual(4);
        expect([one.peek("k"), other.peek("k"), await other.get("gone")]).toEqual(["v", "v", undefined]);
        expect(await one.getOrSet("k", () => "made anew")).toBe("v");
        await one.delete("k");
        expect(one.peek("k")).toBeUndefined();
        await expect.poll(() => other.peek("k")).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test("a bus that throws, rejects or never answers keeps no call from being answered", async () => {
    const wrecks: Bus["publish"][] = [
      () => {
        throw new Error("no line");
      },
      () => Promise.reject(new Error("no line")),
      () => new Promise(() => undefined),
    ];
    for (const publish of wrecks) {
      const { one } = processes({ bus: { publish, subscribe: () => () => undefined } });
      expect(await one.getOrSet("k", () => "v", { lock: true })).toBe("v");
      expect(await one.delete("k")).toBe(true);
    }
  });
});

describe("broadcastBus()", () => {
  let names = 0;
  const name = (): string => `bus-${(names += 1)}`;

  test("carries a delete to a cache with a bus of its own, and to one that shares the bus", async () => {
    const channel = name();
    const clock = (): number => START;
    const ledger = memoryLedger({ clock });
    const far = outside(clock).store;
    const make = (bus: Bus) => createCache({ tiers: [memoryStore({ clock }), far], ledger, clock, bus });
    const shared = broadcastBus(channel);
    const [one, beside, other] = [make(shared), make(shared), make(broadcastBus(channel))];
    await one.set("k", "v");
    expect([await beside.get("k"), await other.get("k")]).toEqual(["v", "v"]);
    await one.delete("k");
    await expect.poll(() => [beside.peek("k"), other.peek("k")]).toEqual([undefined, undefined]);
    await Promise.all([one.close(), beside.close(), other.close()]);
  });

  test("reaches another thread and hears it, and keeps no thread from ending", async () => {
    const channel = name();
    const bus = broadcastBus(channel);
    const heard: string[] = [];
    const stop = bus.subscribe((message) => void heard.push(message));
    const source = new URL("../../../src/buses/broadcast-bus.ts", import.meta.url);
    const code = `import(${JSON.stringify(source.href)}).then(({ broadcastBus }) => {
      const bus = broadcastBus(${JSON.stringify(channel)});
      const wait = setInterval(() => bus.publish("up"), 5);
      bus.subscribe((message) => { if (message === "hello") { clearInterval(wait); bus.publish("heard"); } });
    });`;
    const thread = new Worker(code, { eval: true });
    const over = once(thread, "exit");
    try {
      await expect.poll(() => heard).toContain("up");
      void bus.publish("hello");
      await expect.poll(() => heard).toContain("heard");
      expect(await over).toEqual([0]);
    } finally {
      stop();
      await thread.terminate();
    }
  });

  test("one who throws keeps nobody from hearing, and what is no text is nobody's", async () => {
    const channel = name();
    const bus = broadcastBus(channel);
    const heard: unknown[] = [];
    const stops = [
      bus.subscribe(() => {
        throw new Error("a listener's mistake");
      }),
      bus.subscribe((message) => void heard.push(message)),
    ];
    const foreign = new BroadcastChannel(channel);
    foreign.postMessage({ a: 1 });
    foreign.postMessage("text");
    await expect.poll(() => heard).toEqual(["text"]);
    foreign.close();
    for (const stop of stops) stop();
  });

  test("refuses a name that is none, and a platform that has no such channel", () => {
    expect(() => broadcastBus("")).toThrow("Cannot make a bus: its name must be a text that is not empty");
    const { BroadcastChannel } = globalThis;
    try {
      Reflect.deleteProperty(globalThis, "BroadcastChannel");
      expect(() => broadcastBus()).toThrow("Cannot make a bus: the platform has no BroadcastChannel");
    } finally {
      Object.assign(globalThis, { BroadcastChannel });
    }
  });
});
