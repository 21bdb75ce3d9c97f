import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CacheEvent, Entry } from "../../../src/index.ts";
import { sqlStore } from "../../../src/stores/sql/sql-store.ts";
import { storeContract } from "../../support/store-contract.ts";
import { storeOracle } from "../../support/store-oracle.ts";

function open() {
  let now = Date.parse("2026-11-01T12:00:00Z");
  const database = new DatabaseSync(":memory:");
  return {
    store: sqlStore({ database, clock: () => now }),
    now: () => now,
    pass: (seconds: number) => void (now += seconds * 1_000),
    close: () => database.close(),
  };
}

storeContract("sqlStore() over node:sqlite", open);
storeOracle("sqlStore() over node:sqlite", open, 200);

const TTL = 60;

function entry(facts: unknown = {}, body: Uint8Array | null = null, expiresAt = TTL * 1_000): Entry {
  return { mark: { epoch: "e", position: 0, labels: [] }, expiresAt, facts, body };
}

const count = (database: DatabaseSync): unknown =>
  database.prepare("SELECT count(*) AS n FROM tidemark_entries").get()?.["n"];

describe("sqlStore() keeps its table small", () => {
  test("there are never more rows than maxEntries and a tenth, and the last written are there", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 300 }),
        async (most, writes) => {
          const database = new DatabaseSync(":memory:");
          const store = sqlStore({ database, maxEntries: most, clock: () => 0 });
          for (let index = 0; index < writes; index += 1) {
            await store.set(`k${index}`, entry(index), TTL);
            expect(count(database)).toBeLessThanOrEqual(most + Math.max(1, Math.floor(most / 10)));
          }
          expect((await store.get(`k${writes - 1}`))?.facts).toBe(writes - 1);
          database.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  test("what was written first leaves first; writing again makes an entry the last", async () => {
    const store = sqlStore({ database: new DatabaseSync(":memory:"), maxEntries: 3, clock: () => 0 });
    for (const key of ["a", "b", "c", "a", "d"]) await store.set(key, entry(key), TTL);
    const kept = await store.getMany(["a", "b", "c", "d"]);
    expect(kept.map((it) => it?.facts)).toEqual(["a", undefined, "c", "d"]);
  });

  test("what has expired is swept, though nobody reads it, before anything else leaves", async () => {
    let now = 0;
    const database = new DatabaseSync(":memory:");
    const store = sqlStore({ database, maxEntries: 10, clock: () => now });
    await store.set("long", entry(), TTL);
    for (let index = 0; index < 9; index += 1) await store.set(`short${index}`, entry(), 1);
    now = 2_000;
    await store.set("new", entry(), TTL);
    expect(count(database)).toBe(2);
    expect(await store.get("long")).toBeDefined();
  });

  test("a new process sweeps with its first write", async () => {
    const database = new DatabaseSync(":memory:");
    await sqlStore({ database, clock: () => 0 }).set("old", entry(), 1);
    await sqlStore({ database, clock: () => 5_000 }).set("new", entry(), TTL);
    expect(count(database)).toBe(1);
  });

  test("an entry above maxEntryBytes is not kept, nor is the one it was to replace; the call rejects", async () => {
    const store = sqlStore({ database: new DatabaseSync(":memory:"), maxEntryBytes: "1kb", clock: () => 0 });
    await store.set("k", entry("small"), TTL);
    await expect(store.set("k", entry("large", new Uint8Array(2_000)), TTL)).rejects.toThrow(
      /^Cannot keep an entry: its size must not exceed 1024 bytes, got 2\d\d\d$/,
    );
    expect(await store.get("k")).toBeUndefined();
    await expect(store.add("k", entry("large", new Uint8Array(2_000)), TTL)).rejects.toThrow(RangeError);
  });
});

