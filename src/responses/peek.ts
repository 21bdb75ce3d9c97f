import type { Instant } from "../clock.ts";
import type { FieldReader } from "../http/fields.ts";
import { isSelected, type Selecting } from "../http/vary.ts";
import type { Standing } from "../purge/check.ts";
import type { Entry, Mark } from "../store.ts";
import type { StoredResponse } from "./response-store.ts";
import { matchingVariants, readSlot, variantKey, type Slot, type Variant } from "./slot.ts";

export interface ResponsePeekOptions<Body> {
  /** What this process's own memory has under a key: the very entry that was put there, which nobody changes. */
  readonly peek: (key: string, now?: Instant) => Entry<Body> | undefined;
  readonly spaced: (key: string) => string;
  readonly selecting: Selecting;
}

/** A resource, and the key under which its cache keeps it. */
export interface KeyedResource {
  readonly resource: string;
  readonly key: string;
}

export interface Peeked<Body> {
  /** The key in memory. */
  readonly key: string;
  /** The same object each time, as long as the same entries stand there. */
  readonly response: StoredResponse<Body>;
  /** A soft purge covers it: stale, the stale windows apply. */
  readonly softPurged: boolean;
}

/**
 * What `find` of a response store would find, where memory can tell at once; `undefined` = ask `find`. What is ahead of
 * the known purges is not found.
 *
 * @param judge how a mark stands against the purges that the reader knows
 */
export type ResponsePeek<Body> = (
  where: KeyedResource,
  request: FieldReader,
  judge: (mark: Mark) => Standing,
  now?: Instant,
) => Peeked<Body> | undefined;

/** What was read from an entry once. */
interface Reading<Body> {
  readonly slot: Slot;
  /** The response in it, with the labels of the list that led to it. */
  response: StoredResponse<Body> | undefined;
  list: Entry<Body> | undefined;
}

/** Makes the look into memory that most hits need and no more: no promise, and nothing read twice. */
export function responsePeek<Body>({
  peek,
  spaced,
  selecting,
}: ResponsePeekOptions<Body>): ResponsePeek<Body> {
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
    // A purge by the tag of one variant reaches them all.
    const labels = list === undefined ? mark.labels : [...list.mark.labels, ...mark.labels];
    reading.list = list;
    reading.response = { facts: slot.stored, mark: { ...mark, labels }, body };
    return reading.response;
  }

  return (where, request, judge, now) => {
    let { key } = where;
    let entry = peek(key, now);
    let reading = entry && readingOf(entry);
    let list: Entry<Body> | undefined;
    if (reading?.slot.kind === "variants") {
      list = entry;
      if (list === undefined || judge(list.mark) === "gone") return undefined;
      const [best] = matchingVariants(reading.slot.variants, request, selecting);
      if (best === undefined) return undefined;
      key = keyOf(where.resource, best);
      entry = peek(key, now);
      reading = entry && readingOf(entry);
    }
    const response = entry && reading && responseIn(entry, reading, list);
    if (response === undefined || !isSelected(response.facts, request, selecting)) return undefined;
    const state = judge(response.mark);
    if (state === "gone" || state === "ahead") return undefined;
    return { key, response, softPurged: state === "soft" };
  };
}
