import { describe, expect, test } from "vitest";
import { chooseStore, type StoreNeeds } from "../../../src/stores/choose.ts";
import { dummyStore } from "../../../src/stores/dummy.ts";

describe("chooseStore() advises the nearest store that does what is needed", () => {
  const table: [needs: StoreNeeds, store: string, reason: RegExp][] = [
    [{ platform: "node" }, "memoryStore", /^memoryStore is this process's own memory, the nearest/],
    [{ platform: "browser" }, "memoryStore", /./],
    [{ platform: "node", lasting: true }, "sqlStore", /memoryStore \(.*\) does not outlive a restart$/],
    [{ platform: "node", sharedBy: "place" }, "sqlStore", /memoryStore \(.*\) is seen by one process alone$/],
    [
      { platform: "node", sharedBy: "everywhere" },
      "redisStore",
      /sqlStore \(.*\) is seen in one place alone$/,
    ],
    [{ platform: "node", lasting: true, largest: "10mb", sharedBy: "place" }, "redisStore", /so large/],
    [
      { platform: "node", lasting: true, largest: "1gb", sharedBy: "everywhere" },
      "redisRestStore",
      /so large/,
    ],
    [{ platform: "workers", sharedBy: "place" }, "cacheApiStore", /./],
    [{ platform: "workers", sharedBy: "everywhere" }, "kvStore", /./],
    [{ platform: "workers", sharedBy: "everywhere", atomic: "add" }, "sqlStore", /kvStore \(.*\) cannot add/],
    [
      { platform: "workers", sharedBy: "everywhere", atomic: "change", largest: "5mb" },
      "durableRedisStore",
      /sqlStore \(one table of D1\) does not take entries so large$/,
    ],
    [{ platform: "browser", lasting: true }, "unstorageStore", /./],
  ];
  test.each(table)("%o: %s", (needs, store, reason) => {
    const advice = chooseStore(needs);
    expect(advice.store).toBe(store);
    expect(advice.reason).toMatch(reason);
  });

  test("or says why there is none", () => {
    expect(() => chooseStore({ platform: "browser", sharedBy: "everywhere" })).toThrow(
      new RangeError(
        "Cannot choose a store: memoryStore (this process's own memory) is seen by one process alone; " +
          "unstorageStore (a driver of unstorage, such as files) is seen in one place alone",
      ),
    );
    expect(() => chooseStore({ platform: "moon" as "node" })).toThrow(
      /^Cannot choose a store: platform is node, workers or browser, got "moon"$/,
    );
    expect(() => chooseStore({ platform: "node", sharedBy: "us" as "place" })).toThrow(
      /^Cannot choose a store: sharedBy/,
    );
    expect(() => chooseStore({ platform: "node", atomic: "all" as "add" })).toThrow(
      /^Cannot choose a store: atomic/,
    );
    expect(() => chooseStore({ platform: "node", largest: "huge" })).toThrow(/^Cannot read largest/);
  });
});

test("dummyStore() keeps nothing and fails at nothing", async () => {
  const store = dummyStore();
  const entry = { mark: { epoch: "e", position: 0, labels: [] }, expiresAt: Infinity, facts: {}, body: null };
  await store.set("k", entry, 60);
  expect(await store.get("k")).toBeUndefined();
  expect(await store.delete(["k"])).toBe(0);
  await store.clear?.();
  expect(store.add).toBeUndefined();
});
