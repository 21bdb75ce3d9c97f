import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ledgerView, standing, urlLabels, urlSelector } from "../../src/index.ts";
import type { Ledger, LedgerDelta, PurgeOrder, Snapshot } from "../../src/index.ts";
import { durableLedger } from "../../worker/durable-ledger.ts";
import type { LedgerObject } from "../../worker/ledger-object.ts";

const namespace = (env as { LEDGER: DurableObjectNamespace<LedgerObject> }).LEDGER;
const DAY = 86_400_000;
const NOW = Date.parse("2026-11-01T00:00:00Z");

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });
const soft = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "soft" });

/** Changes of so many times ten thousand URLs, each its own. */
async function flood(ledger: Ledger, batches: number, from = 0): Promise<void> {
  for (let batch = from; batch < from + batches; batch += 1) {
    const urls = Array.from({ length: 10_000 }, (_, index) => `https://h/${batch * 10_000 + index}`);
    await ledger.purge({ ...hard(...urls.flatMap((url) => urlSelector(url) ?? [])), origin: "traffic" });
  }
}

function snapshotOf(changes: LedgerDelta["changes"]): Snapshot {
  const selectors = new Map(changes.map(([selector, hard, soft]) => [selector, { hard, soft }]));
  return { epoch: "e", position: 99, floor: 0, asOf: 0, selectors };
}

/** A ledger of its own for each test. */
function setUp() {
  const name = crypto.randomUUID();
  return { ledger: durableLedger(namespace, { name }), object: namespace.get(namespace.idFromName(name)) };
}

