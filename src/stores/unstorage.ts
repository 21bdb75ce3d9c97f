import { systemClock, type Clock, type Instant } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { report, type OnEvent } from "../events.ts";
import { fitKey } from "../key.ts";
import type { Store } from "../store.ts";
import { decodeEntry, encodeEntry, isFrame } from "./frame.ts";

/** As much as is used of a `Storage` of the package `unstorage`, over whichever of its drivers. */
export interface UnstorageLike {
  getItemRaw(key: string): Promise<unknown>;
  setItemRaw(key: string, value: Uint8Array): Promise<void>;
  removeItem(key: string): Promise<void>;
  getKeys(base: string): Promise<string[]>;
}

/** Options of {@link unstorageStore}. */
export interface UnstorageStoreOptions {
  /** The base that all keys lie under; `clear` and `sweep` remove these and no others. Letters, digits, `_` and `-`. @defaultValue "tidemark" */
  readonly prefix?: string;
  /** How long one call may take, more than 0. @defaultValue "5s" */
  readonly timeout?: Duration;
  /** Hears of entries that could not be read; they are removed. */
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}

/** A store over unstorage. */
export interface UnstorageStore extends Store {
  clear(): Promise<void>;
  /** Removes what has expired or cannot be read, and resolves to how many that were. It reads everything: call it seldom. */
  sweep(): Promise<number>;
}

/** The instant at which an entry ends stands before its frame. */
const FRONT = 8;

/**
 * Keeps entries by a driver of unstorage: files, R2, MongoDB and others. When an entry ends is written with it and looked
 * at when it is read; what the driver itself knows of times is not relied on, so nothing leaves by itself: see `sweep`.
 * Keys are digests, since drivers take different characters and lengths for keys, and some do not tell cases apart.
 *
 * @throws {TypeError | RangeError} if an option has the wrong shape or value
 */
export function unstorageStore(storage: UnstorageLike, options: UnstorageStoreOptions = {}): UnstorageStore {
  const { prefix = "tidemark", timeout = "5s", onEvent, clock = systemClock } = options;
  if (!/^[\w-]{1,64}$/.test(prefix))
    throw new TypeError(
      cannot("use prefix", "it must be 1 to 64 letters, digits, dashes or underscores", prefix),
    );
  const limit = toSeconds(timeout, "timeout");
  if (limit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));

  const inTime = <T>(work: Promise<T>): Promise<T> => withDeadline(work, limit, "a call to unstorage");
  const nameOf = async (key: string): Promise<string> => `${prefix}:${(await fitKey(key, 0)).slice(1)}`;

  async function read(name: string): Promise<{ bytes: Uint8Array | undefined; isThere: boolean }> {
    const value = await inTime(storage.getItemRaw(name));
    return { bytes: bytesOf(value), isThere: value !== null && value !== undefined };
  }

  return {
    name: "unstorage",
    async get(key) {
      const name = await nameOf(key);
      const { bytes, isThere } = await read(name);
      if (!isThere) return undefined;
      const entry = bytes && decodeEntry(key, bytes.subarray(FRONT));
      if (entry === undefined) report(onEvent, { type: "unreadable-entry", store: "unstorage", key });
      if (bytes !== undefined && entry !== undefined && endOf(bytes) > clock()) return entry;
      await inTime(storage.removeItem(name));
      return undefined;
    },
    async set(key, entry, ttl) {
      const name = await nameOf(key);
      const endsAt = Math.min(entry.expiresAt, clock() + ttl * 1_000);
      await inTime(
        ttl > 0
          ? storage.setItemRaw(name, withEnd(endsAt, encodeEntry(key, entry)))
          : storage.removeItem(name),
      );
    },
    async delete(keys) {
      await inTime(Promise.all(keys.map(async (key) => storage.removeItem(await nameOf(key)))));
      return keys.length;
    },
    async clear() {
      // Name by name: some drivers empty all of their place when they are told to clear a part of it.
      for (const name of await inTime(storage.getKeys(prefix))) await inTime(storage.removeItem(name));
    },
    async sweep() {
      let swept = 0;
      for (const name of await inTime(storage.getKeys(prefix))) {
        const { bytes } = await read(name);
        if (bytes !== undefined && endOf(bytes) > clock()) continue;
        await inTime(storage.removeItem(name));
        swept += 1;
      }
      return swept;
    },
  };
}

function withEnd(endsAt: Instant, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRONT + frame.byteLength);
  new DataView(bytes.buffer).setFloat64(0, endsAt);
  bytes.set(frame, FRONT);
  return bytes;
}

/** 0 where it is none of ours. */
function endOf(bytes: Uint8Array): Instant {
  if (!isFrame(bytes, FRONT)) return 0;
  const end = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
  return Number.isFinite(end) ? end : 0;
}

/** Drivers give bytes in several shapes. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}
