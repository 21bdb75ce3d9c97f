import {
  decodeEntry,
  encodeEntry,
  fitKey,
  formatToken,
  parseToken,
  type LedgerPoint,
  type Seconds,
  type Store,
} from "../src/index.ts";

/** The platform's limits: bytes of a key, the shortest life of a value, bytes of a value. */
export const MAX_KEY_BYTES = 512;
const MIN_TTL: Seconds = 60;
const MAX_VALUE_BYTES = 25 * 1_024 * 1_024;

/**
 * Keeps entries in Workers KV: everywhere, for long, and up to 60 s behind (a miss is remembered too).
 * An entry above 25 MiB is not kept. More than one write a second to a key is refused by the platform: `set` rejects.
 */
export function kvStore(namespace: KVNamespace): Store {
  return {
    name: "kv",
    async get(key) {
      const frame = await namespace.get(await fitKey(key, MAX_KEY_BYTES), "arrayBuffer");
      const entry = frame === null ? undefined : decodeEntry(key, new Uint8Array(frame));
      return entry !== undefined && entry.expiresAt > Date.now() ? entry : undefined;
    },
    async set(key, entry, ttl) {
      const name = await fitKey(key, MAX_KEY_BYTES);
      if (ttl <= 0) {
        await namespace.delete(name);
        return;
      }
      const frame = encodeEntry(key, entry);
      if (frame.byteLength > MAX_VALUE_BYTES) return;
      // The entry itself knows when it ends, should that be before the shortest life that KV gives.
      await namespace.put(name, frame, {
        expirationTtl: Math.max(MIN_TTL, Math.ceil(ttl)),
        metadata: formatToken(entry.mark),
      });
    },
    async delete(keys) {
      await Promise.all(keys.map(async (key) => namespace.delete(await fitKey(key, MAX_KEY_BYTES))));
      return keys.length;
    },
  };
}

/** The ledger point of an entry, from what a listing of keys tells of it; `undefined` if it is none of ours. */
export function entryPointOf(metadata: unknown): LedgerPoint | undefined {
  return typeof metadata === "string" ? parseToken(metadata) : undefined;
}
