import { cannot } from "../errors.ts";
import type { CacheKey } from "./keys.ts";
import type { GetOrSetOptions, Producer } from "./options.ts";

/** One value to fill beforehand. */
export interface WarmItem<T = unknown> {
  readonly key: CacheKey;
  readonly producer: Producer<T>;
  readonly options?: GetOrSetOptions<T>;
}

export interface WarmProgress {
  readonly done: number;
  readonly failed: number;
  /** `undefined` where the list does not say how long it is. */
  readonly total: number | undefined;
}

export interface WarmOptions {
  /** How many are filled at once. @defaultValue 4 */
  readonly concurrency?: number;
  /** Told after each one. What it throws ends the warm-up. */
  readonly onProgress?: (progress: WarmProgress) => void;
}

export interface WarmResult {
  readonly done: number;
  readonly failed: readonly { readonly key: CacheKey; readonly error: unknown }[];
}

/**
 * Goes through a list, some at a time; a failure does not stop it.
 *
 * @throws {RangeError} if the concurrency is no positive whole number
 */
export async function warm<T>(
  items: Iterable<WarmItem<T>>,
  fillOne: (item: WarmItem<T>) => Promise<unknown>,
  { concurrency = 4, onProgress }: WarmOptions = {},
): Promise<WarmResult> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(cannot("warm a cache", "concurrency must be a positive whole number", concurrency));
  }
  const total = Array.isArray(items) ? items.length : undefined;
  const failed: { key: CacheKey; error: unknown }[] = [];
  let done = 0;
  const rest = items[Symbol.iterator]();

  async function worker(): Promise<void> {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      try {
        await fillOne(next.value);
        done += 1;
      } catch (error) {
        failed.push({ key: next.value.key, error });
      }
      onProgress?.({ done, failed: failed.length, total });
    }
  }

  await Promise.all(Array.from({ length: concurrency }, worker));
  return { done, failed };
}
