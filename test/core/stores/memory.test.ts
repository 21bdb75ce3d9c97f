import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { storeContract } from "../../support/store-contract.ts";
import { storeOracle } from "../../support/store-oracle.ts";

function open() {
  let now = Date.parse("2026-11-01T12:00:00Z");
  return {
    store: memoryStore({ clock: () => now }),
    now: () => now,
    pass: (seconds: number) => void (now += seconds * 1_000),
  };
}

storeContract("memoryStore()", open);
storeOracle("memoryStore()", open, 200);

const TTL = 60;
const clock = (): number => 0;

function entry(size: number, facts: unknown = {}): Entry {
  return {
    mark: { epoch: "e", position: 0, labels: [] },
    expiresAt: 60_000,
    facts,
    body: new Uint8Array(size),
  };
}

describe("memoryStore() is bounded in bytes", () => {
  test("the least recently used entries leave first", async () => {
    const store = memoryStore({ maxBytes: 10_000, maxEntryBytes: 10_000, clock });
    for (const key of ["a", "b", "c"]) await store.set(key, entry(3_000), TTL);
    await store.get("a");
    await store.set("d", entry(3_000), TTL);
    const kept = await Promise.all(["a", "b", "c", "d"].map((key) => store.get(key)));
    expect(kept.map((it) => it !== undefined)).toEqual([true, false, true, true]);
  });

  test("bodies never exceed maxBytes, whatever is written", async () => {
    const write = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), size: fc.nat(2_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 30 }), async (writes) => {
        const store = memoryStore({ maxBytes: 4_000, maxEntryBytes: 3_000, clock });
        for (const { key, size } of writes) {
          await store.set(key, entry(size), TTL);
          const all = await Promise.all(["a", "b", "c", "d", "e"].map((name) => store.get(name)));
          const held = all.reduce(
            (sum, it) => sum + (it === undefined ? 0 : (it.body?.byteLength ?? 0) + 200),
            0,
          );
          expect(held).toBeLessThanOrEqual(4_000);
        }
      }),
    );
  });

  test("facts, labels and keys count as well as bodies", async () => {
    const store = memoryStore({ maxBytes: 10_000, maxEntryBytes: 5_000, clock });
    await store.set("facts", entry(0, { text: "x".repeat(5_000) }), TTL);
    await store.set("k".repeat(5_000), entry(0), TTL);
    await store.set(
      "labels",
      { ...entry(0), mark: { epoch: "e", position: 0, labels: ["x".repeat(5_000)] } },
      TTL,
    );
    const kept = await Promise.all(["facts", "k".repeat(5_000), "labels"].map((key) => store.get(key)));
    expect(kept).toEqual([undefined, undefined, undefined]);
  });

  test("an entry above maxEntryBytes is not kept, nor is the one it was to replace, and add says so", async () => {
    const store = memoryStore({ maxBytes: 10_000, maxEntryBytes: 2_000, clock });
    await store.set("k", entry(100), TTL);
    await store.set("k", entry(5_000), TTL);
    expect(await store.get("k")).toBeUndefined();
    expect(await store.add?.("k", entry(5_000), TTL)).toBe(false);
  });

  test("by default an entry may take an eighth of the whole", async () => {
    const store = memoryStore({ maxBytes: "8kb", clock });
    await store.set("fits", entry(700), TTL);
    await store.set("large", entry(1_100), TTL);
    expect(await store.get("fits")).toBeDefined();
    expect(await store.get("large")).toBeUndefined();
  });

  test("bodies of other kinds are measured by sizeOf; text by itself", async () => {
    const base = { mark: { epoch: "e", position: 0, labels: [] }, expiresAt: 60_000, facts: {} };
    const texts = memoryStore<string>({ maxBytes: 10_000, maxEntryBytes: 2_000, clock });
    await texts.set("short", { ...base, body: "x".repeat(500) }, TTL);
    await texts.set("long", { ...base, body: "x".repeat(1_000) }, TTL);
    expect([await texts.get("short"), await texts.get("long")].map((it) => it?.body?.length)).toEqual([
      500,
      undefined,
    ]);
    const objects = memoryStore<{ size: number }>({
      maxBytes: 10_000,
      maxEntryBytes: 2_000,
      sizeOf: ({ size }) => size,
      clock,
    });
    await objects.set("large", { ...base, body: { size: 5_000 } }, TTL);
    expect(await objects.get("large")).toBeUndefined();
    const unmeasured = memoryStore<object>({ clock });
    await expect(unmeasured.set("k", { ...base, body: {} }, TTL)).rejects.toThrow(
      /^Cannot measure a body: give memoryStore\(\) a sizeOf/,
    );
  });
});

describe("memoryStore() refuses options that make no sense", () => {
  test("with a sentence", () => {
    expect(() => memoryStore({ maxBytes: 0 })).toThrow(
      new RangeError("Cannot make a memory store: maxBytes must be at least 1, got 0"),
    );
    expect(() => memoryStore({ maxBytes: 100, maxEntryBytes: 200 })).toThrow(
      new RangeError("Cannot make a memory store: maxEntryBytes must not exceed maxBytes, got 200"),
    );
    expect(() => memoryStore({ maxBytes: "lots" })).toThrow(TypeError);
  });
});
