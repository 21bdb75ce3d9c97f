import type { Selector, Snapshot } from "./ledger.ts";

/** Closes snapshots to what must not be served from them: one copy for each, which shares its selectors. */
export function closing(failClosed: readonly Selector[]): (snapshot: Snapshot) => Snapshot {
  if (failClosed.length === 0) return (snapshot) => snapshot;
  const closed = new Set(failClosed);
  const copies = new WeakMap<Snapshot, Snapshot>();
  return (snapshot) => {
    const copy = copies.get(snapshot) ?? { ...snapshot, closed };
    copies.set(snapshot, copy);
    return copy;
  };
}
