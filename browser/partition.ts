import { report, withDeadline, type Instant, type Selector } from "../src/index.ts";
import { answerer } from "./answer.ts";
import type { Body } from "./body.ts";
import type { Code } from "./code.ts";
import { whenIdle, type Background } from "./background.ts";
import { openDatabase, type Database } from "./disk/database.ts";
import { diskStore } from "./disk/disk-store.ts";
import type { Totals } from "./disk/record.ts";
import { safe } from "./disk/safe.ts";
import { forgotten, type Forgotten } from "./forgotten.ts";
import { looker, type Held } from "./look.ts";
import { memoryTier, type MemoryTier } from "./memory.ts";
import type { Settings } from "./options.ts";
import { localPurges } from "./purges.ts";
import { resourceKeys, type CacheableRequest, type Sought } from "./request.ts";
import { seeding, type Seeding } from "./seeding.ts";
import { shelf } from "./shelf.ts";
import type { Counts } from "./stats.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { openTabs } from "./tabs.ts";
import { tabTurns } from "./turns.ts";

/** One user's cache: a memory, a database, and what is known of purges. */
export interface Partition extends Seeding {
  readonly name: string | undefined;
  answer(asked: CacheableRequest): Promise<Response>;
  /** A change to the URL was answered; with a token, the answers to come contain it. */
  changed(url: string, token: string | null): Promise<void>;
  /** Finds out by which tags a purge would reach what is stored for a URL: somebody watches for it. */
  watch(url: string): void;
  /** What memory has and may be used now. `isSure` = heeds the purges that a fetch would, or finds nothing. */
  look(sought: Sought, isSure: boolean): Held | undefined;
  readonly valueOf: MemoryTier["valueOf"];
  /** The value of a body that an answer was made of, if memory keeps it. */
  keptValue(asked: Sought, body: Body): ReturnType<MemoryTier["valueOf"]>;
  /** What these selectors cover is not used again in this tab; other tabs are told. */
  forget(selectors: readonly Selector[]): void;
  /** What was forgotten so far, and where to keep it. */
  readonly forgotten: Forgotten;
  readonly database: Database | undefined;
  /** Forgets a URL on disk, too. */
  drop(url: string): Promise<void>;
  clear(): Promise<void>;
  totals(): Promise<Totals>;
  close(): void;
}

export interface PartitionTools {
  readonly settings: Settings;
  readonly counts: Counts;
  readonly watchers: Subscriptions;
  readonly work: Background;
  readonly code: Code;
}

const WRITTEN_WITHIN_SECONDS = 2;

