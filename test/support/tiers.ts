import type { CacheEvent, OnEvent } from "../../src/events.ts";
import type { Clock } from "../../src/clock.ts";
import type { Entry, Store } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Tier } from "../../src/stores/tiered.ts";

export const START: number = Date.parse("2026-11-01T12:00:00Z");

/** What differs from a plain tier: its options, and calls that are another's. */
export type TierChanges = Partial<Record<string, Partial<Tier> & { broken?: Partial<Store> }>>;

/** Three tiers over memory stores, whose calls are written down, combined by what is under test; and a clock. */
export function rowOf<S>(
  combine: (tiers: readonly Tier[], options: { readonly clock: Clock; readonly onEvent: OnEvent }) => S,
  change: TierChanges = {},
) {
  let now = START;
  const clock = (): number => now;
  const calls: string[] = [];
  const events: CacheEvent[] = [];
  const stores = new Map<string, Store>();
  const tiers = ["hot", "warm", "cold"].map((name): Tier => {
    const { broken = {}, ...rest } = change[name] ?? {};
    const memory: Store = { ...memoryStore({ clock }), name: `${name} store` };
    stores.set(name, memory);
    const store: Store = {
      ...memory,
      async get(key) {
        calls.push(`${name} get`);
        return memory.get(key);
      },
      async set(key, entry, ttl) {
        calls.push(`${name} set ${ttl}`);
        return memory.set(key, entry, ttl);
      },
      ...broken,
    };
    return { name, store, ...rest };
  });
  return {
    tiered: combine(tiers, { clock, onEvent: (event) => events.push(event) }),
    calls,
    events,
    /** The tier's own store, behind whatever the row does to it. */
    behind: (name: string): Store => stores.get(name) ?? memoryStore(),
    pass: (seconds: number): void => void (now += seconds * 1_000),
  };
}

export const entry = (text: string, ttl = 60): Entry => ({
  mark: { epoch: "e", position: 3, labels: ["tag:t"] },
  expiresAt: START + ttl * 1_000,
  facts: text,
  body: null,
});
export const failing = async (): Promise<never> => {
  throw new Error("no connection");
};
