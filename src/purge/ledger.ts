import type { Instant, Seconds } from "../clock.ts";

/**
 * What a purge names, as one string with its kind in front, so that a check is one Map probe:
 * `all`, `host:example.com`, `prefix:example.com/a`, `pattern:example.com/a/*`, `url:<fingerprint>`, `bucket:7f`,
 * `group:<fingerprint>`, `tag:country:fr`.
 */
export type Selector = string;

/** Covers everything. A check probes it for every entry, so no entry carries it as a label. */
export const EVERYTHING: Selector = "all";

/** Path segments a prefix may name. A longer prefix is cut to this depth: it covers more, never less. */
export const MAX_PREFIX_DEPTH = 32;

/** Hard: never served again. Soft: stale from now on, the stale windows still apply. */
export type PurgeMode = "hard" | "soft";

/** One purge: all of its selectors take effect in one atomic step. */
export interface PurgeOrder {
  readonly selectors: readonly Selector[];
  readonly mode: PurgeMode;
  /** For the log: why. */
  readonly reason?: string;
  /**
   * For the log: who. A change that passed through the cache is traffic, and never pushes what operators did out of it.
   *
   * @defaultValue "operator"
   */
  readonly origin?: "operator" | "traffic";
  /** For the log: the name of the credential that ordered it; never the credential. */
  readonly actor?: string;
  /**
   * A name of the order's own choosing, 1 to 200 characters: sent again with the same selectors and mode, the order is
   * answered with its first receipt and purges nothing anew. A ledger remembers it for a day at least.
   */
  readonly idempotencyKey?: string;
}

/** The last hard and the last soft purge of a selector, as ledger positions; 0 = never. */
export interface Tide {
  readonly hard: number;
  readonly soft: number;
}

/** A place in the ledger's history. Written `epoch.position` it is the token that purge answers carry. */
export interface LedgerPoint {
  readonly epoch: string;
  readonly position: number;
}

/**
 * What became of a purge: durable in the ledger, and known once its bound has passed to every reader that reaches
 * the ledger. One that does not goes on with what it knows, for `maxBlind` at the most.
 */
export interface PurgeReceipt extends LedgerPoint {
  /** How many selectors it named. */
  readonly selectors: number;
  /** The idempotency key was known: this is the receipt of that purge. */
  readonly isReplay?: true;
}

/** An order came under an idempotency key that another order had. Nothing was purged. */
export class IdempotencyConflict extends Error {
  override readonly name = "IdempotencyConflict";
}

/** One purge, as the log tells of it. */
export interface LoggedPurge {
  readonly position: number;
  readonly orderedAt: Instant;
  readonly mode: PurgeMode;
  readonly origin: "operator" | "traffic";
  readonly actor: string | null;
  readonly idempotencyKey: string | null;
  /** As many of its selectors as fit in 64 KB of text; `named` counts them all. */
  readonly selectors: readonly Selector[];
  readonly named: number;
  readonly reason: string | null;
}

/** The purges since a point; without a point, or when the ledger has compacted past it, all that still matter. */
export interface LedgerDelta extends LedgerPoint {
  /** Entries with a lower mark are invalid: selectors up to here have been dropped. */
  readonly floor: number;
  /** The position that the changes follow on; `null` = they are the whole ledger. */
  readonly since: number | null;
  readonly changes: readonly (readonly [selector: Selector, hard: number, soft: number])[];
}

/** A reader's copy of the ledger, with its age. */
export interface Snapshot extends LedgerPoint {
  readonly floor: number;
  /** When the reader *asked* for it, on the reader's own clock: it is at least as new as this instant. */
  readonly asOf: Instant;
  readonly selectors: ReadonlyMap<Selector, Tide>;
  /** While the ledger is out of reach: what is covered by one of these counts as purged, as nobody knows whether it is. */
  readonly closed?: ReadonlySet<Selector>;
  /** The patterns among the selectors. Left out where there are none, and then costs a check nothing. */
  readonly patterns?: readonly LivePattern[];
}

/** A pattern that was purged, ready to be matched. */
export interface LivePattern {
  readonly selector: Selector;
  /**
   * Whether it covers a path, in the form that labels have and with a slash at its end.
   *
   * @param isCut only the first segments of the path are known: it is covered if any longer path would be
   */
  covers(path: string, isCut: boolean): boolean;
}

/** The authority that orders purges. Its homes differ (memory, a Durable Object, Redis); its promise does not. */
export interface Ledger {
  /**
   * How long after its receipt a purge may still be missing from what `since` tells, in seconds: no less than that,
   * where a home can promise nothing.
   *
   * @defaultValue 0
   */
  readonly lag?: Seconds;
  /** Everything that happened after `known`. Rejects when the ledger cannot be reached. */
  since(known: LedgerPoint | undefined): Promise<LedgerDelta>;
  /**
   * Orders a purge. Resolves once it is durable; rejects when it is not known to be.
   * Rejects with an error of the name `IdempotencyConflict` if its key was another order's.
   */
  purge(order: PurgeOrder): Promise<PurgeReceipt>;
  /** The last purges, newest first, `before` a position if one is given. Left out where no log is kept. */
  history?(options: { readonly limit: number; readonly before?: number }): Promise<readonly LoggedPurge[]>;
}