describe("a ledger in a Durable Object", { timeout: 60_000 }, () => {
  test("is born empty, with an epoch of its own", async () => {
    const [one, other] = await Promise.all([
      setUp().ledger.since(undefined),
      setUp().ledger.since(undefined),
    ]);
    expect(one).toMatchObject({ position: 0, floor: 0, since: null, changes: [] });
    expect(one.epoch).not.toBe(other.epoch);
  });

  test("takes one position for each purge, however many selectors it names", async () => {
    const { ledger } = setUp();
    expect(await ledger.purge(hard("tag:1", "tag:2", "tag:1"))).toMatchObject({ position: 1, selectors: 2 });
    expect(await ledger.purge(soft("tag:1"))).toMatchObject({ position: 2, selectors: 1 });
    expect((await ledger.since(undefined)).changes).toEqual([
      ["tag:2", 1, 0],
      ["tag:1", 1, 2],
    ]);
  });

  test("gives the purges after a point, and the whole to a stranger", async () => {
    const { ledger } = setUp();
    await ledger.purge(hard("tag:1"));
    const { epoch } = await ledger.purge(hard("tag:2"));
    expect(await ledger.since({ epoch, position: 1 })).toEqual({
      epoch,
      position: 2,
      floor: 0,
      since: 1,
      changes: [["tag:2", 2, 0]],
    });
    expect(await ledger.since({ epoch, position: 2 })).toMatchObject({ since: 2, changes: [] });
    expect(await ledger.since({ epoch, position: 3 })).toMatchObject({ since: null, position: 2 });
    expect(await ledger.since({ epoch: "other", position: 2 })).toMatchObject({ since: null, position: 2 });
  });

  test("orders purges that come at once: each has its own position, and none is lost", async () => {
    const { ledger } = setUp();
    const receipts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ledger.purge(hard(`tag:${index}`))),
    );
    expect(new Set(receipts.map(({ position }) => position)).size).toBe(50);
    expect((await ledger.since(undefined)).changes).toHaveLength(50);
  });

  test("carries out all of an order or none of it", async () => {
    const { ledger, object } = setUp();
    await ledger.purge(hard("tag:1"));
    await runInDurableObject(object, async (instance, { storage }) => {
      // The log is written last: without its table, a purge fails when all else is done.
      storage.sql.exec("ALTER TABLE log RENAME TO away");
      await expect(instance.purge(hard("tag:1", "tag:2"))).rejects.toThrow("no such table");
      storage.sql.exec("ALTER TABLE away RENAME TO log");
      await expect(instance.purge(hard())).rejects.toThrow("Cannot purge");
    });
    expect(await ledger.since(undefined)).toMatchObject({ position: 1, changes: [["tag:1", 1, 0]] });
  });

  test("loses nothing that it acknowledged when it is restarted", async () => {
    const { ledger, object } = setUp();
    for (let index = 0; index < 20; index += 1) {
      await ledger.purge(hard(`tag:${index}`));
      if (index % 5 === 0) await evictDurableObject(object);
    }
    const before = await ledger.since(undefined);
    await evictDurableObject(object);
    expect(await ledger.since(undefined)).toEqual(before);
    expect(before.changes).toHaveLength(20);
  });

  test("keeps a log of who asked for what and why, newest first", async () => {
    const { ledger } = setUp();
    await ledger.purge({ ...soft("tag:1"), reason: "a new price", actor: "cms" });
    await ledger.purge({ ...hard("tag:2"), idempotencyKey: "k" });
    expect(await ledger.history?.({ limit: 10 })).toEqual([
      {
        position: 2,
        orderedAt: NOW,
        mode: "hard",
        origin: "operator",
        actor: null,
        idempotencyKey: "k",
        selectors: ["tag:2"],
        named: 1,
        reason: null,
      },
      {
        position: 1,
        orderedAt: NOW,
        mode: "soft",
        origin: "operator",
        actor: "cms",
        idempotencyKey: null,
        selectors: ["tag:1"],
        named: 1,
        reason: "a new price",
      },
    ]);
    expect(await ledger.history?.({ limit: 1 })).toMatchObject([{ position: 2 }]);
    expect(await ledger.history?.({ limit: 9, before: 2 })).toMatchObject([{ position: 1 }]);
  });

  test("a purge of ten thousand long selectors fits, in the ledger and in the log", async () => {
    const { ledger, object } = setUp();
    const selectors = Array.from({ length: 10_000 }, (_, index) => `tag:${index}:${"x".repeat(100)}`);
    expect(await ledger.purge(hard(...selectors))).toMatchObject({ position: 1, selectors: 10_000 });
    expect((await ledger.since(undefined)).changes).toHaveLength(10_000);
    const [logged] = await object.history({ limit: 1 });
    expect(logged).toMatchObject({ named: 10_000 });
    expect(logged?.selectors.length).toBeLessThan(1_000);
  });

  test("forgets the oldest purges early when it would grow too large to be read, and raises the floor", async () => {
    const { ledger } = setUp();
    for (let index = 0; index < 9; index += 1)
      await ledger.purge(hard(`tag:${index}/${"x".repeat(1_000_000)}`));
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBeGreaterThan(0);
    expect(changes.map(([, position]) => position)).toEqual(
      Array.from({ length: 9 - floor }, (_, index) => floor + 1 + index),
    );
  });

  test("a flood of changed URLs is folded into few buckets: no floor rises, and tags keep their rows", async () => {
    const { ledger } = setUp();
    const { epoch } = await ledger.purge(hard("tag:kept"));
    await flood(ledger, 10);
    const between = await ledger.since(undefined);
    await flood(ledger, 1, 10);
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBe(0);
    expect(changes.length).toBeLessThan(100_000);
    expect(changes[0]).toEqual(["tag:kept", 1, 0]);
    const folded = changes.filter(([selector]) => selector.startsWith("bucket:"));
    expect(folded.length).toBeGreaterThan(50);
    expect(folded.length).toBeLessThan(250);

    const news = await ledger.since({ epoch, position: between.position });
    const [whole, onward] = [snapshotOf(changes), snapshotOf([...between.changes, ...news.changes])];
    for (let index = 0; index < 110_000; index += 997) {
      const mark = { epoch: "e", position: 1, labels: urlLabels(`https://h/${index}`) };
      expect([standing(mark, whole), standing(mark, onward)]).toEqual(["gone", "gone"]);
    }
  });

  test("a flood at one bucket costs that bucket alone", async () => {
    const { ledger } = setUp();
    const alike = (index: number): string => `url:${index.toString(36).padStart(26, "0")}zz`;
    for (let batch = 0; batch < 11; batch += 1)
      await ledger.purge(
        hard(...Array.from({ length: 10_000 }, (_, index) => alike(batch * 10_000 + index))),
      );
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBe(0);
    expect(changes.filter(([selector]) => selector.startsWith("bucket:"))).toEqual([
      ["bucket:zz", expect.any(Number), 0],
    ]);
  });

  test("past 64 patterns the prefixes of the oldest take their place, also where they stand already", async () => {
    const { ledger } = setUp();
    const patterns = Array.from({ length: 66 }, (_, index) => `pattern:h/dir${index}/*`);
    await ledger.purge(soft("prefix:h/dir0"));
    for (const pattern of patterns) await ledger.purge(hard(pattern));
    const { changes, floor } = await ledger.since(undefined);
    expect(floor).toBe(0);
    expect(changes.slice(0, 2)).toEqual([
      ["prefix:h/dir0", 2, 1],
      ["prefix:h/dir1", 3, 0],
    ]);
    expect(changes.slice(2).map(([selector]) => selector)).toEqual(patterns.slice(2));
  });

  test("operators' purges near their limit are not forgotten for a flood of changes", async () => {
    const { ledger } = setUp();
    for (let index = 0; index < 5; index += 1)
      await ledger.purge(hard(`tag:${index}/${"x".repeat(1_000_000)}`));
    await flood(ledger, 6);
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBe(0);
    expect(changes.filter(([selector]) => selector.startsWith("tag:"))).toHaveLength(5);
  });

  test("changes in traffic do not push operators' purges out of the log", async () => {
    const { ledger, object } = setUp();
    await ledger.purge({ ...hard("tag:1"), reason: "a new price" });
    await runInDurableObject(object, async (instance) => {
      for (let index = 0; index < 10_300; index += 1)
        await instance.purge({ ...hard("url:x"), origin: "traffic" });
      const log = instance.history({ limit: 20_000 });
      expect(log).toHaveLength(10_001);
      expect(log.at(-1)).toMatchObject({ position: 1, origin: "operator", reason: "a new price" });
    });
  });

  test("tables that hold urls or groups in full are replaced, under another epoch", async () => {
    const { ledger, object } = setUp();
    const { epoch } = await ledger.purge(hard("tag:1"));
    await runInDurableObject(object, async (_, { storage }) => {
      storage.sql.exec("ALTER TABLE log DROP COLUMN actor");
    });
    await evictDurableObject(object);
    const reborn = await ledger.since(undefined);
    expect(reborn).toMatchObject({ position: 0, changes: [] });
    expect(reborn.epoch).not.toBe(epoch);
    expect(await object.history({ limit: 9 })).toEqual([]);
  });

  describe("an idempotency key", () => {
    const keyed = (key: string, ...selectors: string[]) => ({ ...hard(...selectors), idempotencyKey: key });

    test("sent again with the same order gets the first receipt, and purges nothing anew", async () => {
      const { ledger, object } = setUp();
      const first = await ledger.purge(keyed("k", "tag:1", "tag:2"));
      await ledger.purge(hard("tag:3"));
      await evictDurableObject(object);
      expect(await ledger.purge(keyed("k", "tag:2", "tag:1", "tag:1"))).toEqual({ ...first, isReplay: true });
      expect(await ledger.since(undefined)).toMatchObject({ position: 2 });
      expect(await ledger.history?.({ limit: 9 })).toHaveLength(2);
    });

    test.each([keyed("k", "tag:1", "tag:9"), { ...keyed("k", "tag:1"), mode: "soft" as const }])(
      "sent with another order is a conflict that a Worker can tell, and purges nothing: %j",
      async (other) => {
        const { ledger } = setUp();
        await ledger.purge(keyed("k", "tag:1"));
        await expect(ledger.purge(other)).rejects.toMatchObject({ name: "IdempotencyConflict" });
        expect(await ledger.since(undefined)).toMatchObject({ position: 1, changes: [["tag:1", 1, 0]] });
      },
    );

    test("is remembered for a day, not longer", async () => {
      const { ledger, object } = setUp();
      await ledger.purge(keyed("k", "tag:1"));
      vi.setSystemTime(NOW + DAY - 1);
      expect(await ledger.purge(keyed("k", "tag:1"))).toMatchObject({ position: 1, isReplay: true });
      vi.setSystemTime(NOW + DAY);
      expect(await ledger.purge(keyed("k", "tag:1"))).toEqual({
        epoch: expect.any(String),
        position: 2,
        selectors: 1,
      });
      vi.setSystemTime(NOW + 2 * DAY);
      await runDurableObjectAlarm(object);
      await runInDurableObject(object, async (_, { storage }) => {
        expect(storage.sql.exec("SELECT * FROM keys").toArray()).toEqual([]);
      });
    });

    test("of orders that come at once lets one of them through", async () => {
      const { ledger } = setUp();
      const receipts = await Promise.all(Array.from({ length: 20 }, () => ledger.purge(keyed("k", "tag:1"))));
      expect(receipts.filter(({ isReplay }) => isReplay)).toHaveLength(19);
      expect(await ledger.since(undefined)).toMatchObject({ position: 1 });
    });

    test("of an order that failed half way is not remembered", async () => {
      const { ledger, object } = setUp();
      await runInDurableObject(object, async (instance, { storage }) => {
        storage.sql.exec("ALTER TABLE log RENAME TO away");
        await expect(instance.purge(keyed("k", "tag:1"))).rejects.toThrow("no such table");
        storage.sql.exec("ALTER TABLE away RENAME TO log");
      });
      const receipt = await ledger.purge(keyed("k", "tag:1"));
      expect(receipt).toMatchObject({ position: 1 });
      expect(receipt.isReplay).toBeUndefined();
    });
  });

  test("a reader takes in 100,000 selectors in one answer", async () => {
    const { ledger } = setUp();
    await flood(ledger, 10);
    const view = ledgerView({ ledger, bound: 0, timeout: "30s" });
    expect((await view.read())?.selectors.size).toBe(100_000);
  });
});

