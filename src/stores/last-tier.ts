import type { Entry, Store } from "../store.ts";
import { ask, attempt, type Place, type RowTools } from "./row.ts";

/** What only one tier can answer: what is to be atomic has one place where it happens. */
export type LastTier<Body> = Pick<Store<Body>, "add" | "replace" | "increment" | "keys">;

/**
 * The capabilities of a row's last tier, the one that all processes share; the nearer ones follow it. They reject if
 * that tier fails: nobody could say what happened.
 */
export function lastTier<Body>(row: readonly Place<Body>[], tools: RowTools): LastTier<Body> {
  const last = row.at(-1);
  if (last === undefined) return {};
  const { store } = last;
  const nearer = row.slice(0, -1);

  /** Copies of what has changed behind them. */
  async function drop(key: string): Promise<void> {
    await Promise.all(
      nearer.map((place) => attempt(place, tools, "delete", () => place.store.delete([key]), 0)),
    );
  }

  async function copy(key: string, entry: Entry<Body>, ttl: number): Promise<void> {
    await Promise.all(
      nearer.map((place) =>
        attempt(place, tools, "set", () => place.store.set(key, entry, Math.min(ttl, place.ttl)), undefined),
      ),
    );
  }

  const { add, replace, increment, keys } = store;
  return {
    ...(add && {
      async add(key, entry, ttl) {
        const wrote = await ask(last, tools, "add", () =>
          add.call(store, key, entry, Math.min(ttl, last.ttl)),
        );
        await (wrote ? copy(key, entry, ttl) : drop(key));
        return wrote;
      },
    }),
    ...(replace && {
      async replace(key, entry, ttl, seen) {
        const wrote = await ask(last, tools, "replace", () =>
          replace.call(store, key, entry, Math.min(ttl, last.ttl), seen),
        );
        await (wrote && ttl > 0 ? copy(key, entry, ttl) : drop(key));
        return wrote;
      },
    }),
    ...(increment && {
      async increment(key, by) {
        const sum = await ask(last, tools, "increment", () => increment.call(store, key, by));
        await drop(key);
        return sum;
      },
    }),
    ...(keys && { keys: (pattern) => keys.call(store, pattern) }),
  };
}
