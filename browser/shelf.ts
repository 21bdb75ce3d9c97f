import {
  responseStore,
  tieredStore,
  type CacheRules,
  type Clock,
  type Lookup,
  type OnEvent,
  type Seconds,
  type Selector,
  type Snapshot,
  type Store,
  type StoredResponse,
  type Tier,
} from "../src/index.ts";
import type { Body } from "./body.ts";
import type { ApiCacheEvent } from "./events.ts";
import { resourceKeys, type CacheableRequest } from "./request.ts";

/** A fetch under way that may end with something to keep. */
export interface Fill {
  readonly asked: CacheableRequest;
  /** Its URL was changed, or everything was cleared, since it began: what it brings may be from before. */
  isOutdated: boolean;
  /** Settles when what it brought is on disk, or nowhere. */
  written: Promise<unknown>;
}

/** The stored responses of one user: in memory in front, on disk behind. */
export interface Shelf {
  /** Goes up with each change: requests collapse only with those that began after the last one. */
  readonly changes: number;
  find(asked: CacheableRequest, snapshot: Snapshot, mayRefresh: boolean): Promise<Lookup<Body>>;
  /** Announces a fetch; `end` must follow. */
  begin(asked: CacheableRequest): Fill;
  /** Keeps what a fetch brought: resolves once memory has it, the disk follows. Nothing happens if it is outdated. */
  put(fill: Fill, response: StoredResponse<Body>, snapshot: Snapshot, keepFor: Seconds): Promise<void>;
  end(fill: Fill): void;
  /** Forgets what is stored for a request. */
  forget(asked: CacheableRequest): Promise<void>;
  /** Forgets all that is stored for a URL, and keeps nothing whose fetch began before (RFC 9111, 4.4). */
  invalidate(url: string): Promise<void>;
  /** Something was purged: what is being fetched may be from before, and is not kept. */
  outdate(): void;
  /** Another tab has put something newer on disk: what memory has of the URL goes. */
  reread(url: string): Promise<void>;
  /** What is stored for the URL, if anything is, is reported to `onLabels`. */
  look(url: string): Promise<void>;
  clear(): Promise<void>;
}

export interface ShelfOptions {
  readonly memory: Store<Body>;
  readonly disk: Store<Body> | undefined;
  readonly spaced: (key: string) => string;
  readonly rules: CacheRules;
  /** Without one, answers that depend on a token stay in memory. */
  readonly isPartitioned: boolean;
  /** Hears by which selectors a purge would find what is stored for a URL, whenever that is looked at. */
  readonly onLabels: (url: string, labels: readonly Selector[]) => void;
  readonly clock: Clock;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
  readonly later: (work: Promise<unknown>) => void;
}

const DISK_TIMEOUT: Seconds = 2;

export function shelf(options: ShelfOptions): Shelf {
  const { memory, disk, spaced, rules, isPartitioned, onLabels, clock, onEvent, later } = options;
  const near: Tier<Body> = { name: "memory", store: memory };
  const far: Tier<Body>[] = disk === undefined ? [] : [{ name: "disk", store: disk, timeout: DISK_TIMEOUT }];
  const tiers = tieredStore([near, ...far], { onEvent, clock });
  const { selecting } = rules;
  const everywhere = responseStore({ tiers, spaced, selecting, onEvent, clock });
  const inMemory = responseStore({
    tiers: tieredStore([near], { onEvent, clock }),
    spaced,
    selecting,
    onEvent,
    clock,
  });
  const responsesFor = ({ hasToken }: CacheableRequest): typeof everywhere =>
    hasToken && !isPartitioned ? inMemory : everywhere;

  const fills = new Set<Fill>();
  let changes = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** A list of variants is read and written again: one such change at a time. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const turn = last.then(change);
    last = turn.catch(() => undefined);
    return turn;
  }

  function outdate(isConcerned: (fill: Fill) => boolean): void {
    changes += 1;
    for (const fill of fills) if (isConcerned(fill)) fill.isOutdated = true;
  }

  return {
    get changes() {
      return changes;
    },
    async find(asked, snapshot, mayRefresh) {
      const before = changes;
      const lookup = await responsesFor(asked).find(asked.resource, asked.facts.headers, {
        snapshot,
        mayRefresh,
        mayPromote: () => changes === before,
        waitUntil: later,
      });
      if (lookup.outcome === "found") onLabels(asked.url, lookup.response.mark.labels);
      // What was read while something changed may be what was changed.
      return changes === before ? lookup : { outcome: "miss", flight: asked.resource, reason: "uri-miss" };
    },
    begin(asked) {
      const fill: Fill = { asked, isOutdated: false, written: Promise.resolve() };
      fills.add(fill);
      return fill;
    },
    put: (fill, response, snapshot, keepFor) =>
      inTurn(async () => {
        if (fill.isOutdated) return;
        const writes: Promise<unknown>[] = [];
        await responsesFor(fill.asked).put(fill.asked.resource, response, {
          snapshot,
          keepFor,
          waitUntil(write) {
            later(write);
            writes.push(write);
          },
        });
        fill.written = Promise.allSettled(writes);
        onLabels(fill.asked.url, response.mark.labels);
      }),
    end: (fill) => void fills.delete(fill),
    forget: (asked) => inTurn(() => responsesFor(asked).remove(asked.resource)),
    invalidate(url) {
      const keys = resourceKeys(url);
      outdate(({ asked }) => keys.includes(asked.resource));
      return inTurn(async () => void (await tiers.delete(keys.map(spaced))));
    },
    outdate: () => outdate(() => true),
    reread: (url) => inTurn(async () => void (await memory.delete(resourceKeys(url).map(spaced)))),
    async look(url) {
      // All at once: what is in memory is known before any purge can come in between.
      const looks = resourceKeys(url).map(async (key) => {
        const found = await tiers.find(spaced(key), { mayPromote: () => false });
        if (found !== undefined) onLabels(url, found.entry.mark.labels);
      });
      await Promise.all(looks);
    },
    clear() {
      outdate(() => true);
      return inTurn(() => tiers.clear?.() ?? Promise.resolve());
    },
  };
}