describe("the daily alarm", () => {
  test("forgets purges past their retention, raises the floor, and stops when nothing is left", async () => {
    const { ledger, object } = setUp();
    await ledger.purge(hard("tag:1"));
    vi.setSystemTime(NOW + 30 * DAY);
    await ledger.purge(hard("tag:2"));
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await ledger.since(undefined)).toMatchObject({ floor: 0 });

    vi.setSystemTime(NOW + 31 * DAY);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await ledger.since(undefined)).toMatchObject({
      position: 2,
      floor: 1,
      changes: [["tag:2", 2, 0]],
    });

    vi.setSystemTime(NOW + 61 * DAY);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await ledger.since(undefined)).toMatchObject({ position: 2, floor: 2, changes: [] });
    expect(await runDurableObjectAlarm(object)).toBe(false);
  });

  test("a reader below the raised floor gets the whole ledger", async () => {
    const { ledger, object } = setUp();
    const { epoch } = await ledger.purge(hard("tag:1"));
    vi.setSystemTime(NOW + 32 * DAY);
    await runDurableObjectAlarm(object);
    expect(await ledger.since({ epoch, position: 0 })).toEqual({
      epoch,
      position: 1,
      floor: 1,
      since: null,
      changes: [],
    });
    expect(await ledger.since({ epoch, position: 1 })).toMatchObject({ since: 1 });
  });
});

test("a view over the object sees a purge, and goes on across a restart", async () => {
  const { ledger, object } = setUp();
  const view = ledgerView({ ledger, bound: 0 });
  expect(await view.read()).toMatchObject({ position: 0 });
  await ledger.purge(hard("tag:1"));
  await evictDurableObject(object);
  expect(await view.read()).toMatchObject({
    position: 1,
    selectors: new Map([["tag:1", { hard: 1, soft: 0 }]]),
  });
});
