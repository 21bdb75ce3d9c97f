import { createSubscriber } from "svelte/reactivity";
import type { ResourceState, SubscribeOptions } from "../browser/index.ts";
import { observed, OFF, type ResourceCache, type ResourceInput } from "./observed.ts";

export type { ResourceCache, ResourceInput };

/** A resource for templates and effects, by runes or as a store. */
export interface Resource<T> {
  /** What is known by now; what reads it in a template or an effect runs again when that changes. */
  readonly current: ResourceState<T>;
  /** The store contract: calls back at once and at every change. Returns what ends it. */
  subscribe(run: (state: ResourceState<T>) => void): () => void;
}

/**
 * What is known of a resource, and all that becomes of it while something in a component reads it. The first render has what
 * is in memory. For a URL that changes, make it in `$derived`.
 *
 * @param input nothing is asked for while it is `null`, `undefined` or `false`
 */
export function resource<T>(
  api: ResourceCache,
  input: ResourceInput,
  options?: SubscribeOptions,
): Resource<T> {
  const { read, observe } = observed<T>(api, input, options);
  const follow = createSubscriber(observe);
  return {
    get current() {
      // Whoever follows it first is told at once, so that what is read then is up to date.
      follow();
      return read();
    },
    subscribe(run) {
      if (input) return api.subscribe<T>(input, run, options);
      run(OFF);
      return () => undefined;
    },
  };
}
