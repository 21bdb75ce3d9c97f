import { frozen } from "./value.ts";

/** A change that is shown before it is made. */
export interface Layer {
  readonly resource: string;
  readonly update: (value: unknown) => unknown;
  /** It is made: the next value from the server contains it. */
  isMade: boolean;
}

/** Changes that are shown in the place of what is stored, in this page alone: those of a resource stack in order. */
export interface Overlays {
  /** What to show of a resource of which this is the value; `undefined` = what was known of it before, if there is a change. */
  over(resource: string, value: unknown): unknown;
  /** @throws what the updater throws: then nothing is added */
  add(resource: string, value: unknown, update: Layer["update"]): Layer;
  remove(layer: Layer): void;
  clear(): void;
  /** Hears of resources of which something else is shown now. */
  onShown: ((resource: string) => void) | undefined;
}

interface Stack {
  value: unknown;
  layers: readonly Layer[];
  shown: unknown;
}

export function overlays(): Overlays {
  const stacks = new Map<string, Stack>();

  function show(resource: string, stack: Stack): void {
    stack.shown = stack.value;
    for (const { update } of stack.layers) {
      try {
        stack.shown = frozen(update(stack.shown));
      } catch {
        // What cannot be done to this value is not shown.
      }
    }
    if (stack.layers.length === 0) stacks.delete(resource);
  }

  const all: Overlays = {
    over(resource, value) {
      const stack = stacks.get(resource);
      if (stack === undefined) return value;
      if (value !== undefined && value !== stack.value) {
        stack.value = value;
        stack.layers = stack.layers.filter(({ isMade }) => !isMade);
        show(resource, stack);
      }
      return stack.shown;
    },
    add(resource, value, update) {
      const layer = { resource, update, isMade: false };
      const before = all.over(resource, value);
      const shown = frozen(update(before));
      const stack = stacks.get(resource) ?? { value, layers: [], shown };
      stacks.set(resource, { ...stack, layers: [...stack.layers, layer], shown });
      all.onShown?.(resource);
      return layer;
    },
    remove(layer) {
      const { resource } = layer;
      const stack = stacks.get(resource);
      if (stack === undefined || !stack.layers.includes(layer)) return;
      stack.layers = stack.layers.filter((other) => other !== layer);
      show(resource, stack);
      all.onShown?.(resource);
    },
    clear: () => stacks.clear(),
    onShown: undefined,
  };
  return all;
}
