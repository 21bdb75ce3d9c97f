import { systemClock, type Clock, type Instant, type Seconds } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { type ByteSize, type Duration, toBytes, toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { report, type OnEvent } from "../events.ts";
import { fitKey } from "../key.ts";
import type { Entry, Store } from "../store.ts";
import { decodeEntry, encodeEntry } from "./frame.ts";

/**
 * As much as is used of a client of Memcached: `Client` of the package `memjs` fits. It chooses the server of a key. Values
 * are a `Uint8Array`; they are declared as what any client's own kind of bytes allows.
 */
export interface MemcachedClient {
  get(key: string): Promise<{ readonly value: Uint8Array | null }>;
  set(key: string, value: never, options: { readonly expires: number }): Promise<unknown>;
  /** Resolves to whether it wrote. */
  add(key: string, value: never, options: { readonly expires: number }): Promise<boolean>;
  /** Resolves to whether there was something. */
  delete(key: string): Promise<boolean>;
}

/** Options of {@link memcachedStore}. */
export interface MemcachedStoreOptions {
  /** A client, of one server or of several. */
  readonly client: MemcachedClient;
  /** What all keys begin with, before a colon. Letters, digits, `.`, `_` and `-`. @defaultValue "tidemark" */
  readonly prefix?: string;
  /** A larger entry is not kept, and `set` rejects. @defaultValue 1,000,000 bytes: a server's own limit is 1 MiB, all included */
  readonly maxItemBytes?: ByteSize;
  /** How long one call may take, more than 0. @defaultValue "1s" */
  readonly timeout?: Duration;
  /** Hears of entries that could not be read; they are removed. */
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}

const MOST_KEY_BYTES = 250;

/** The server takes more seconds than these for a date. */
const MOST_SECONDS: Seconds = 30 * 86_400;

/** The last date it can count to. */
const LAST_DATE = 0xffff_ffff;

/**
 * Keeps entries in Memcached, on one server or on several, by a client that is handed in. Servers forget what they have no
 * room for, and all of it when they are started anew. There is no `clear`: nobody can list what is there, and emptying a
 * server would empty it for everybody.
 *
 * Calls reject when the key's server cannot be reached, refuses, or is silent for longer than `timeout`.
 *
 * @throws {TypeError | RangeError} if an option has the wrong shape or value
 */
export function memcachedStore(options: MemcachedStoreOptions): Store & Required<Pick<Store, "add">> {
  const { client, prefix = "tidemark", maxItemBytes = 1_000_000, timeout = "1s", onEvent } = options;
  const { clock = systemClock } = options;
  if (!/^[\w.-]{1,64}$/.test(prefix)) {
    throw new TypeError(
      cannot("use prefix", "it must be 1 to 64 letters, digits, dots, dashes or underscores", prefix),
    );
  }
  const mostBytes = toBytes(maxItemBytes, "maxItemBytes");
  const limit = toSeconds(timeout, "timeout");
  if (limit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));
  const start = `${prefix}:`;

  /** Text without spaces and controls, and not too long, stands as it is; all else by its digest. */
  async function nameOf(key: string): Promise<string> {
    const isPlain = /^[!-~]*$/.test(key);
    return start + (await fitKey(key, isPlain ? MOST_KEY_BYTES - start.length : 0));
  }

  const inTime = <T>(answer: Promise<T>): Promise<T> => withDeadline(answer, limit, "a call to Memcached");

  async function remove(key: string): Promise<boolean> {
    return inTime(client.delete(await nameOf(key)));
  }

  /** The frame, if the server would take it. What is too large must not leave an older entry standing. */
  async function frameOf(key: string, entry: Entry): Promise<never> {
    const frame = encodeEntry(key, entry);
    if (frame.byteLength <= mostBytes) return frame as never; // As the client's type has it.
    await remove(key);
    throw new RangeError(
      cannot("keep an entry", `its size must not exceed ${mostBytes} bytes`, frame.byteLength),
    );
  }

  return {
    name: "memcached",
    async get(key) {
      const { value } = await inTime(client.get(await nameOf(key)));
      if (value === null) return undefined;
      const entry = decodeEntry(key, value);
      if (entry === undefined) {
        report(onEvent, { type: "unreadable-entry", store: "memcached", key });
        await remove(key);
      }
      return entry !== undefined && entry.expiresAt > clock() ? entry : undefined;
    },
    async set(key, entry, ttl) {
      const expires = dateOf(entry, ttl, clock());
      if (expires === 0) await remove(key);
      else {
        const frame = await frameOf(key, entry);
        await inTime(client.set(await nameOf(key), frame, { expires }));
      }
    },
    async delete(keys) {
      return (await Promise.all(keys.map(remove))).filter(Boolean).length;
    },
    async add(key, entry, ttl) {
      const expires = dateOf(entry, ttl, clock());
      if (expires === 0) return false;
      const frame = await frameOf(key, entry);
      return inTime(client.add(await nameOf(key), frame, { expires }));
    },
  };
}

/** Whole seconds from now, or a date where these are too many; 0 = its time is over. */
function dateOf(entry: Entry, ttl: Seconds, now: Instant): number {
  const left = Math.min(ttl, (entry.expiresAt - now) / 1_000);
  if (!(left > 0)) return 0;
  return left <= MOST_SECONDS ? Math.ceil(left) : Math.min(Math.ceil(now / 1_000 + left), LAST_DATE);
}