/** @param name `undefined` = the one partition of a cache that has none */
export function openPartition(
  name: string | undefined,
  { settings, counts, watchers, work, code }: PartitionTools,
): Partition {
  const { clock, onEvent, spaced, rules, network, defaultTags, maxBodyBytes, maxStale } = settings;
  const later = work.add;
  const shared = databaseName(name, settings);
  const database =
    settings.disk &&
    openDatabase({
      name: shared,
      onUnavailable: (error) => report(onEvent, { type: "disk-unavailable", error }),
      onLost(isGone) {
        // Perhaps since the user or the server wants all of it gone: memory reads again what is still there.
        stored.outdate();
        void memory.clear?.();
        // What cannot be opened any more may be gone, too.
        later(isGone.then((gone) => (gone ? clear() : undefined), clear));
      },
    });
  const kept = safe(code.sealing, shared, settings.disk?.key);
  const disk =
    settings.disk &&
    database &&
    diskStore({ database, budget: settings.disk, safe: kept, clock, onEvent, later });
  const memory = memoryTier({
    maxBytes: settings.memoryBytes,
    clock,
    onUse: (key) => disk && later(disk.touch(key)),
  });
  const isPartitioned = name !== undefined;
  const gone = forgotten(database, clock);
  const stored = shelf({
    memory,
    disk,
    spaced,
    rules,
    isPartitioned,
    onLabels: watchers.label,
    onChange: (url) => turns.abandon(url),
    clock,
    onEvent,
    later,
  });
  const purges =
    settings.purges === undefined
      ? localPurges(defaultTags)
      : code.purges({
          url: settings.purges.feed,
          live:
            settings.purges.live === undefined
              ? undefined
              : { url: settings.purges.live, name: shared, post: (text) => tabs.live(text) },
          defaultTags,
          labelBy: watchers.labelBy,
          onNews: watchers.hear,
          bound: settings.bound,
          maxBlind: Math.max(maxStale, settings.bound),
          database,
          fetch: network,
          clock,
          onEvent,
          later,
        });
  const looks = looker({ rules, memory, spaced, forgotten: gone, clock });
  const turns = tabTurns(shared, (key, isShared) => tabs.settled(key, isShared));
  const answer = answerer({
    forwarder: code.forwarder,
    forgotten: gone,
    rules,
    shelf: stored,
    purges,
    network,
    maxBodyBytes,
    maxStale,
    isPartitioned,
    isCurrent: () => isNameOf(settings, name),
    onUpdated(url, written) {
      watchers.tell(url, "updated");
      later(written.then(() => tabs.updated(url)));
    },
    clock: gone.now,
    onEvent,
    counts,
    turns: database && {
      take: async (key) => ((await database.ready()) ? turns.take(spaced(key)) : undefined),
    },
    later,
  });
  const tabs = openTabs({
    name: shared,
    onChanged(url, token) {
      purges.expect(token);
      later(stored.invalidate(url).finally(() => watchers.tell(url, "changed")));
    },
    onUpdated: (url) => later(stored.reread(url).then(() => watchers.tell(url, "updated"))),
    onCleared: () => later(stored.clear().finally(() => watchers.tellAll("cleared"))),
    // Nothing that comes is from before a time to come.
    onForgotten: (selectors, at) => forget(selectors, Math.min(at, gone.now())),
    onSettled: turns.settle,
    onLive: purges.hear,
  });
  const seeds = seeding({
    memory,
    disk,
    looker: looks,
    purges,
    forgotten: gone,
    spaced,
    selecting: rules.selecting,
    clock,
    onLabels: watchers.label,
    onGone: (url) => watchers.tell(url, "purged"),
    later,
  });

  function forget(selectors: readonly Selector[], at: Instant): void {
    gone.add(selectors, at);
    stored.outdate();
    watchers.forget(selectors);
  }

  async function clear(): Promise<void> {
    tabs.cleared();
    await stored.clear();
    watchers.tellAll("cleared");
  }

  if (disk !== undefined) whenIdle(() => later(disk.sweep(spaced(""))));

  return {
    name,
    answer,
    async changed(url, token) {
      purges.expect(token);
      tabs.changed(url, token);
      await stored.invalidate(url);
      watchers.tell(url, "changed");
    },
    watch: (url) => later(stored.look(url)),
    look: (sought, isSure) => {
      const snapshot = isSure ? purges.read() : purges.peek();
      if (snapshot instanceof Promise || (isSure && snapshot === undefined)) return undefined;
      return looks.look(sought, snapshot);
    },
    valueOf: memory.valueOf,
    keptValue(asked, body) {
      const found = looks.find(asked, purges.peek());
      return found?.response.body === body ? memory.valueOf(found.key, body) : undefined;
    },
    forgotten: gone,
    database,
    forget(selectors) {
      const at = gone.now();
      forget(selectors, at);
      tabs.forgotten(selectors, at);
    },
    async drop(url) {
      // At once, and not when it is its turn.
      void memory.delete(resourceKeys(url).map(spaced));
      tabs.changed(url, null);
      await stored.invalidate(url);
      watchers.tell(url, "purged");
    },
    dehydrate: seeds.dehydrate,
    seed: seeds.seed,
    clear,
    totals: () => disk?.totals().catch(() => nothing) ?? Promise.resolve(nothing),
    close() {
      purges.close();
      tabs.close();
      // What is on its way to disk gets there, unless the disk does not answer.
      const written = withDeadline(disk?.settled() ?? Promise.resolve(), WRITTEN_WITHIN_SECONDS, "the disk");
      void written.catch(() => undefined).then(() => database?.close());
    },
  };
}

/** Whether the page would name this partition now. Nobody can tell: no. */
function isNameOf({ partition }: Settings, name: string | undefined): boolean {
  try {
    return partition?.() === name;
  } catch {
    return false;
  }
}

const nothing: Totals = { bytes: 0, entries: 0 };

function databaseName(partition: string | undefined, { name }: Settings): string {
  return partition === undefined ? `tidemark/${name}` : `tidemark/${name}/${partition}`;
}
