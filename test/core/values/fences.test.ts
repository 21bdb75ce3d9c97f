import { describe, expect, test } from "vitest";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import type { Cache } from "../../../src/values/cache-types.ts";
import { alone, gated, processes, soon, turn } from "./setup.ts";

/** What makes a value obsolete while it is being made. */
const ends: [name: string, end: (cache: Cache) => Promise<unknown>][] = [
  ["delete", (cache) => cache.delete("k")],
  ["deleteMany", (cache) => cache.deleteMany(["a", "k"])],
  ["a purge by its tag", (cache) => cache.purge({ tags: ["t"] })],
  ["a purge by its key", (cache) => cache.purge({ keys: ["k"] })],
  ["a purge of everything", (cache) => cache.purge({ everything: true })],
  ["bumpVersion", (cache) => cache.bumpVersion()],
  ["bumpVersion of its key", (cache) => cache.bumpVersion("k")],
  ["clear", (cache) => cache.clear()],
];

describe("a value that was being made when it became obsolete is not kept", () => {
  test.each([...ends, ["deletePattern", (cache: Cache) => cache.deletePattern("k*")] as const])(
    "%s, in the same process",
    async (_, end) => {
      const { cache } = alone();
      const old = gated<string>();
      const asked = cache.getOrSet("k", old.producer, { tags: ["t"] });
      await old.called();
      await end(cache);
      old.end("old");
      expect(await asked).toBe("old");
      expect(await cache.get("k")).toBeUndefined();
      expect(await cache.getOrSet("k", () => "new")).toBe("new");
    },
  );

  test.each(ends)("%s, in another process", async (_, end) => {
    const { one, other, shared, pass } = processes();
    await other.get("warm-up"); // It knows the ledger as it was.
    const old = gated<string>();
    const asked = one.getOrSet("k", old.producer, { tags: ["t"] });
    await old.called();
    await end(other);
    old.end("old");
    expect(await asked).toBe("old");
    await soon();
    // The process that ordered it sees nothing at once, whatever stands in the store; the other within the bound.
    expect(shared.calls.some((call) => call.includes("values:1:k"))).toBe(true);
    expect(await other.get("k")).toBeUndefined();
    pass(2);
    expect(await one.get("k")).toBeUndefined();
    expect(await one.getOrSet("k", () => "new")).toBe("new");
  });

  test("also where it is made behind a reader's back", async () => {
    const { one, other, pass } = processes({ ttl: 60, staleWhileRevalidate: 600 });
    await one.set("k", "first");
    pass(60);
    const refresh = gated<string>();
    expect(await one.getOrSet("k", refresh.producer)).toBe("first");
    await refresh.called();
    await other.delete("k");
    refresh.end("old");
    await soon();
    pass(2);
    expect([await one.get("k", { stale: true }), await other.get("k", { stale: true })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("and not in a namespace that was cleared, while others stay", async () => {
    const { cache } = alone();
    const users = cache.namespace<string>("users");
    const old = gated<string>();
    const asked = users.getOrSet("7", old.producer);
    await cache.set("root", "stays");
    await old.called();
    await users.clear();
    old.end("old");
    await asked;
    expect([await users.get("7"), await cache.get("root")]).toEqual([undefined, "stays"]);
  });

  test("who asks after the delete gets a value that was made after it, and waits for no older one", async () => {
    const { cache } = alone();
    const source = gated<string>();
    const before = cache.getOrSet("k", source.producer);
    await source.called();
    await cache.delete("k");
    const after = cache.getOrSet("k", source.producer);
    await source.called(2);
    source.end("old", 0);
    source.end("new", 1);
    expect([await before, await after, await cache.get("k")]).toEqual(["old", "new", "new"]);
  });

  test("who asks after a tag purge takes no older flight's value, though it could not know that flight's tags", async () => {
    const { cache } = alone();
    const source = gated<string>();
    const before = cache.getOrSet("k", source.producer, { tags: ["t"] });
    await source.called();
    await cache.purge({ tags: ["t"] });
    const after = cache.getOrSet("k", source.producer, { tags: ["t"] });
    await turn();
    expect(source.calls()).toBe(1); // It waits: the tags of what is on its way are not known yet.
    source.end("old", 0);
    await source.called(2);
    source.end("new", 1);
    expect([await before, await after, await cache.get("k")]).toEqual(["old", "new", "new"]);
  });

  test("a purge of something else does not end the sharing of a flight", async () => {
    const { cache } = alone();
    const source = gated<string>();
    const before = cache.getOrSet("k", source.producer, { tags: ["t"] });
    await source.called();
    await cache.purge({ tags: ["other"] });
    const after = cache.getOrSet("k", source.producer, { tags: ["t"] });
    source.end("one", 0);
    expect([await before, await after, source.calls()]).toEqual(["one", "one", 1]);
  });
});

describe("a value that was being made when another was written does not take its place", () => {
  test.each(["set", "setMany", "add", "increment"] as const)("%s, in the same process", async (how) => {
    const { cache } = alone();
    const old = gated<number>();
    const asked = cache.getOrSet("k", old.producer);
    await old.called();
    if (how === "set") await cache.set("k", 2);
    if (how === "setMany") await cache.setMany([["k", 2]]);
    if (how === "add") expect(await cache.add("k", 2)).toBe(true);
    if (how === "increment") await cache.increment("k", 2);
    old.end(1);
    expect([await asked, await cache.get("k")]).toEqual([1, 2]);
  });

  test("set, in another process", async () => {
    const { one, other } = processes();
    const old = gated<string>();
    const asked = one.getOrSet("k", old.producer);
    await old.called();
    await other.set("k", "newer");
    old.end("older");
    expect(await asked).toBe("older");
    await soon();
    expect([await one.get("k"), await other.get("k")]).toEqual(["newer", "newer"]);
  });

  test("set, in another process, while a loader makes many", async () => {
    const { one, other } = processes();
    const old = gated<string[]>();
    const asked = one.getOrSetMany(["k", "l"], old.producer);
    await old.called();
    await other.set("k", "newer");
    old.end(["older", "l"]);
    await asked;
    await one.close();
    expect([await one.get("k"), await other.get("k"), await other.get("l")]).toEqual(["newer", "newer", "l"]);
  });

  test("what this process is still writing outside counts for its own touch, increment and add", async () => {
    for (const call of ["touch", "increment", "add"] as const) {
      const { one, shared } = processes();
      const slow = Promise.withResolvers<void>();
      shared.line.before = async (asked) => (asked === "replace values:1:n" ? slow.promise : undefined);
      await one.getOrSet("n", () => 5);
      const calls = { touch: one.touch, increment: one.increment, add: one.add };
      const outcome = calls[call]("n", 600);
      await soon();
      shared.line.before = async () => undefined;
      slow.resolve();
      expect(await outcome).toBe({ touch: true, increment: 605, add: false }[call]);
    }
  });

  test("a late write that a purge covers does not keep add from writing", async () => {
    const { one, shared } = processes();
    const mark = { epoch: "e", position: 0, labels: [] };
    const late = { mark, expiresAt: Number.MAX_SAFE_INTEGER, facts: {}, body: null, stamp: "late" };
    await one.delete("k");
    shared.line.before = async (asked) => {
      if (!asked.startsWith("replace")) return;
      shared.line.before = async () => undefined;
      await shared.store.set("values:1:k", late, 60);
    };
    expect(await one.add("k", "v")).toBe(true);
    expect(await one.get("k")).toBe("v");
  });

  test("what was read from outside before a set does not come over it into memory", async () => {
    const { one, other, shared } = processes();
    await other.set("k", "outside");
    const slow = Promise.withResolvers<void>();
    await one.get("warm-up");
    shared.line.until = slow.promise;
    const reading = one.get("k");
    await turn();
    const setting = one.set("k", "mine");
    await turn();
    slow.resolve();
    expect(await reading).toBe("outside");
    await setting;
    expect(one.peek("k")).toBe("mine");
  });
});

describe("what is written and what is read know of each other's purges", () => {
  test("a fill that a purge has overtaken is not written, and says so", async () => {
    const { one, shared, events } = processes();
    const old = gated<string>();
    const asked = one.getOrSet("k", old.producer, { tags: ["t"] });
    await old.called();
    await one.purge({ tags: ["t"] });
    old.end("old");
    await asked;
    await one.close();
    expect(events).toContainEqual({ type: "value-dropped", key: "k", reason: "purged" });
    expect(await shared.shelf.get("values:1:k")).toBeUndefined();
  });

  test("a value that was made after a purge which its reader does not know of yet makes the reader ask, and is read", async () => {
    const { one, other } = processes();
    await one.set("k", "old", { tags: ["t"] });
    await one.get("other");
    await other.purge({ tags: ["t"] });
    await other.set("new", "made after", { tags: ["t"] });
    expect(await one.get("new")).toBe("made after");
    expect(await one.get("k")).toBeUndefined(); // It knows more than the bound asks for now.
  });

  test("a counter is read from where it is counted", async () => {
    const { one, other } = processes();
    await one.increment("n");
    expect(await other.get("n")).toBe(1);
    await one.increment("n");
    expect([await other.get("n"), other.peek("n")]).toEqual([2, undefined]);
  });

  test("without a memory before it, a value stands in the store before anyone goes on", async () => {
    const { shared, clock } = processes();
    const { cache } = alone({ clock, tiers: [shared.store], ledger: memoryLedger({ clock }) });
    await cache.get("warm-up");
    const slow = Promise.withResolvers<void>();
    let isAnswered = false;
    const asked = cache.getOrSet("k", () => {
      shared.line.until = slow.promise;
      return "v";
    });
    void asked.then(() => (isAnswered = true));
    await soon();
    expect(isAnswered).toBe(false);
    slow.resolve();
    await asked;
    expect((await shared.shelf.get("values:1:k"))?.facts).toMatchObject({ kind: "value" });
  });
});

describe("a delete is a purge of its key in the ledger", () => {
  test("one write there, and one to the store that only makes room", async () => {
    const { one, other, shared, pass } = processes();
    await one.set("k", "v");
    expect(await other.get("k")).toBe("v");
    shared.calls.length = 0;
    shared.line.is = "refused"; // The store loses the delete; nobody sees the value for that.
    await other.delete("k");
    expect(shared.calls).toEqual(["delete values:1:k"]);
    shared.line.is = "up";
    expect(await other.get("k")).toBeUndefined();
    pass(2);
    expect(await one.get("k")).toBeUndefined();
  });

  test("what is set after a delete stays, though purges of others came between", async () => {
    const { one, other } = processes();
    await one.get("k");
    await other.get("k");
    await other.purge({ tags: ["x"] });
    await one.delete("k");
    await one.set("k", "new");
    expect(await one.get("k")).toBe("new");
  });

  test("set with purge reaches the memory of other processes within the bound", async () => {
    const { one, other, pass } = processes();
    await one.set("k", 1);
    expect(await other.get("k")).toBe(1);
    await one.set("k", 2, { purge: true });
    pass(2);
    expect(await other.get("k")).toBe(2);
  });

  test("a ledger that cannot be told is asked three times, and then the delete rejects", async () => {
    const { one, ledgerLine, events } = processes();
    await one.set("k", "v");
    ledgerLine.is = "down";
    await expect(one.delete("k")).rejects.toThrow("no ledger");
    expect(events.filter(({ type }) => type === "purge-failed")).toEqual([
      { type: "purge-failed", error: expect.any(Error), isFinal: false },
      { type: "purge-failed", error: expect.any(Error), isFinal: false },
      { type: "purge-failed", error: expect.any(Error), isFinal: true },
    ]);
  });

  test("a ledger that is back by the second time is told", async () => {
    const { one, ledgerLine } = processes();
    await one.set("k", "v");
    ledgerLine.is = "down";
    const deleted = one.delete("k");
    ledgerLine.is = "up";
    expect(await deleted).toBe(true);
    expect(await one.get("k")).toBeUndefined();
  });
});
