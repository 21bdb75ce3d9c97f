import { systemClock, systemRandom, type Clock, type Instant, type Random } from "../clock.ts";
import { toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { report } from "../events.ts";
import { keySpace } from "../key.ts";
import type { Ledger, LedgerPoint, Selector, Snapshot } from "../purge/ledger.ts";
import { memoryLedger } from "../purge/memory-ledger.ts";
import { ledgerView, type LedgerView, type ReadOptions } from "../purge/view.ts";
import { singleFlight, type SingleFlight } from "../singleflight.ts";
import type { Store } from "../store.ts";
import type { SharedTiers } from "../stores/shared-tiers.ts";
import type { Bus } from "./bus.ts";
import type { ValueEvent } from "./events.ts";
import { failures, type Failures } from "./failures.ts";
import type { FarBatchReader, FarReader } from "./far-reads.ts";
import { fences, type Fences } from "./fences.ts";
import { sharing, type Held, type Owner, type Sharing } from "./held.ts";
import { rememberedSelectors, type KeySelectors } from "./keys.ts";
import type { CacheOptions, WaitUntil } from "./options.ts";
import type { Schema } from "./schema.ts";
import { plainSerializer, type PlainSerializer, type Serializer } from "./serializer.ts";
import { mostBytes, settingsOf, type Settings } from "./settings.ts";
import { tiersOf } from "./tiers.ts";

/** What became of a fill, for all who wait for it. */
export interface Filled {
  readonly value: unknown;
  /** How it is kept, and handed out; `undefined` = it cannot be kept. */
  readonly held: Held | undefined;
}

/** What a cache counts. */
export interface Stats {
  /** Reads answered by a value that was kept, stale ones included. */
  hits: number;
  /** Reads that found nothing to hand out. */
  misses: number;
  /** Hits that were stale. */
  stale: number;
  /** Calls of producers and loaders. */
  produced: number;
  /** Those that failed. */
  failed: number;
  /** Calls that waited for another's producer. */
  shared: number;
  /** Values that were made and not kept. */
  dropped: number;
}

/** Everything that the calls of one cache share. */
export interface Core extends Owner {
  /** The clock as it was given; `clock` stands still while one reading serves all. */
  readonly machineClock: Clock;
  readonly clock: Clock;
  readonly random: Random;
  /** A store in this process, whose entries are values and not bytes. */
  readonly hot: Store | undefined;
  readonly hotTtl: number;
  /** The stores outside, as one. */
  readonly far: SharedTiers | undefined;
  /** There is one, so that nothing has to be known when it is read. */
  readonly hasOneFar: boolean;
  readonly readFar: FarReader | undefined;
  readonly readFarMany: FarBatchReader | undefined;
  readonly farTimeout: number;
  readonly ledger: Ledger;
  readonly view: LedgerView;
  readonly bus: Bus | undefined;
  /** A text as the key in stores outside. */
  readonly spaced: (text: string) => string;
  /** What a purge of a text's value names. */
  readonly keySelectors: (text: string) => KeySelectors;
  readonly serializer: PlainSerializer | undefined;
  readonly ownSerializer: Serializer | undefined;
  readonly freezes: boolean;
  readonly maxValueBytes: number;
  readonly settings: Settings;
  readonly selector: Selector;
  readonly fills: SingleFlight<Filled>;
  readonly fences: Fences;
  readonly failures: Failures;
  readonly sharing: Sharing;
  readonly stats: Stats;
  readonly emit: (event: ValueEvent) => void;
  readonly waitUntil: WaitUntil | undefined;
  /** How the view is read where no call says otherwise. */
  readonly reading: ReadOptions;
  /** Work that nobody waits for, until it is over. */
  readonly background: Set<Promise<unknown>>;
  /** Those that write to the stores outside, by key. */
  readonly writing: Map<string, Promise<unknown>>;
  /** The instant, while a call that has read the clock is under way: one reading serves all. */
  readAt: Instant | undefined;
  /** The snapshot that reads go by, and how many there have been. */
  snapshot: Snapshot | undefined;
  generation: number;
  /** What the view is being asked, and since when. */
  asked: { readonly snapshot: Promise<Snapshot | undefined>; readonly at: Instant } | undefined;
  /** The instant for which `snapshot` was read; nothing that a view of our own would tell happens twice in one. */
  knownAt: Instant;
  /** Nobody but this cache tells the view of purges. */
  readonly hasOwnView: boolean;
  /** The last purge of our own, until the view has caught up with it. */
  ownPoint: LedgerPoint | undefined;
  /** Makes the name of a write. */
  nextWrite: number;
  /** Unlike any other cache's. Made when it is first needed: at module scope, Workers give no chance. */
  readonly name: string;
}

/** A cache, or a namespace in it. */
export interface Scope {
  /** What stands in front of its keys. */
  readonly start: string;
  /** By which purges find all that is in it: its own last. */
  readonly selectors: readonly Selector[];
  readonly settings: Settings;
  readonly schema: Schema<unknown> | undefined;
}

/** @throws {TypeError | RangeError} if an option makes no sense, with a sentence that names it */
export function coreOf(options: CacheOptions): Core {
  const { prefix = "values", version = 1, isolation = "freeze", serializer, onEvent, waitUntil } = options;
  const { clock = systemClock, random = systemRandom, storeTimeout = "250ms", bus } = options;
  const spaced = keySpace({ prefix, version });
  if (isolation !== "freeze" && isolation !== "copy") {
    throw new TypeError(cannot("make a cache", 'isolation must be "freeze" or "copy"', isolation));
  }
  const emit = (event: ValueEvent): void => report(onEvent, event);
  const tick: Clock = () => core.readAt ?? clock();
  const tiers = tiersOf(options, toSeconds(storeTimeout, "storeTimeout"), tick, emit);
  if (options.ledger === undefined && options.view !== undefined) {
    throw new TypeError(
      cannot("make a cache", "a view needs its ledger beside it, for purges", options.ledger),
    );
  }
  if (options.ledger === undefined && tiers.far !== undefined && options.tiers?.some(isOutside)) {
    throw new TypeError(
      cannot(
        "make a cache",
        "a tier outside this process needs a ledger, for deletes and purges",
        options.ledger,
      ),
    );
  }
  const ledger = options.ledger ?? memoryLedger({ clock });
  // Nobody else purges in a ledger of our own, so nobody need ask it for news.
  const ownView = options.ledger === undefined ? { bound: "7d", maxBlind: "7d" } : {};
  let name: string | undefined;
  const core: Core = {
    bornAt: Number.NaN,
    machineClock: clock,
    clock: tick,
    random,
    ...tiers,
    ledger,
    view: options.view ?? ledgerView({ ledger, clock: tick, onEvent: emit, ...ownView }),
    bus,
    spaced,
    // In memory each value is checked but once for each snapshot; who waits for one value asks for the same.
    keySelectors: rememberedSelectors(spaced, tiers.far === undefined ? 16 : 2_048),
    serializer: serializer === undefined ? plainSerializer() : undefined,
    ownSerializer: serializer,
    freezes: isolation === "freeze",
    maxValueBytes: mostBytes(options),
    settings: settingsOf(options),
    selector: `space:${prefix}:${version}`,
    fills: singleFlight({ patience: 86_400, lifetime: 3_600, clock: tick }),
    fences: fences(),
    failures: failures(),
    sharing: sharing(),
    stats: { hits: 0, misses: 0, stale: 0, produced: 0, failed: 0, shared: 0, dropped: 0 },
    emit,
    waitUntil,
    reading: { waitUntil },
    background: new Set(),
    writing: new Map(),
    readAt: undefined,
    snapshot: undefined,
    generation: 0,
    asked: undefined,
    knownAt: Number.NaN,
    hasOwnView: options.view === undefined,
    ownPoint: undefined,
    nextWrite: 0,
    get name() {
      return (name ??= crypto.randomUUID().slice(0, 13));
    },
  };
  return core;
}

function isOutside(tier: { readonly store: Store } | Store): boolean {
  return ("store" in tier ? tier.store : tier).peek === undefined;
}

/** Lets work go on behind the caller's back: known to the platform, and to `close`. It never rejects. */
export function inBackground(core: Core, work: Promise<unknown>, waitUntil: WaitUntil | undefined): void {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  core.background.add(settled);
  void settled.then(() => core.background.delete(settled));
  (waitUntil ?? core.waitUntil)?.(settled);
}
