import { report, withDeadline, type LedgerPoint, type OnEvent, type Seconds } from "../src/index.ts";
import type { EvictionObject, EvictionReport } from "./eviction-object.ts";
import type { EvictionItem } from "./eviction-sinks.ts";
import type { Named } from "./purge-items.ts";

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

/** What a purge named, for its copies to be looked for. Groups and patterns are known to no place but the ledger. */
export function evictionItems(
  named: readonly Pick<Named, "kind" | "means">[],
  { epoch, position }: LedgerPoint,
): readonly EvictionItem[] {
  const purge = { epoch, position };
  return named.flatMap(({ kind, means }): EvictionItem[] => {
    const value = means.slice(means.indexOf(":") + 1);
    switch (kind) {
      case "files":
        return [{ kind: "url", value: `https://${value}`, purge }];
      case "tags":
        return [{ kind: "tag", value, purge }];
      case "hosts":
        return [{ kind: "host", value, purge }];
      case "prefixes":
        return [{ kind: "prefix", value, purge }];
      case "everything":
        return [{ kind: "everything", value: "", purge }];
      case "groups":
      case "patterns":
        return [];
    }
  });
}

/** How long a purge may wait for its deletions to be noted. */
const NOTE_LIMIT: Seconds = 1;

/** Has the items deleted some time. Never rejects: no purge depends on it. */
export async function noteEvictions(
  evictions: Evictions | undefined,
  items: readonly EvictionItem[],
  onEvent: OnEvent | undefined,
): Promise<void> {
  if (evictions === undefined || items.length === 0) return;
  try {
    await withDeadline(evictions.enqueue(items), NOTE_LIMIT, "noting what to delete");
  } catch (error) {
    report(onEvent, { type: "eviction-error", error });
  }
}
