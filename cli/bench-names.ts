/** The stores that can be measured, in the order of their table. */
export const STORE_NAMES = ["memory", "redis", "memcached", "sqlite", "files", "tiered"] as const;

export type StoreName = (typeof STORE_NAMES)[number];

export function isStoreName(name: string): name is StoreName {
  return STORE_NAMES.some((known) => known === name);
}
