import { idempotencyConflict, type Ledger, type LedgerDelta } from "../src/index.ts";
import type { LedgerObject } from "./ledger-object.ts";

/** Options of {@link durableLedger}. */
export interface DurableLedgerOptions {
  /**
   * Which object of the namespace: places that share the name share their purges.
   *
   * @defaultValue "tidemark"
   */
  readonly name?: string;
}

/**
 * The ledger in a Durable Object, as seen by a Worker. All calls reject when the object cannot be reached; a
 * purge that rejected may have been carried out all the same, and may be sent again.
 */
export function durableLedger(
  namespace: DurableObjectNamespace<LedgerObject>,
  { name = "tidemark" }: DurableLedgerOptions = {},
): Ledger {
  // A stub whose object has failed stays broken, and belongs to its request: each call takes a new one.
  const object = () => namespace.get(namespace.idFromName(name));
  return {
    // The platform's RPC types turn tuples into arrays; the values are what the object returned.
    since: async (known) => (await object().since(known)) as LedgerDelta,
    async purge(order) {
      const outcome = await object().purge(order);
      if (outcome === "conflict") throw idempotencyConflict();
      return outcome;
    },
    history: async (options) => object().history(options),
  };
}
