import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry, Store } from "../../src/index.ts";
import type { OpenStore } from "./store-contract.ts";

/** One thing that is done to a store, and to a map that knows what must come of it. */
type Step =
  | { readonly do: "get" | "delete"; readonly keys: readonly string[] }
  | {
      readonly do: "set" | "add" | "replace";
      readonly key: string;
      readonly ttl: number;
      readonly stamp: string;
    }
  | { readonly do: "increment"; readonly key: string; readonly by: number }
  | { readonly do: "pass"; readonly seconds: number }
  | { readonly do: "clear" };

const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("a", "b", "A", "a ", "a:b", "__proto__") },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
);
const keys = fc.array(key, { maxLength: 4 });
const ttl = fc.constantFrom(-1, 0, 10, 20, 1_000);
const stamp = fc.constantFrom("1", "2", "3");

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("get", "delete"), keys }),
  fc.record({ do: fc.constantFrom("set", "add", "replace"), key, ttl, stamp }),
  fc.record({ do: fc.constant("increment" as const), key, by: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ do: fc.constant("pass" as const), seconds: fc.constantFrom(1, 10, 15) }),
  fc.constant({ do: "clear" as const }),
);

interface Kept {
  readonly entry: Entry;
  readonly until: number;
}

/** Whatever is done to a store, in whatever order: it answers as a map with a clock would. */
export function storeOracle(name: string, open: () => OpenStore | Promise<OpenStore>, numRuns = 50): void {
  test(`${name} answers as a map with a clock would, whatever is done to it`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { store, now = Date.now, pass, close } = await open();
        const map = new Map<string, Kept>();
        const live = (each: string): Entry | undefined => {
          const kept = map.get(each);
          return kept !== undefined && kept.until > now() ? kept.entry : undefined;
        };
        try {
          for (const each of steps) await carryOut(each, { store, now, pass, map, live });
          for (const each of map.keys()) expect((await store.get(each))?.facts).toEqual(live(each)?.facts);
        } finally {
          await close?.();
        }
      }),
      { numRuns },
    );
  });
}

interface World {
  readonly store: Store;
  readonly now: () => number;
  readonly pass: OpenStore["pass"];
  readonly map: Map<string, Kept>;
  readonly live: (key: string) => Entry | undefined;
}

async function carryOut(each: Step, { store, now, pass, map, live }: World): Promise<void> {
  switch (each.do) {
    case "get": {
      const expected = each.keys.map((it) => live(it)?.facts);
      const got =
        store.getMany === undefined
          ? await Promise.all(each.keys.map(store.get))
          : await store.getMany(each.keys);
      expect(got.map((it) => it?.facts)).toEqual(expected);
      return;
    }
    case "delete":
      await store.delete(each.keys);
      for (const gone of each.keys) map.delete(gone);
      return;
    case "set":
    case "add":
    case "replace":
      return write(each, { store, now, pass, map, live });
    case "increment": {
      const there = live(each.key);
      const count = (there?.facts as { count: number } | undefined)?.count; // As `write` makes them.
      const sum = count === undefined ? undefined : count + each.by;
      if (store.increment === undefined) return;
      expect(await store.increment(each.key, each.by)).toBe(sum);
      const kept = map.get(each.key);
      if (kept !== undefined && there !== undefined)
        map.set(each.key, { ...kept, entry: { ...there, facts: { count: sum } } });
      return;
    }
    case "pass":
      await pass?.(each.seconds);
      return;
    case "clear":
      if (store.clear === undefined) return;
      await store.clear();
      map.clear();
  }
}

let written = 0;

async function write(
  each: Step & { readonly do: "set" | "add" | "replace" },
  { store, now, map, live }: World,
): Promise<void> {
  const { key: name, ttl: seconds, stamp: mine } = each;
  const entry: Entry = {
    mark: { epoch: "e", position: 1, labels: [] },
    expiresAt: now() + 15_000,
    facts: { count: (written += 1) },
    body: null,
    stamp: mine,
  };
  const there = live(name);
  const keep = (): void => {
    if (seconds > 0) map.set(name, { entry, until: Math.min(entry.expiresAt, now() + seconds * 1_000) });
    else map.delete(name);
  };
  if (each.do === "set") {
    await store.set(name, entry, seconds);
    keep();
  } else if (each.do === "add" && store.add !== undefined) {
    const wrote = seconds > 0 && there === undefined;
    expect(await store.add(name, entry, seconds)).toBe(wrote);
    if (wrote) keep();
  } else if (each.do === "replace" && store.replace !== undefined) {
    const wrote = there === undefined || there.stamp === "2";
    expect(await store.replace(name, entry, seconds, "2")).toBe(wrote);
    if (wrote) keep();
  }
}
