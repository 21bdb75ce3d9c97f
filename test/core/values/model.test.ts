import { DatabaseSync } from "node:sqlite";
import { describe, test } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import { sqlStore } from "../../../src/stores/sql/sql-store.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { createCache } from "../../../src/values/cache.ts";
import { expectMap, type OpenCache } from "../../support/values-model.ts";
import { outside, START } from "./setup.ts";

const places: [name: string, open: () => OpenCache][] = [
  ["memory", () => opened((clock) => ({ tiers: [memoryStore({ clock })] }))],
  [
    "memory before memory",
    () => opened((clock) => ({ tiers: [memoryStore({ clock }), memoryStore({ clock })] })),
  ],
  [
    "memory that forgets at once, before a store outside",
    () =>
      opened((clock) => ({
        tiers: [{ store: memoryStore({ clock }), ttl: 0.001 }, outside(clock).store],
        ledger: memoryLedger({ clock }),
      })),
  ],
  [
    "memory, and two stores outside",
    () =>
      opened((clock) => ({
        tiers: [memoryStore({ clock }), { store: outside(clock).store, ttl: 10_000 }, outside(clock).store],
        ledger: memoryLedger({ clock }),
      })),
  ],
  [
    "memory, before rows of SQLite",
    () =>
      opened((clock) => ({
        tiers: [
          { store: memoryStore({ clock }), ttl: 10_000 },
          sqlStore({ database: new DatabaseSync(":memory:"), clock }),
        ],
        ledger: memoryLedger({ clock }),
      })),
  ],
  [
    "rows of SQLite alone",
    () =>
      opened((clock) => ({
        tiers: [sqlStore({ database: new DatabaseSync(":memory:"), clock })],
        ledger: memoryLedger({ clock }),
      })),
  ],
  [
    "a store outside alone",
    () => opened((clock) => ({ tiers: [outside(clock).store], ledger: memoryLedger({ clock }) })),
  ],
];

function opened(options: (clock: () => number) => Parameters<typeof createCache>[0]): OpenCache {
  let now = START;
  const clock = (): number => now;
  const cache = createCache({ clock, errorTtl: 0, ...options(clock) });
  return { cache, pass: (seconds) => void (now += seconds * 1_000) };
}

describe("any calls in any order answer as a Map with a clock would", () => {
  test.each(places)("in %s", async (_, open) => expectMap(open));
});
