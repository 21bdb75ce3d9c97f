import { settle } from "./commit.ts";
import type { Core, Extras } from "./core.ts";
import { keep } from "./keep-forgotten.ts";
import { prefetch } from "./prefetch.ts";
import { resources } from "./resources.ts";

/** What not every page needs, for one cache: see {@link Extras}. */
export function extras(core: Core): Extras {
  const { join, close } = resources(core);
  return {
    join,
    close,
    settle: (change) => settle(core, change),
    prefetch: (inputs, options) => prefetch(core, inputs, options),
    keepForgotten: keep,
  };
}
