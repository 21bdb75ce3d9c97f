import type { PurgeReceipt } from "../purge/ledger.ts";
import type { CacheKey } from "./keys.ts";
import type { GetOrSetOptions } from "./options.ts";
import type { PurgeOptions } from "./purges.ts";

export interface WrapOptions<A extends readonly unknown[], T> extends Omit<
  GetOrSetOptions<T>,
  "tags" | "forceRefresh"
> {
  /** What a result is kept under. To be said: arguments seldom make a good key by themselves. */
  readonly key: (...args: A) => CacheKey;
  /** By which purges find a result. */
  readonly tags?: readonly string[] | ((value: T, ...args: A) => readonly string[]);
}

/** A function whose results are kept. Arguments of its other members are those of the function. */
export interface Wrapped<A extends readonly unknown[], T> {
  (...args: A): Promise<T>;
  /** The key of a result. */
  key(...args: A): CacheKey;
  /** The result in this process's memory, at once; `undefined` = there is none, or it is that. */
  peek(...args: A): T | undefined;
  /** Runs the function again, whatever is kept. */
  refresh(...args: A): Promise<T>;
  /** Deletes one result, for everyone. */
  purge(...args: A): Promise<PurgeReceipt>;
  /** Makes one result stale, for everyone. */
  expire(...args: A): Promise<PurgeReceipt>;
}

/** What a wrapped function asks of its cache. */
export interface WrapTools {
  /** The promise of a value that is in memory, fresh and current; `undefined` = ask the slow way. */
  readonly hit: (key: CacheKey) => Promise<unknown> | undefined;
  readonly peek: (key: CacheKey) => unknown;
  readonly slow: (
    key: CacheKey,
    producer: () => unknown,
    tags: GetOrSetOptions["tags"],
    forceRefresh: boolean,
  ) => Promise<unknown>;
  readonly purge: (key: CacheKey, options: PurgeOptions) => Promise<PurgeReceipt>;
}

/** A hit makes no closure and reads no option. */
export function wrapped<A extends readonly unknown[], T>(
  fn: (...args: A) => T | Promise<T>,
  { key, tags }: WrapOptions<A, T>,
  tools: WrapTools,
): Wrapped<A, T> {
  function slow(own: CacheKey, args: A, forceRefresh: boolean): Promise<T> {
    const tagging = typeof tags === "function" ? (value: unknown) => tags(value as T, ...args) : tags; // The producer's value.
    return tools.slow(own, () => fn(...args), tagging, forceRefresh) as Promise<T>; // As the schema, or its writer, says.
  }
  function call(...args: A): Promise<T> {
    try {
      const own = key(...args);
      return (tools.hit(own) as Promise<T> | undefined) ?? slow(own, args, false);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  return Object.assign(call, {
    key,
    peek: (...args: A) => tools.peek(key(...args)) as T | undefined,
    refresh: async (...args: A) => slow(key(...args), args, true),
    purge: async (...args: A) => tools.purge(key(...args), {}),
    expire: async (...args: A) => tools.purge(key(...args), { soft: true }),
  });
}
