"use client";

import { use, useMemo, useSyncExternalStore } from "react";
import type { ApiCache, ResourceState, SubscribeOptions } from "../browser/index.ts";
import { observed, type ResourceCache, type ResourceInput } from "./observed.ts";

export type { ResourceCache, ResourceInput };

/**
 * What is known of a resource, and all that becomes of it while the component is mounted. The first render has what is in
 * memory. Renders again only when something other than the age has changed; `data` is one frozen object for all components
 * until it is another response's.
 *
 * @param input nothing is asked for while it is `null`, `undefined` or `false`. A `Request` counts by identity: make it in
 *   `useMemo`.
 */
export function useResource<T>(
  api: ResourceCache,
  input: ResourceInput,
  options?: SubscribeOptions,
): ResourceState<T> {
  const key = keyOf(input);
  const resource = useMemo(
    () => observed<T>(api, key, options),
    // The options are an object of each render's own: what is in it counts.
    [api, key, options?.focus, options?.online, options?.interval],
  );
  return useSyncExternalStore(resource.observe, resource.read, resource.read);
}

/**
 * The data of a resource, for components inside `<Suspense>` and an error boundary: suspends while there is none, throws
 * what `api.json` rejects with, and is updated as in `useResource`.
 */
export function useSuspenseResource<T>(
  api: ResourceCache & Pick<ApiCache, "json">,
  input: string | URL | Request,
  options?: SubscribeOptions,
): T {
  const { data } = useResource<T>(api, input, options);
  const key = keyOf(input);
  const known = waiting.get(api)?.get(key);
  // React wants a render that was suspended to end with the same promise.
  if (data !== undefined && known?.isFulfilled !== true) return data;
  const loaded = use((known ?? wait(api, key)).promise as Promise<T>); // What json<T> of the same key gave.
  return data ?? loaded;
}

/** A URL object may be another one at each render: its address counts. */
function keyOf<Input>(input: Input | URL): Input | string {
  return input instanceof URL ? input.href : input;
}

type Asked = Pick<ApiCache, "json">;

interface Waiting {
  readonly promise: Promise<unknown>;
  isFulfilled: boolean;
}

/** React renders a suspended component anew, without what it was before, and has to be given the same promise. */
const waiting = new WeakMap<Asked, Map<string | Request, Waiting>>();

/** Long enough for React to come back to it, short enough for a retry after an error to ask again. */
const KEPT_MS = 1_000;

function wait(api: Asked, key: string | Request): Waiting {
  const byKey = waiting.get(api) ?? new Map<string | Request, Waiting>();
  waiting.set(api, byKey);
  const made: Waiting = { promise: api.json(key), isFulfilled: false };
  byKey.set(key, made);
  const forget = (): void => void setTimeout(() => byKey.delete(key), KEPT_MS);
  made.promise.then(() => {
    made.isFulfilled = true;
    forget();
  }, forget);
  return made;
}
