import type { Seconds } from "../clock.ts";
import type { Entry } from "../store.ts";
import { gather } from "./gather.ts";
import type { WideStore } from "./wide.ts";

/** What stands under a key, if anything, and what to know it by. */
export interface Seen<Trace> {
  /** `undefined` where nothing stands there. */
  readonly trace: Trace | undefined;
  /** `undefined` too where what stands there has expired or cannot be read. */
  readonly entry: Entry | undefined;
}

/** What is to stand there next: an entry, with its time or with the time that is left; or nothing. */
export type Next = { readonly entry: Entry; readonly ttl: Seconds | "keep" } | undefined;

/** A backend that can write on condition. */
export interface Cell<Trace> {
  look(key: string): Promise<Seen<Trace>>;
  /** In one atomic step: writes if still the same stands there, and resolves to whether it did. */
  swap(key: string, seen: Seen<Trace>, next: Next): Promise<boolean>;
}

/** So often others may be quicker before a change is given up. */
const MOST_TRIES = 64;

/** The changes of one entry, each by looking, deciding, and writing if nothing has changed meanwhile. */
export function changes<Trace>(cell: Cell<Trace>): Pick<WideStore, "add" | "replace" | "increment"> {
  /** Until a decision is carried out; a decision without `next` changes nothing. */
  async function change<T>(
    key: string,
    decide: (entry: Entry | undefined) => {
      readonly result: T;
      readonly next?: Next;
      readonly write: boolean;
    },
  ): Promise<T> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const seen = await cell.look(key);
      const { result, next, write } = decide(seen.entry);
      if (!write || (next === undefined && seen.trace === undefined)) return result;
      if (await cell.swap(key, seen, next)) return result;
    }
    throw new Error(`An entry was changed by others ${MOST_TRIES} times while it was to be changed`);
  }

  const sum = gather<{ key: string; by: number }, number | undefined>(Infinity, async (orders) => {
    const byKey = Map.groupBy(orders, ({ key }) => key);
    const sums = new Map<string, number | undefined>();
    await Promise.all(
      Array.from(byKey, async ([key, own]) => {
        sums.set(
          key,
          await addUp(
            key,
            own.reduce((total, { by }) => total + by, 0),
          ),
        );
      }),
    );
    // Each caller gets the sum as it was after its own share.
    return orders
      .toReversed()
      .map(({ key, by }) => {
        const after = sums.get(key);
        if (after !== undefined) sums.set(key, after - by);
        return after;
      })
      .toReversed();
  });

  function addUp(key: string, by: number): Promise<number | undefined> {
    return change(key, (entry) => {
      const count = entry === undefined ? undefined : countOf(entry.facts);
      if (entry === undefined || count === undefined) return { result: undefined, write: false };
      const facts = { ...(entry.facts as object), count: count + by }; // `countOf` has seen that it is one.
      return { result: count + by, write: true, next: { entry: { ...entry, facts }, ttl: "keep" } };
    });
  }

  return {
    add(key, entry, ttl) {
      if (!(ttl > 0)) return Promise.resolve(false);
      return change(key, (there) =>
        there === undefined
          ? { result: true, write: true, next: { entry, ttl } }
          : { result: false, write: false },
      );
    },
    replace(key, entry, ttl, stamp) {
      return change(key, (there) => {
        if (there !== undefined && there.stamp !== stamp) return { result: false, write: false };
        return { result: true, write: true, next: ttl > 0 ? { entry, ttl } : undefined };
      });
    },
    increment: (key, by) => sum({ key, by }),
  };
}

function countOf(facts: unknown): number | undefined {
  if (typeof facts !== "object" || facts === null) return undefined;
  const { count } = facts as { readonly count?: unknown }; // Checked next.
  return typeof count === "number" && Number.isFinite(count) ? count : undefined;
}
