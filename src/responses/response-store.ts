import { systemClock, type Clock, type Seconds } from "../clock.ts";
import { cannot } from "../errors.ts";
import { report, type OnEvent } from "../events.ts";
import type { MissReason } from "../http/decision.ts";
import type { FieldReader } from "../http/fields.ts";
import type { StoredFacts } from "../http/stored.ts";
import { isSelected, type Selecting } from "../http/vary.ts";
import { standing } from "../purge/check.ts";
import type { LedgerPoint, Snapshot } from "../purge/ledger.ts";
import type { Entry, Mark, Store } from "../store.ts";
import {
  expectedVariantKey,
  matchingVariants,
  sharedMark,
  variantKey,
  withVariant,
  type Slot,
  type Variant,
} from "./slot.ts";
import { rememberedSlots } from "./slots.ts";
import { turnTaking } from "./turns.ts";

/** A store that tells where it found an entry; `tieredStore` is one. */
export interface ResponseTiers<Body> extends Store<Body> {
  find(
    key: string,
    options: Background & {
      readonly accept: (entry: Entry<Body>) => boolean;
      readonly mayPromote?: (() => boolean) | undefined;
    },
  ): Promise<{ readonly entry: Entry<Body>; readonly tier: string } | undefined>;
  /** As in `Store`; given a `waitUntil` it waits for the nearest tier alone. */
  set(key: string, entry: Entry<Body>, ttl: Seconds, background?: Background): Promise<void>;
}

