/**
 * What a cache reports about itself. Nothing here asks for an answer: a failing store or ledger never
 * fails a request, so this is how its owner learns of it.
 */
export type CacheEvent =
  /** A store failed or ran past its time limit; the cache went on as if that store were empty. */
  | {
      readonly type: "store-error";
      readonly store: string;
      readonly operation: StoreOperation;
      readonly error: unknown;
    }
  /** A stored entry could not be read (foreign, truncated, of another version): a miss, and it is being removed. */
  | { readonly type: "unreadable-entry"; readonly store: string; readonly key: string }
  /** The ledger could not be asked; reads go on with the last snapshot for as long as `maxBlind` allows. */
  | { readonly type: "ledger-error"; readonly error: unknown }
  /** The ledger stayed out of reach past `maxBlind`: every entry counts as a miss until it answers again. */
  | { readonly type: "ledger-blind"; readonly blindFor: number }
  /** What a purge made useless could not be given up for deletion: it stays where it is, unserved, until its time is over. */
  | { readonly type: "eviction-error"; readonly error: unknown }
  /** A response was sent on but not kept. */
  | { readonly type: "fill-dropped"; readonly key: string; readonly reason: FillDrop }
  /** The oldest variants of a resource made room for a new one. */
  | { readonly type: "variants-dropped"; readonly key: string; readonly count: number }
  /** A refresh in the background failed; the stored response stays as it was. */
  | { readonly type: "refresh-failed"; readonly key: string; readonly error: unknown };

/** The call of a `Store` that failed. */
export type StoreOperation = "get" | "set" | "delete" | "add" | "replace" | "increment" | "keys" | "clear";

/** Why a storable response was not kept: its body was too large, broke off, fell silent, had another length, or the budget for fills was used up. */
export type FillDrop = "too-large" | "truncated" | "slow" | "length-mismatch" | "over-budget";

/** Takes the cache's events. What it throws is ignored. */
export type OnEvent<E = CacheEvent> = (event: E) => void;

/** Calls a listener that may be absent or may throw: reporting never changes an outcome. */
export function report<E>(onEvent: OnEvent<E> | undefined, event: E): void {
  try {
    onEvent?.(event);
  } catch {
    // A listener's mistake is not the request's.
  }
}
