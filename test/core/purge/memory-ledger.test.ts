import { describe, expect, test } from "vitest";
import { IdempotencyConflict, type PurgeOrder } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";

const DAY = 86_400_000;
const purgeOf = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });

test("memoryLedger() is born with an epoch of its own", async () => {
  const [one, other] = await Promise.all([memoryLedger().since(undefined), memoryLedger().since(undefined)]);
  expect(one.epoch).not.toBe(other.epoch);
  expect(one).toMatchObject({ position: 0, floor: 0, since: null, changes: [] });
});

test("its purges take one position each, and its deltas tell of them", async () => {
  const ledger = memoryLedger({ epoch: "e" });
  expect(await ledger.purge(purgeOf("tag:1", "tag:2"))).toEqual({ epoch: "e", position: 1, selectors: 2 });
  expect(await ledger.purge(purgeOf("tag:1"))).toEqual({ epoch: "e", position: 2, selectors: 1 });
  expect(await ledger.since({ epoch: "e", position: 1 })).toMatchObject({
    position: 2,
    changes: [["tag:1", 2, 0]],
  });
});

test("it rejects an order for nothing", async () => {
  await expect(memoryLedger().purge(purgeOf())).rejects.toThrow("Cannot purge");
});

test("it forgets a purge once no entry can be older, never before", async () => {
  let now = 0;
  const ledger = memoryLedger({ retention: "31d", clock: () => now });
  await ledger.purge(purgeOf("tag:old"));
  now = 31 * DAY - 1;
  await ledger.purge(purgeOf("tag:new"));
  expect(await ledger.since(undefined)).toMatchObject({
    floor: 0,
    changes: [
      ["tag:old", 1, 0],
      ["tag:new", 2, 0],
    ],
  });
  now = 31 * DAY;
  await ledger.purge(purgeOf("tag:newer"));
  expect(await ledger.since(undefined)).toMatchObject({
    floor: 1,
    changes: [
      ["tag:new", 2, 0],
      ["tag:newer", 3, 0],
    ],
  });
});

test("it holds only the purges of its retention, however many it is given", async () => {
  let now = 0;
  const ledger = memoryLedger({ retention: "1d", clock: () => now });
  for (let index = 0; index < 5_000; index += 1) {
    now += DAY / 100;
    await ledger.purge(purgeOf(`tag:${index}`));
  }
  const { changes } = await ledger.since(undefined);
  expect(changes.length).toBeGreaterThanOrEqual(100);
  expect(changes.length).toBeLessThan(110);
});

test("it tells of the last purges, newest first, who ordered them and why", async () => {
  const ledger = memoryLedger({ epoch: "e", clock: () => 7 });
  await ledger.purge({
    ...purgeOf("tag:1", "tag:1"),
    mode: "soft",
    actor: "cms",
    reason: "new",
    idempotencyKey: "k",
  });
  await ledger.purge({ ...purgeOf("tag:2"), origin: "traffic" });
  const [second, first] = (await ledger.history?.({ limit: 5 })) ?? [];
  expect(first).toEqual({
    position: 1,
    orderedAt: 7,
    mode: "soft",
    origin: "operator",
    actor: "cms",
    idempotencyKey: "k",
    selectors: ["tag:1"],
    named: 1,
    reason: "new",
  });
  expect(second).toMatchObject({ position: 2, origin: "traffic", actor: null, reason: null });
  expect(await ledger.history?.({ limit: 5, before: 2 })).toEqual([first]);
  expect(await ledger.history?.({ limit: 1 })).toEqual([second]);
});

test("its log is bounded, and traffic never pushes an operator's purge out of it", async () => {
  const ledger = memoryLedger();
  await ledger.purge(purgeOf("tag:operator"));
  for (let index = 0; index < 3_500; index += 1)
    await ledger.purge({ ...purgeOf(`url:${index}`), origin: "traffic" });
  const log = (await ledger.history?.({ limit: 9_999 })) ?? [];
  expect(log).toHaveLength(1_001);
  expect(log.at(-1)).toMatchObject({ position: 1, origin: "operator" });
});

test("its log keeps 64 KB of a purge's selectors, and how many it named", async () => {
  const ledger = memoryLedger();
  await ledger.purge(
    purgeOf(...Array.from({ length: 100 }, (_, index) => `tag:${index}`.padEnd(1_000, "x"))),
  );
  expect(await ledger.history?.({ limit: 1 })).toMatchObject([{ named: 100, selectors: { length: 65 } }]);
});

describe("an idempotency key", () => {
  const keyed = (...selectors: string[]): PurgeOrder => ({ ...purgeOf(...selectors), idempotencyKey: "k" });

  test("sent again with the same order gets the first receipt, and purges nothing anew", async () => {
    const ledger = memoryLedger({ epoch: "e" });
    await ledger.purge(keyed("tag:1", "tag:2"));
    await ledger.purge(purgeOf("tag:3"));
    expect(await ledger.purge({ ...keyed("tag:2", "tag:1"), reason: "another" })).toEqual({
      epoch: "e",
      position: 1,
      selectors: 2,
      isReplay: true,
    });
    expect(await ledger.since(undefined)).toMatchObject({ position: 2 });
  });

  test("sent with another order is a conflict, and purges nothing", async () => {
    const ledger = memoryLedger();
    await ledger.purge(keyed("tag:1"));
    await expect(ledger.purge(keyed("tag:1", "tag:2"))).rejects.toThrow(IdempotencyConflict);
    await expect(ledger.purge({ ...keyed("tag:1"), mode: "soft" })).rejects.toThrow(IdempotencyConflict);
    expect(await ledger.since(undefined)).toMatchObject({ position: 1 });
  });

  test("is remembered for a day, not longer", async () => {
    let now = 0;
    const ledger = memoryLedger({ clock: () => now });
    await ledger.purge(keyed("tag:1"));
    now = DAY - 1;
    expect(await ledger.purge(keyed("tag:1"))).toMatchObject({ position: 1, isReplay: true });
    now = DAY;
    expect(await ledger.purge(keyed("tag:other"))).toMatchObject({ position: 2 });
  });

  test("of an order that was refused is not remembered", async () => {
    const ledger = memoryLedger();
    await expect(ledger.purge(keyed())).rejects.toThrow("Cannot purge");
    expect(await ledger.purge(keyed("tag:1"))).toMatchObject({ position: 1 });
  });
});

test.each([{ epoch: "" }, { epoch: "a.b" }, { epoch: "x".repeat(65) }, { retention: -1 }])(
  "memoryLedger() refuses %o",
  (options) => {
    expect(() => memoryLedger(options)).toThrow(RangeError);
  },
);
