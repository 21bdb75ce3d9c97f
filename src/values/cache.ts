import type { Cache } from "./cache-types.ts";
import { coreOf } from "./core.ts";
import type { CacheOptions } from "./options.ts";
import { hearPurges } from "./purges.ts";
import { scopeApi } from "./scope.ts";

/**
 * Makes a cache of values: `getOrSet`, `wrap` and Django's cache API over any row of stores, with the purges of a ledger.
 *
 * @throws {TypeError | RangeError} if an option makes no sense, with a sentence that names it
 */
export function createCache<V = unknown>(options: CacheOptions = {}): Cache<V> {
  const core = coreOf(options);
  const stop = hearPurges(core);
  const root = { start: "", selectors: [core.selector], settings: core.settings, schema: undefined };
  return scopeApi<V>(core, root, stop);
}
