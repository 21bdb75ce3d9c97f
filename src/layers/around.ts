import type { StoreOperation } from "../events.ts";
import type { Store } from "../store.ts";

/** Does something around one call of a store. */
export type Around = <T>(
  operation: StoreOperation,
  call: () => Promise<T>,
  keys: readonly string[],
) => Promise<T>;

/**
 * The store with something around each call that returns a promise. Capabilities stay what they are: none is added and
 * none lost. `peek` needs no waiting, and is passed through; a list of keys is too, since it never ends in one call.
 */
export function aroundCalls<Body>(store: Store<Body>, around: Around): Store<Body> {
  const { peek, add, replace, increment, getMany, setMany, keys, clear } = store;
  return {
    name: store.name,
    ...(peek && { peek: (key, now) => peek.call(store, key, now) }),
    ...(keys && { keys: (pattern) => keys.call(store, pattern) }),
    get: (key) => around("get", () => store.get(key), [key]),
    set: (key, entry, ttl) => around("set", () => store.set(key, entry, ttl), [key]),
    delete: (keys) => around("delete", () => store.delete(keys), keys),
    ...(getMany && { getMany: (keys) => around("get", () => getMany.call(store, keys), keys) }),
    ...(setMany && {
      setMany: (writes) =>
        around(
          "set",
          () => setMany.call(store, writes),
          writes.map(({ key }) => key),
        ),
    }),
    ...(add && { add: (key, entry, ttl) => around("add", () => add.call(store, key, entry, ttl), [key]) }),
    ...(replace && {
      replace: (key, entry, ttl, seen) =>
        around("replace", () => replace.call(store, key, entry, ttl, seen), [key]),
    }),
    ...(increment && {
      increment: (key, by) => around("increment", () => increment.call(store, key, by), [key]),
    }),
    ...(clear && { clear: () => around("clear", () => clear.call(store), []) }),
  };
}
