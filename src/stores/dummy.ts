import type { Store } from "../store.ts";

/**
 * Keeps nothing: every get is a miss. For development and tests, where each change is to be seen at once. It has no `add`,
 * since it could never say that it wrote.
 */
export function dummyStore<Body = Uint8Array>(): Store<Body> {
  return {
    name: "dummy",
    get: async () => undefined,
    set: async () => undefined,
    delete: async () => 0,
    clear: async () => undefined,
  };
}