/** Takes work that may outlast the call; without it the call waits for that work. */
export interface Background {
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** A response with its body, as it is kept. */
export interface StoredResponse<Body> {
  readonly facts: StoredFacts;
  readonly mark: Mark;
  readonly body: Body;
}

/**
 * What the store has for a request. `flight` names the variant as far as it is known: requests with the same one may
 * wait for each other's answers.
 */
export type Lookup<Body> =
  | {
      readonly outcome: "found";
      readonly flight: string;
      readonly response: StoredResponse<Body>;
      /** The tier that had it. */
      readonly tier: string;
      /** A soft purge covers it: stale, the stale windows apply. */
      readonly softPurged: boolean;
    }
  | { readonly outcome: "miss"; readonly flight: string; readonly reason: MissReason }
  /** The entry knows of purges that the snapshot does not: refresh it at least to this point and look again. */
  | { readonly outcome: "ahead"; readonly point: LedgerPoint };

export interface LookupOptions extends Background {
  readonly snapshot: Snapshot;
  /** Whether an entry ahead of the snapshot is worth another look; `false` once refreshing has not helped. @defaultValue true */
  readonly mayRefresh?: boolean;
  /** Whether what is found may still be copied into nearer tiers. @defaultValue yes */
  readonly mayPromote?: (() => boolean) | undefined;
}

export interface PutOptions extends Background {
  readonly snapshot: Snapshot;
  /** How long the response is worth keeping, from now. */
  readonly keepFor: Seconds;
}

/** The stored responses of a cache: by resource, each with its variants, every one checked against the ledger. */
export interface ResponseStore<Body> {
  /** The response that answers a request for a resource. Never one that a hard purge covers. Never rejects. */
  find(resource: string, request: FieldReader, options: LookupOptions): Promise<Lookup<Body>>;
  /** Keeps a response, in place of the variant it replaces; not if it was purged since its fill began. Never rejects. */
  put(resource: string, response: StoredResponse<Body>, options: PutOptions): Promise<void>;
  /** Forgets a resource with all its variants, here. A purge is what makes everyone forget. */
  remove(resource: string): Promise<void>;
}

export interface ResponseStoreOptions<Body> {
  readonly tiers: ResponseTiers<Body>;
  /** Turns a key into the one of this deployment: see `keySpace`. */
  readonly spaced: (key: string) => string;
  /** How many variants one resource may have; the oldest leave. @defaultValue 64 */
  readonly maxVariants?: number;
  /** How requests select: as the rules of the cache say. */
  readonly selecting: Selecting;
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}

/** @throws {RangeError} if `maxVariants` is not a positive whole number */
export function responseStore<Body>(options: ResponseStoreOptions<Body>): ResponseStore<Body> {
  const { tiers, spaced, maxVariants = 64, selecting, onEvent, clock = systemClock } = options;
  if (!Number.isInteger(maxVariants) || maxVariants < 1) {
    throw new RangeError(
      cannot("keep responses", "maxVariants must be a positive whole number", maxVariants),
    );
  }

  /** A list is read and written again: two at once would lose a variant, and its tags. */
  const inTurn = turnTaking();
  const { slotOf, keyOf } = rememberedSlots();

  async function read(key: string, { snapshot, mayPromote, waitUntil }: LookupOptions) {
    const accept = (entry: Entry<Body>): boolean => standing(entry.mark, snapshot) !== "gone";
    const found = await tiers.find(spaced(key), { accept, mayPromote, waitUntil });
    if (found === undefined) return undefined;
    const slot = slotOf(found.entry);
    if (slot !== undefined) return { ...found, slot };
    report(onEvent, { type: "unreadable-entry", store: tiers.name, key });
    const removal = tiers.delete([spaced(key)]);
    if (waitUntil === undefined) await removal;
    else waitUntil(removal);
    return undefined;
  }

  /** The response in an entry, if it answers the request and the ledger lets it, with the labels of all variants. */
  function answer(
    key: string,
    { entry, tier, slot }: { readonly entry: Entry<Body>; readonly tier: string; readonly slot: Slot },
    mark: Mark,
    request: FieldReader,
    { snapshot, mayRefresh = true }: LookupOptions,
  ): Lookup<Body> | undefined {
    if (slot.kind !== "response" || entry.body === null || !isSelected(slot.stored, request, selecting)) {
      return undefined;
    }
    const { epoch, position } = mark;
    const state = standing(mark, snapshot);
    if (state === "gone") return undefined;
    if (state === "ahead" && mayRefresh) return { outcome: "ahead", point: { epoch, position } };
    const response = { facts: slot.stored, mark, body: entry.body };
    return { outcome: "found", flight: key, response, tier, softPurged: state === "soft" };
  }

  async function addToList(
    resource: string,
    added: Variant,
    { snapshot, waitUntil }: LookupOptions,
  ): Promise<void> {
    const before = await read(resource, { snapshot, waitUntil });
    const labels = before?.entry.mark.labels ?? [];
    const living = (before?.slot.kind === "variants" ? before.slot.variants : []).filter(
      ({ expiresAt, mark }) =>
        expiresAt > clock() &&
        standing({ ...mark, labels: [...labels, ...mark.labels] }, snapshot) !== "gone",
    );
    const { variants, dropped } = withVariant(living, added, maxVariants);
    if (dropped > 0) report(onEvent, { type: "variants-dropped", key: resource, count: dropped });
    const expiresAt = Math.max(...variants.map((variant) => variant.expiresAt));
    const list: Entry<Body> = {
      mark: sharedMark(variants, added.mark.epoch),
      expiresAt,
      facts: { kind: "variants", variants },
      body: null,
    };
    await tiers.set(spaced(resource), list, (expiresAt - clock()) / 1_000, { waitUntil });
  }

  return {
    async find(resource, request, lookup) {
      const top = await read(resource, lookup);
      if (top === undefined) return { outcome: "miss", flight: resource, reason: "uri-miss" };
      if (top.slot.kind === "response") {
        const missed = { outcome: "miss", flight: resource, reason: "vary-miss" } as const;
        return answer(resource, top, top.entry.mark, request, lookup) ?? missed;
      }
      const { variants } = top.slot;
      for (const variant of matchingVariants(variants, request, selecting)) {
        const key = keyOf(resource, variant);
        const below = await read(key, lookup);
        if (below === undefined) continue;
        // The labels of all variants, and its own: the list may be older than the variant, where two were kept at once.
        const labels = [...top.entry.mark.labels, ...below.entry.mark.labels];
        const found = answer(key, below, { ...below.entry.mark, labels }, request, lookup);
        if (found) return found;
      }
      return {
        outcome: "miss",
        flight: expectedVariantKey(resource, variants, request, selecting),
        reason: "vary-miss",
      };
    },

    async put(resource, { facts, mark, body }, { keepFor, snapshot, waitUntil }) {
      // Purged while it was on its way: it could only take a better one's place.
      if (standing(mark, snapshot) === "gone") return;
      const expiresAt = clock() + keepFor * 1_000;
      const entry: Entry<Body> = { mark, expiresAt, facts: { kind: "response", stored: facts }, body };
      if (facts.nominated.length === 0) {
        await tiers.set(spaced(resource), entry, keepFor, { waitUntil });
        return;
      }
      await tiers.set(spaced(variantKey(resource, facts.nominated)), entry, keepFor, { waitUntil });
      const variant = {
        nominated: facts.nominated,
        language: facts.language,
        dateAt: facts.dateAt,
        expiresAt,
        mark,
      };
      await inTurn(resource, () => addToList(resource, variant, { snapshot, waitUntil }));
    },

    async remove(resource) {
      await tiers.delete([spaced(resource)]);
    },
  };
}
