import type { EvictionObject, EvictionReport } from "./eviction-object.ts";
import type { EvictionItem } from "./eviction-sinks.ts";

/** Deletes what purges have made useless, some time after them. */
export interface Evictions {
  enqueue(items: readonly EvictionItem[]): Promise<void>;
  report(): Promise<EvictionReport>;
  retry(): Promise<number>;
}

/** Bytes of a message to a Durable Object stay well below its limit with so many items. */
const ITEMS_AT_ONCE = 1_000;

/** Deletions that a Durable Object keeps and carries out: see {@link EvictionObject}. */
export function durableEvictions(namespace: DurableObjectNamespace<EvictionObject>): Evictions {
  // A stub belongs to its request: each call takes a new one.
  const object = () => namespace.get(namespace.idFromName("tidemark"));
  return {
    async enqueue(items) {
      for (let from = 0; from < items.length; from += ITEMS_AT_ONCE)
        await object().enqueue(items.slice(from, from + ITEMS_AT_ONCE));
    },
    report: async () => object().report(),
    retry: async () => object().retry(),
  };
}
