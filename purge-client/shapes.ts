/** What to purge: all of it is one purge. */
export interface PurgeSelection {
  /** URLs, or paths of the endpoint's host, with all their variants. */
  readonly urls?: readonly string[];
  /** Tags as they stand in `Cache-Tag`, to the letter. */
  readonly tags?: readonly string[];
  /** `host/path` or `/path`: everything at and below it, by whole segments. */
  readonly prefixes?: readonly string[];
  readonly hosts?: readonly string[];
  /** Names of groups (RFC 9875) of the endpoint's origin, or `origin|name`. */
  readonly groups?: readonly string[];
  /** `host/path` or `/path` with wildcards: `*` is any characters but `/`, `**` any characters. */
  readonly patterns?: readonly string[];
  readonly everything?: boolean;
}

/** How to purge it. */
export interface PurgeOptions {
  /** Stale from now on instead of gone: its stale windows still apply. @defaultValue false */
  readonly soft?: boolean;
  /** Only check it and tell what would be purged. @defaultValue false */
  readonly dryRun?: boolean;
  /** For the log: why. */
  readonly reason?: string;
  /**
   * The order's own name, 1 to 128 printable ASCII characters: sent again within a day it purges nothing anew.
   *
   * @defaultValue a random one, so that attempts of this call are one order
   */
  readonly idempotencyKey?: string;
  /** Resolve only when the purge is effective everywhere. @defaultValue false: when it is durable */
  readonly wait?: boolean;
  /** Ends the call, and whatever it waits for. */
  readonly signal?: AbortSignal;
}

/** Something to know of how an order was read. */
export interface PurgeNote {
  readonly field: string;
  readonly message: string;
}

/** The purge is durable. */
export interface PurgeReceipt {
  /** Sent as `Tidemark-Token` with a request, it makes any edge know of this purge before it answers. */
  readonly token: string;
  /** How many different things were purged. */
  readonly selectors: number;
  /** From when on every reader that reaches the ledger knows of it; `null` = the edge promises no time. */
  readonly effectiveBy: Date | null;
  /** The idempotency key was known: this is the receipt of that purge. */
  readonly replayed: boolean;
  readonly messages: readonly PurgeNote[];
}

/** What an order would purge. */
export interface PurgeRehearsal {
  readonly dryRun: true;
  readonly mode: "hard" | "soft";
  readonly selectors: number;
  /** What each thing means, and how the log shows it. */
  readonly wouldPurge: readonly { readonly means: string; readonly selectors: readonly string[] }[];
  readonly messages: readonly PurgeNote[];
}

/** One purge of the log. */
export interface LoggedPurge {
  readonly position: number;
  /** ISO 8601. */
  readonly orderedAt: string;
  readonly mode: "hard" | "soft";
  /** `traffic`: a change that passed through the cache. */
  readonly origin: "operator" | "traffic";
  readonly actor: string | null;
  readonly idempotencyKey: string | null;
  /** The first of its selectors; `named` counts them all. */
  readonly selectors: readonly string[];
  readonly named: number;
  readonly reason: string | null;
}

/** A page of the log, newest first. */
export interface PurgeLog {
  readonly purges: readonly LoggedPurge[];
  /** What to ask for with `before` to get the next page; `null` = there is none. */
  readonly next: number | null;
}
