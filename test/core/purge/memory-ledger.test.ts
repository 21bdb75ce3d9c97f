import { expect, test } from "vitest";
import type { PurgeOrder } from "../../../src/purge/ledger.ts";
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

test.each([{ epoch: "" }, { epoch: "a.b" }, { epoch: "x".repeat(65) }, { retention: -1 }])(
  "memoryLedger() refuses %o",
  (options) => {
    expect(() => memoryLedger(options)).toThrow(RangeError);
  },
);
