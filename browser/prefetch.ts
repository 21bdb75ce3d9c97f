import { cannot } from "../src/index.ts";
import type { PrefetchOptions } from "./api-types.ts";
import type { Core } from "./core.ts";

/** Fetches what will be wanted, a few at a time. No fetch that fails makes it reject. */
export async function prefetch(
  { fetch }: Pick<Core, "fetch">,
  inputs: Iterable<RequestInfo | URL>,
  { concurrency = 4 }: PrefetchOptions,
): Promise<void> {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RangeError(cannot("prefetch", "concurrency must be a positive whole number", concurrency));
  const left = [...inputs].values();
  const lane = async (): Promise<void> => {
    for (const input of left) {
      try {
        const response = await fetch(input, { priority: "low" });
        // A body that nobody reads would hold its connection.
        await response.body?.cancel();
      } catch {
        // Whoever asks for it will hear of it.
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
