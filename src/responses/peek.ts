import type { FieldReader } from "../http/fields.ts";
import { isSelected, type Selecting } from "../http/vary.ts";
import type { Standing } from "../purge/check.ts";
import type { Entry, Mark } from "../store.ts";
import type { StoredResponse } from "./response-store.ts";
import { matchingVariants, type Slot } from "./slot.ts";
import { rememberedSlots } from "./slots.ts";

export interface ResponsePeekOptions<Body> {
  /** What this process's own memory has under a key. */
  readonly peek: (key: string) => Entry<Body> | undefined;
  readonly spaced: (key: string) => string;
  readonly selecting: Selecting;
}

export interface Peeked<Body> {
  /** The key in memory, spaced. */
  readonly key: string;
  readonly response: StoredResponse<Body>;
  readonly softPurged: boolean;
}

/**
 * Makes what `find` of a response store is for whoever cannot wait: at once, in memory alone. What is ahead of the known
 * purges is not found.
 */
export function responsePeek<Body>({
  peek,
  spaced,
  selecting,
}: ResponsePeekOptions<Body>): (
  resource: string,
  request: FieldReader,
  judge: (mark: Mark) => Standing,
) => Peeked<Body> | undefined {
  const { slotOf, keyOf } = rememberedSlots();

  function answer(
    key: string,
    { body }: Entry<Body>,
    slot: Slot,
    mark: Mark,
    request: FieldReader,
    judge: (mark: Mark) => Standing,
  ): Peeked<Body> | undefined {
    if (slot.kind !== "response" || body === null || !isSelected(slot.stored, request, selecting))
      return undefined;
    const state = judge(mark);
    if (state === "gone" || state === "ahead") return undefined;
    return { key, response: { facts: slot.stored, mark, body }, softPurged: state === "soft" };
  }

  return (resource, request, judge) => {
    const topKey = spaced(resource);
    const top = peek(topKey);
    const slot = top && slotOf(top);
    if (top === undefined || slot === undefined) return undefined;
    if (slot.kind === "response") return answer(topKey, top, slot, top.mark, request, judge);
    for (const variant of matchingVariants(slot.variants, request, selecting)) {
      const key = spaced(keyOf(resource, variant));
      const below = peek(key);
      const own = below && slotOf(below);
      if (below === undefined || own === undefined) continue;
      // A purge by the tag of one variant reaches them all.
      const mark = { ...below.mark, labels: [...top.mark.labels, ...below.mark.labels] };
      const found = answer(key, below, own, mark, request, judge);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
