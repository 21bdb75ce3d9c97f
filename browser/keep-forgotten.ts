import type { Instant, Selector } from "../src/index.ts";
import type { Database } from "./disk/database.ts";
import { atomically } from "./disk/transaction.ts";
import { FORGOTTEN_KEY, readForgotten } from "./forgotten.ts";

/** Keeps what was to be forgotten for the pages to come, beside what other tabs have kept. */
export async function keep(
  database: Database | undefined,
  pairs: readonly (readonly [selector: Selector, at: Instant])[],
): Promise<void> {
  if (database === undefined || !(await database.ready())) return;
  await database.use("sys")("readwrite", (store) =>
    atomically(store, async () => {
      const times = new Map(pairs);
      for (const [selector, at] of await readForgotten((_, read) => Promise.resolve(read(store)))) {
        times.set(selector, Math.max(at, times.get(selector) ?? at));
      }
      // Read back in this order, those forgotten last stay apart.
      const sorted = [...times].toSorted(([, one], [, other]) => one - other);
      store.put(sorted, FORGOTTEN_KEY);
    }),
  );
}
