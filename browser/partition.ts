import { report, withDeadline } from "../src/index.ts";
import { answerer } from "./answer.ts";
import { whenIdle, type Background } from "./background.ts";
import { openDatabase, type Database } from "./disk/database.ts";
import { diskStore } from "./disk/disk-store.ts";
import type { Totals } from "./disk/record.ts";
import { memoryTier } from "./memory.ts";
import type { Settings } from "./options.ts";
import { localPurges } from "./purges.ts";
import { remotePurges } from "./remote-purges.ts";
import type { CacheableRequest } from "./request.ts";
import { shelf } from "./shelf.ts";
import type { Counts } from "./stats.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { openTabs } from "./tabs.ts";
import { tabTurns } from "./turns.ts";

/** One user's cache: a memory, a database, and what is known of purges. */
export interface Partition {
  readonly name: string | undefined;
  answer(asked: CacheableRequest): Promise<Response>;
  /** A change to the URL was answered; with a token, the answers to come contain it. */
  changed(url: string, token: string | null): Promise<void>;
  /** Finds out by which tags a purge would reach what is stored for a URL: somebody watches for it. */
  watch(url: string): void;
  clear(): Promise<void>;
  totals(): Promise<Totals>;
  close(): void;
}

export interface PartitionTools {
  readonly settings: Settings;
  readonly counts: Counts;
  readonly watchers: Subscriptions;
  readonly work: Background;
}

const WRITTEN_WITHIN_SECONDS = 2;

/** @param name `undefined` = the one partition of a cache that has none */
export function openPartition(
  name: string | undefined,
  { settings, counts, watchers, work }: PartitionTools,
): Partition {
  const { clock, onEvent, spaced, rules, network, defaultTags, maxBodyBytes, maxStale } = settings;
  const later = work.add;
  const database = settings.disk && open(name, settings);
  const disk =
    settings.disk && database && diskStore({ database, budget: settings.disk, clock, onEvent, later });
  const memory = memoryTier({
    maxBytes: settings.memoryBytes,
    clock,
    onUse: (key) => disk && later(disk.touch(key)),
  });
  const isPartitioned = name !== undefined;
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
  const shared = databaseName(name, settings);
  const purges =
    settings.purges === undefined
      ? localPurges()
      : remotePurges({
          url: settings.purges.feed,
          live:
            settings.purges.live === undefined
              ? undefined
              : {
                  url: settings.purges.live,
                  name: shared,
                  post: (text) => tabs.live(text),
                },
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
  const turns = tabTurns(shared, (key, isShared) => tabs.settled(key, isShared));
  const answer = answerer({
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
    clock,
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
    onCleared: () => later(stored.clear()),
    onSettled: turns.settle,
    onLive: purges.hear,
  });
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
    watch(url) {
      if (purges.isFed) later(stored.look(url));
    },
    async clear() {
      tabs.cleared();
      await stored.clear();
    },
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

function open(partition: string | undefined, settings: Settings): Database {
  return openDatabase({
    name: databaseName(partition, settings),
    onUnavailable: (error) => report(settings.onEvent, { type: "disk-unavailable", error }),
  });
}

function databaseName(partition: string | undefined, { name }: Settings): string {
  return partition === undefined ? `tidemark/${name}` : `tidemark/${name}/${partition}`;
}
