import type { Code } from "../code.ts";
import type { KeptRecord } from "./record.ts";
import type { Sealing, SealingKey } from "./sealing.ts";

/** Records as they stand on disk: open, or sealed if there is a key. */
export interface Safe {
  /** Rejects where there is to be a key and none can be had. */
  lock(key: string, record: KeptRecord): Promise<unknown>;
  /** As `lock`; `null` = it was not sealed with this key, or not for this place. */
  unlock(key: string, record: unknown): Promise<unknown>;
}

/** @param place the database */
export function safe(sealing: Code["sealing"], place: string, secret: SealingKey | undefined): Safe {
  let loading: Promise<Sealing> | undefined;

  function load(given: SealingKey): Promise<Sealing> {
    loading ??= sealing(given, place).catch((error: unknown) => {
      // It may be there the next time.
      loading = undefined;
      throw error;
    });
    return loading;
  }

  return {
    lock: async (key, record) => (secret === undefined ? record : (await load(secret)).seal(key, record)),
    unlock: async (key, record) => (secret === undefined ? record : (await load(secret)).open(key, record)),
  };
}
