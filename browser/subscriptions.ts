import {
  EVERYTHING,
  report,
  type LedgerDelta,
  type LedgerPoint,
  type Selector,
  type Tide,
} from "../src/index.ts";

/** Why what a page shows of a URL may be out of date. */
export interface ResourceChange {
  /** As it was subscribed to: absolute, without its fragment. */
  readonly url: string;
  /**
   * - `purged`: a hard purge covers it; the next fetch asks the edge.
   * - `invalidated`: a soft purge covers it; it is stale.
   * - `changed`: a request of this or another tab changed it.
   * - `updated`: a fetch of this or another tab has brought a newer response, which is fresh.
   * - `cleared`: everything was forgotten, or the partition is another user's now.
   */
  readonly reason: "purged" | "invalidated" | "changed" | "updated" | "cleared";
}

/**
 * Who wants to hear of what, found by what a purge names: costs as much as it touches, or with a pattern as much as is
 * watched, however much is stored.
 */
export interface Subscriptions {
  /** Returns what ends it. What the callback throws is ignored. */
  add(url: string, callback: (change: ResourceChange) => void): () => void;
  /** Takes what tells how purges find URLs: before that none does. The first one counts. */
  labelBy(finding: Finding): void;
  /** By these selectors a purge finds what is stored for a URL. */
  label(url: string, labels: readonly Selector[]): void;
  tell(url: string, reason: ResourceChange["reason"]): void;
  tellAll(reason: ResourceChange["reason"]): void;
  /** Purges of this browser. */
  forget(selectors: readonly Selector[]): void;
  /** Purges, of which those up to a point were known before. */
  hear(delta: LedgerDelta, after: LedgerPoint): void;
}

/** How purges find what is watched. It comes with the code of the feed, which pages without one do not carry. */
export interface Finding {
  /** The selectors by which a purge finds a URL. */
  labelsOf(url: string): readonly Selector[];
  /** The last of some purges by pattern that cover what has these labels, as far as they came after a point. */
  tideOf(after: LedgerPoint, labels: readonly Selector[], patterns: ReadonlyMap<Selector, Tide>): Tide;
}

interface Watched {
  readonly url: string;
  readonly callbacks: Set<(change: ResourceChange) => void>;
  labels: readonly Selector[];
}

export function subscriptions(): Subscriptions {
  const byUrl = new Map<string, Watched>();
  const byLabel = new Map<Selector, Set<Watched>>();
  let finding: Finding | undefined;

  function index(watched: Watched, labels: readonly Selector[]): void {
    if (labels === watched.labels) return;
    for (const label of watched.labels) {
      const others = byLabel.get(label);
      others?.delete(watched);
      if (others?.size === 0) byLabel.delete(label);
    }
    watched.labels = labels;
    for (const label of labels) byLabel.set(label, (byLabel.get(label) ?? new Set()).add(watched));
  }

  function call({ url, callbacks }: Watched, reason: ResourceChange["reason"]): void {
    for (const callback of [...callbacks]) report(callback, { url, reason });
  }

  function hear({ epoch, floor, changes }: LedgerDelta, after: LedgerPoint): void {
    if (byUrl.size === 0) return;
    const touched = new Map<Watched, "purged" | "invalidated">();
    const touch = (found: Iterable<Watched>, isHard: boolean): void => {
      for (const watched of found) {
        if (isHard || !touched.has(watched)) touched.set(watched, isHard ? "purged" : "invalidated");
      }
    };
    if (epoch !== after.epoch || floor > after.position) touch(byUrl.values(), true);
    const patterns = new Map<Selector, Tide>();
    for (const [selector, hard, soft] of changes) {
      if (Math.max(hard, soft) <= after.position) continue;
      const found = selector === EVERYTHING ? byUrl.values() : byLabel.get(selector);
      if (found !== undefined) touch(found, hard > after.position);
      else if (selector.startsWith("pattern:")) patterns.set(selector, { hard, soft });
    }
    // Patterns are no labels: each that is news is matched against all that is watched.
    for (const watched of patterns.size > 0 ? byUrl.values() : []) {
      const tide = finding?.tideOf(after, watched.labels, patterns);
      if (tide && Math.max(tide.hard, tide.soft) > after.position)
        touch([watched], tide.hard > after.position);
    }
    for (const [watched, reason] of touched) call(watched, reason);
  }

  return {
    hear,
    forget(selectors) {
      const changes = selectors.map((selector) => [selector, 1, 0] as const);
      hear({ epoch: "", position: 1, floor: 0, since: 0, changes }, { epoch: "", position: 0 });
    },
    tellAll(reason) {
      for (const watched of [...byUrl.values()]) call(watched, reason);
    },
    add(url, callback) {
      const watched = byUrl.get(url) ?? { url, callbacks: new Set(), labels: [] };
      if (finding !== undefined && !byUrl.has(url)) index(watched, finding.labelsOf(url));
      byUrl.set(url, watched);
      // One for each call, though the function be the same.
      const own = (change: ResourceChange): void => callback(change);
      watched.callbacks.add(own);
      return () => {
        watched.callbacks.delete(own);
        if (watched.callbacks.size > 0 || byUrl.get(url) !== watched) return;
        index(watched, []);
        byUrl.delete(url);
      };
    },
    labelBy(given) {
      if (finding !== undefined) return;
      finding = given;
      for (const watched of byUrl.values()) {
        if (watched.labels.length === 0) index(watched, given.labelsOf(watched.url));
      }
    },
    label(url, labels) {
      const watched = byUrl.get(url);
      if (watched !== undefined) index(watched, labels);
    },
    tell(url, reason) {
      const watched = byUrl.get(url);
      if (watched !== undefined) call(watched, reason);
    },
  };
}
