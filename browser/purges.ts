import {
  parseTags,
  tagSelector,
  type Fields,
  type LedgerPoint,
  type Mark,
  type Selector,
  type Snapshot,
} from "../src/index.ts";

/** What tells where an answer stands in the ledger. */
export interface Answered {
  readonly url: string;
  /** Its fields, which name its tags and groups. */
  readonly fields: Fields;
  /** Its `Tidemark-Mark`; `null` = it has none, and this page's own knowledge counts. */
  readonly edge: string | null;
}

/** What this page knows of purges. */
export interface Purges {
  /** Whether there is a feed: tokens mean nothing without one. */
  readonly isFed: boolean;
  /**
   * The snapshot to check stored responses against. `undefined` = nothing is known well enough: nothing stored may be
   * used, and nothing may be stored. Never rejects.
   */
  read(atLeast?: LedgerPoint): Snapshot | undefined | Promise<Snapshot | undefined>;
  /** The purges heard of so far, however long ago; `undefined` = none yet, or none for too long. */
  peek(): Snapshot | undefined;
  /**
   * An answer's place in the ledger; `undefined` = none that would let a purge find it, or it is purged already.
   *
   * @param snapshot what was known before it was asked for
   */
  markOf(answered: Answered, snapshot: Snapshot): Mark | undefined | Promise<Mark | undefined>;
  /** A change of ours was answered with this token: the next read contains it. */
  expect(token: string | null): void;
  /** What another tab has heard, or asks, over the connection that the tabs share. */
  hear(text: string): void;
  close(): void;
}

/** What a purge by any tag finds: the response names tags that cannot be read. */
export const ANY_TAG: Selector = "tag";

/** No feed: one ledger that never moves, so that freshness alone decides. Marks name tags, for purges of this browser. */
export function localPurges(defaultTags: readonly string[]): Purges {
  const snapshot: Snapshot = { epoch: "local", position: 0, floor: 0, asOf: 0, selectors: new Map() };
  const nothing = (): void => undefined;
  return {
    isFed: false,
    read: () => snapshot,
    peek: () => snapshot,
    markOf({ fields }) {
      const tagged = fields.filter(([name]) => name === "cache-tag").map(([, value]) => value);
      const tags = tagged.length === 0 ? defaultTags : parseTags(tagged.join());
      return { epoch: snapshot.epoch, position: 0, labels: tags?.map(tagSelector) ?? [ANY_TAG] };
    },
    expect: nothing,
    hear: nothing,
    close: nothing,
  };
}
