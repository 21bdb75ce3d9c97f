import { computed, shallowRef, toValue, watch, type ComputedRef, type MaybeRefOrGetter } from "vue";
import type { ResourceState, SubscribeOptions } from "../browser/index.ts";
import { OFF, type ResourceCache, type ResourceInput } from "./observed.ts";

export type { ResourceCache, ResourceInput };

/** A resource as readonly refs. */
export type ResourceRefs<T> = {
  readonly [Field in keyof ResourceState<T>]: ComputedRef<ResourceState<T>[Field]>;
};

/**
 * What is known of a resource, and all that becomes of it until the effect scope is disposed of. The first render has what
 * is in memory. `data` is frozen, and not made reactive in its depth.
 *
 * @param input a value, ref or getter; nothing is asked for while it is `null`, `undefined` or `false`
 */
export function useResource<T>(
  api: ResourceCache,
  input: MaybeRefOrGetter<ResourceInput>,
  options?: SubscribeOptions,
): ResourceRefs<T> {
  const state = shallowRef<ResourceState<T>>(OFF);
  const key = (): string | Request | null => {
    const value = toValue(input) || null;
    return value instanceof URL ? value.href : value;
  };
  watch(
    key,
    (asked, _before, onCleanup) => {
      if (asked === null) state.value = OFF;
      else onCleanup(api.subscribe<T>(asked, (next) => (state.value = next), options));
    },
    { immediate: true, flush: "sync" },
  );
  const field = <Field extends keyof ResourceState<T>>(name: Field) => computed(() => state.value[name]);
  return {
    data: field("data"),
    status: field("status"),
    age: field("age"),
    error: field("error"),
    isFetching: field("isFetching"),
  };
}
