import type { Instant, Seconds } from "./clock.ts";

/**
 * An entry's position in the purge ledger: which ledger, how far it was known when the fill *began*, and
 * the labels by which a purge finds the entry. Copies keep it unchanged; it is never raised.
 */
export interface Mark {
  /** Identity of the ledger since its birth. */
  readonly epoch: string;
  /** The ledger's position known before the origin (or the producer) was asked. */
  readonly position: number;
  /** Every selector that covers the entry: its url, host, path ancestors and tags. */
  readonly labels: readonly string[];
}

/** What a store keeps under a key: facts that JSON can carry, and a body. */
export interface Entry<Body = Uint8Array> {
  readonly mark: Mark;
  /** When the entry stops being worth keeping. A copy in another tier keeps it, and so what is left of its time. */
  readonly expiresAt: Instant;
  /** Whatever the entry's owner wrote; its reader checks the shape. */
  readonly facts: unknown;
  /** `null` where the facts are all there is. */
  readonly body: Body | null;
}

/**
 * One backend. `get` of a missing, expired or unreadable entry is `undefined`, never an error. Other
 * failures (no connection, no room) reject: whoever combines stores decides what that means.
 */
export interface Store<Body = Uint8Array> {
  /** For events and metrics. */
  readonly name: string;
  get(key: string): Promise<Entry<Body> | undefined>;
  /** Replaces what is there. A `ttl` of 0 or less stores nothing and removes what is there. */
  set(key: string, entry: Entry<Body>, ttl: Seconds): Promise<void>;
  /** Resolves to how many of the keys were there, or at least how many were asked to go where the backend cannot tell. */
  delete(keys: readonly string[]): Promise<number>;
  /** Writes only if absent, in one atomic step; resolves to whether it wrote. Left out where the backend cannot. */
  add?(key: string, entry: Entry<Body>, ttl: Seconds): Promise<boolean>;
  /** Removes every entry of this store. Left out where the backend cannot. */
  clear?(): Promise<void>;
}

/** Whether a value that was read from outside has the shape of a mark. */
export function isMark(value: unknown): value is Mark {
  if (typeof value !== "object" || value === null) return false;
  const { epoch, position, labels } = value as Partial<Record<keyof Mark, unknown>>; // Checked member by member.
  return (
    typeof epoch === "string" &&
    typeof position === "number" &&
    Number.isSafeInteger(position) &&
    Array.isArray(labels) &&
    labels.every((label) => typeof label === "string")
  );
}
