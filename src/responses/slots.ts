import type { Entry } from "../store.ts";
import { readSlot, variantKey, type Slot, type Variant } from "./slot.ts";

/** Reads slots, each once: a tier in memory hands out the same facts for each hit, and nobody changes them. */
export interface Slots {
  /** `undefined` = nothing of ours. */
  slotOf(entry: Pick<Entry, "facts">): Slot | undefined;
  keyOf(resource: string, variant: Variant): string;
}

export function rememberedSlots(): Slots {
  const slots = new WeakMap<object, Slot>();
  const keys = new WeakMap<Variant, string>();
  return {
    slotOf({ facts }) {
      if (typeof facts !== "object" || facts === null) return undefined;
      const known = slots.get(facts);
      if (known !== undefined) return known;
      const slot = readSlot({ facts });
      if (slot !== undefined) slots.set(facts, slot);
      return slot;
    },
    keyOf(resource, variant) {
      const known = keys.get(variant);
      if (known !== undefined) return known;
      const key = variantKey(resource, variant.nominated);
      keys.set(variant, key);
      return key;
    },
  };
}
