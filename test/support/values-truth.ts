import type { Cache } from "../../src/index.ts";

/** What a cache may never answer with: something older than what was true when it acknowledged a delete. */
export interface Truth {
  /** Changes a key, and deletes it from the cache; resolves to whether the cache acknowledged that. */
  change(cache: Cache, key: string): Promise<boolean>;
  /**
   * Reads a key through the cache, and notes it if the answer is older than what was acknowledged so many milliseconds ago,
   * or is not there within the limit.
   */
  read(cache: Cache, key: string, ageMs?: number): Promise<void>;
  /** All that was noted. */
  readonly faults: readonly string[];
  /** Changes that have been acknowledged, and those that have not. */
  readonly counts: { readonly acknowledged: number; readonly refused: number };
}

/** No answer of a cache may take longer than that here; those that hang take for ever. */
const LIMIT_MS = 20_000;

/** A number for each key, which grows when the key is changed. */
export function truthOf(): Truth {
  const current = new Map<string, number>();
  const acknowledged = new Map<string, { readonly version: number; readonly at: number }[]>();
  const faults: string[] = [];
  const counts = { acknowledged: 0, refused: 0 };
  const now = (key: string): number => current.get(key) ?? 0;

  return {
    faults,
    counts,
    async change(cache, key) {
      const version = now(key) + 1;
      current.set(key, version);
      const isKnown = await cache.delete(key).then(
        () => true,
        () => false,
      );
      counts[isKnown ? "acknowledged" : "refused"] += 1;
      if (isKnown) acknowledged.set(key, [...(acknowledged.get(key) ?? []), { version, at: Date.now() }]);
      return isKnown;
    },
    async read(cache, key, ageMs = 0) {
      const asked = Date.now();
      const due = (acknowledged.get(key) ?? []).filter(({ at }) => at <= asked - ageMs);
      const least = due.at(-1)?.version ?? 0;
      const timer = setTimeout(() => faults.push(`${key}: no answer`), LIMIT_MS);
      try {
        const got = await cache.getOrSet(key, () => now(key), { tags: ["t"] });
        if (!(got >= least)) faults.push(`${key}: got ${got}, ${least} was acknowledged`);
      } catch (error) {
        faults.push(`${key}: ${String(error)}`);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
