import type { Store } from "../store.ts";

/** What a store that several processes share may do, if its backend lets it; here it does. */
type Shared = "getMany" | "setMany" | "add" | "replace" | "increment" | "keys" | "clear";

/** A store with every capability of those that processes share. */
export type WideStore = Store & Required<Pick<Store, Shared>>;