describe("sqlStore() and what may be wrong with a database", () => {
  test("a table that is missing is made, also when it goes missing later", async () => {
    const database = new DatabaseSync(":memory:");
    const store = sqlStore({ database, clock: () => 0 });
    expect(await store.get("k")).toBeUndefined();
    await store.set("k", entry(), TTL);
    database.exec("DROP TABLE tidemark_entries");
    expect(await store.get("k")).toBeUndefined();
    await store.set("k", entry("again"), TTL);
    expect((await store.get("k"))?.facts).toBe("again");
  });

  test("or every call rejects with a sentence, if it is not to be made", async () => {
    const store = sqlStore({ database: new DatabaseSync(":memory:"), create: false, table: "mine" });
    const calls = [
      store.get("k"),
      store.set("k", entry(), TTL),
      store.delete(["k"]),
      store.add("k", entry(), TTL),
    ];
    for (const outcome of await Promise.allSettled([...calls, store.clear(), store.increment("k", 1)])) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { message: "Cannot use table mine: it is missing" },
      });
    }
  });

  test("a table of another shape, and a database that was closed: calls reject", async () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE tidemark_entries (id INTEGER)");
    const store = sqlStore({ database });
    await expect(store.get("k")).rejects.toThrow(/no such column/);
    await expect(store.set("k", entry(), TTL)).rejects.toThrow(/no column named/);
    database.close();
    await expect(store.get("k")).rejects.toThrow(/not open/);
  });

  const foreign: [name: string, frame: string | number | Uint8Array][] = [
    ["text", "hello"],
    ["a number", 7],
    ["no bytes", new Uint8Array(0)],
    ["bytes", Uint8Array.of(0xff, 0, 1)],
  ];
  test.each(foreign)("a row with %s in it is a miss, and what is added takes its place", async (_, frame) => {
    const database = new DatabaseSync(":memory:");
    const events: CacheEvent[] = [];
    const store = sqlStore({ database, clock: () => 0, onEvent: (event) => events.push(event) });
    await store.get("k");
    database
      .prepare("INSERT INTO tidemark_entries (key, frame, expires_at) VALUES (?, ?, ?)")
      .run("k", frame, 1_000);
    expect(await store.get("k")).toBeUndefined();
    if (frame instanceof Uint8Array) {
      expect(events).toEqual([{ type: "unreadable-entry", store: "sql", key: "k" }]);
      expect(count(database)).toBe(0);
    }
    expect(await store.add("k", entry("mine"), TTL)).toBe(true);
    expect((await store.get("k"))?.facts).toBe("mine");
  });

  test("keys are never part of a statement", async () => {
    const database = new DatabaseSync(":memory:");
    const store = sqlStore({ database, clock: () => 0 });
    const key = "'; DROP TABLE tidemark_entries; --";
    await store.set(key, entry("x"), TTL);
    expect(await store.delete([key, "' OR '1'='1"])).toBe(1);
    expect(count(database)).toBe(0);
  });

  test("hundreds of keys at once are more than one statement takes, and come back in order", async () => {
    const store = sqlStore({ database: new DatabaseSync(":memory:"), clock: () => 0 });
    const names = Array.from({ length: 301 }, (_, index) => `k${index}`);
    await store.setMany(names.map((key) => ({ key, entry: entry(key), ttl: TTL })));
    expect((await store.getMany(names.toReversed())).map((it) => it?.facts)).toEqual(names.toReversed());
    const told: string[] = [];
    for await (const key of store.keys("k*")) told.push(key);
    expect(told.sort()).toEqual(names.toSorted());
    expect(await store.delete(names)).toBe(301);
  });
});

describe("sqlStore() refuses what makes no sense", () => {
  const database = new DatabaseSync(":memory:");
  const given: [options: object, sentence: RegExp][] = [
    [{ table: "a; DROP TABLE b" }, /^Cannot use table: it must be 1 to 63 letters/],
    [{ maxEntries: 0 }, /^Cannot read maxEntries: it must be a whole number from 1 on, got 0/],
    [{ timeout: 0 }, /^Cannot read timeout: it must be more than 0/],
    [{ maxEntryBytes: "much" }, /^Cannot read maxEntryBytes/],
    [{ database: {} }, /^Cannot use SQL: it needs a database of node:sqlite or a D1/],
    [{ database: null }, /^Cannot use SQL: it needs a database of node:sqlite or a D1/],
  ];
  test.each(given)("%o", (options, sentence) => {
    expect(() => sqlStore({ database, ...options })).toThrow(sentence);
  });
});
