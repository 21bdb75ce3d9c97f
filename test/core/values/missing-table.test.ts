import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { sqlStore } from "../../../src/stores/sql/sql-store.ts";
import { createCache } from "../../../src/values/cache.ts";
import type { ValueEvent } from "../../../src/values/events.ts";

test("a table that is missing costs the keeping, is reported, and is used once it is there", async () => {
  const database = new DatabaseSync(":memory:");
  const events: ValueEvent[] = [];
  let now = 0;
  const clock = (): number => now;
  const cache = createCache({
    tiers: [sqlStore({ database, create: false, clock })],
    ledger: memoryLedger({ clock }),
    clock,
    onEvent: (event) => events.push(event),
  });
  expect(await cache.getOrSet("k", () => "made")).toBe("made");
  await cache.set("k", "set");
  expect(await cache.get("k")).toBeUndefined();
  expect(events).toContainEqual({
    type: "store-error",
    store: expect.any(String),
    operation: "set",
    error: expect.objectContaining({ message: expect.stringContaining("it is missing") }),
  });
  now += 10_000; // Whoever was left alone is tried again.
  await expect(cache.increment("n")).rejects.toThrow(/it is missing|left alone/);
  expect(await cache.delete("k")).toBe(false);
  const mark = { epoch: "e", position: 0, labels: [] };
  await sqlStore({ database, clock }).set("x", { mark, expiresAt: now + 1, facts: {}, body: null }, 1);
  await expect
    .poll(async () => {
      now += 10_000;
      await cache.set("k", "kept", { ttl: "1d" });
      return cache.get("k");
    })
    .toBe("kept");
});
