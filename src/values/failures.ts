import type { Instant } from "../clock.ts";

/** Which producers have failed a short while ago, and how: they are left alone until their time is over. */
export interface Failures {
  /** The failure that still counts. */
  get(key: string, now: Instant): { readonly error: unknown } | undefined;
  set(key: string, error: unknown, until: Instant): void;
  delete(keys: Iterable<string>): void;
  clear(): void;
}

/** The oldest failures beyond these are forgotten: their producers are asked again. */
const MOST = 10_000;

export function failures(): Failures {
  const kept = new Map<string, { readonly error: unknown; readonly until: Instant }>();
  return {
    get(key, now) {
      const failure = kept.get(key);
      if (failure === undefined || failure.until > now) return failure;
      kept.delete(key);
      return undefined;
    },
    set(key, error, until) {
      kept.delete(key);
      kept.set(key, { error, until });
      const [oldest] = kept.size > MOST ? kept.keys() : [];
      if (oldest !== undefined) kept.delete(oldest);
    },
    delete(keys) {
      for (const key of keys) kept.delete(key);
    },
    clear: () => kept.clear(),
  };
}
