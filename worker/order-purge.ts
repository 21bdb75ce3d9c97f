import {
  deltaOf,
  withDeadline,
  type Ledger,
  type LedgerView,
  type PurgeOrder,
  type PurgeReceipt,
  type Seconds,
} from "../src/index.ts";

/**
 * Has a purge carried out, whoever asked for it, and lets this place know of it at once. Resolves once it is durable; a
 * rejection, and silence past the limit, leave open whether it was carried out.
 */
export async function orderPurge(
  { ledger, view }: { readonly ledger: Ledger; readonly view: LedgerView },
  order: PurgeOrder,
  limit: Seconds,
): Promise<PurgeReceipt> {
  const receipt = await withDeadline(ledger.purge(order), limit, "the purge");
  view.apply(deltaOf(order, receipt));
  return receipt;
}
