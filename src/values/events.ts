import type { CacheEvent } from "../events.ts";

/** What a cache of values reports about itself: what caches report, and what only values have. */
export type ValueEvent =
  | CacheEvent
  /** A value was handed to those who asked for it, but not kept. */
  | {
      readonly type: "value-dropped";
      readonly key: string;
      readonly reason: ValueDrop;
      readonly error?: unknown;
    }
  /** A producer failed. Whoever asked got a stale value if one may stand in, and the error otherwise. */
  | { readonly type: "producer-failed"; readonly key: string; readonly error: unknown }
  /** A purge, or a delete, could not be ordered. It is tried again until `isFinal`; then the call rejects. */
  | { readonly type: "purge-failed"; readonly error: unknown; readonly isFinal: boolean }
  /** A lock could not be had in time, or was lost before its work was done; the work went on without it. */
  | { readonly type: "lock-missed"; readonly key: string; readonly reason: "timeout" | "expired" | "error" };

/**
 * Why a value was not kept: another was written, or it was deleted or purged, while it was on its way; it cannot be
 * stored; it does not fit the schema; the ledger was out of reach.
 */
export type ValueDrop = "overtaken" | "purged" | "unstorable" | "unfit" | "blind" | "expired-lock";
