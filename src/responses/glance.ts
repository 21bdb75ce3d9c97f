import type { Instant } from "../clock.ts";
import type { FieldReader } from "../http/fields.ts";
import { isSelected, type Selecting } from "../http/vary.ts";
import { standing } from "../purge/check.ts";
import type { Snapshot } from "../purge/ledger.ts";
import type { Entry, Store } from "../store.ts";
import type { StoredResponse } from "./response-store.ts";
import { matchingVariants, readSlot, variantKey, type Slot, type Variant } from "./slot.ts";

/** A resource, and the key under which its cache keeps it. */
export interface KeyedResource {
  readonly resource: string;
  readonly key: string;
}

/** A response that may answer, as far as selection and purges are concerned. */
export interface Glimpse<Body> {
  readonly response: StoredResponse<Body>;
  /** The tier that has it: the nearest. */
  readonly tier: string;
  /** A soft purge covers it: stale, the stale windows apply. */
  readonly softPurged: boolean;
}

/**
 * What `find` of a response store would find, where the nearest tier can tell at once; `undefined` = ask `find`. The same
 * entry gives the same response object each time, as long as it is kept.
 */
export type Glance<Body> = (
  where: KeyedResource,
  request: FieldReader,
  snapshot: Snapshot,
  now: Instant,
) => Glimpse<Body> | undefined;

export interface GlanceOptions<Body> {
  /** Those of the response store, near to far. Where the nearest has no `peek` nothing is ever known at once. */
  readonly tiers: readonly { readonly name: string; readonly store: Store<Body> }[];
  readonly spaced: (key: string) => string;
  readonly selecting: Selecting;
}

/** What was read from an entry once: memory hands out the same one for each hit, and nobody changes it. */
interface Reading<Body> {
  readonly slot: Slot;
  /** The response in it, with the labels of the list that led to it. */
  response: StoredResponse<Body> | undefined;
  list: Entry<Body> | undefined;
}

/** Makes the look into the nearest tier that most hits need and no more: no promise, and nothing read twice. */
export function glanceInto<Body>({ tiers: [nearest], spaced, selecting }: GlanceOptions<Body>): Glance<Body> {
  if (nearest?.store.peek === undefined) return () => undefined;
  const { name: tier, store } = nearest;
  const peek = nearest.store.peek.bind(store);
  const readings = new WeakMap<Entry<Body>, Reading<Body>>();
  const keys = new WeakMap<Variant, string>();

  function readingOf(entry: Entry<Body>): Reading<Body> | undefined {
    const known = readings.get(entry);
    if (known !== undefined) return known;
    const slot = readSlot(entry);
    if (slot === undefined) return undefined;
    const reading: Reading<Body> = { slot, response: undefined, list: undefined };
    readings.set(entry, reading);
    return reading;
  }

  function keyOf(resource: string, variant: Variant): string {
    const known = keys.get(variant);
    if (known !== undefined) return known;
    const key = spaced(variantKey(resource, variant.nominated));
    keys.set(variant, key);
    return key;
  }

  /** The response in an entry. A list may have got other labels since it was last looked at by way of it. */
  function responseIn(
    { mark, body }: Entry<Body>,
    reading: Reading<Body>,
    list: Entry<Body> | undefined,
  ): StoredResponse<Body> | undefined {
    const { slot, response } = reading;
    if (response !== undefined && reading.list === list) return response;
    if (slot.kind !== "response" || body === null) return undefined;
    const labels = list === undefined ? mark.labels : [...list.mark.labels, ...mark.labels];
    reading.list = list;
    reading.response = { facts: slot.stored, mark: { ...mark, labels }, body };
    return reading.response;
  }

  function judge(
    response: StoredResponse<Body> | undefined,
    request: FieldReader,
    snapshot: Snapshot,
  ): Glimpse<Body> | undefined {
    if (response === undefined || !isSelected(response.facts, request, selecting)) return undefined;
    const state = standing(response.mark, snapshot);
    if (state === "gone" || state === "ahead") return undefined;
    return { response, tier, softPurged: state === "soft" };
  }

  return ({ resource, key }, request, snapshot, now) => {
    const top = peek(key, now);
    const reading = top && readingOf(top);
    if (top === undefined || reading === undefined) return undefined;
    const { slot } = reading;
    if (slot.kind === "response") return judge(responseIn(top, reading, undefined), request, snapshot);
    if (standing(top.mark, snapshot) === "gone") return undefined;
    const [best] = matchingVariants(slot.variants, request, selecting);
    const below = best && peek(keyOf(resource, best), now);
    const own = below && readingOf(below);
    return below && own && judge(responseIn(below, own, top), request, snapshot);
  };
}
