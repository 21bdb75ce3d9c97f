import { systemClock, type Instant, type Seconds } from "../../clock.ts";
import { toSeconds } from "../../duration.ts";
import { cannot } from "../../errors.ts";
import { report } from "../../events.ts";
import type { RedisArgument, RedisCommands } from "../../redis.ts";
import type { Entry } from "../../store.ts";
import { changes } from "../cell.ts";
import { encodeEntry } from "../frame.ts";
import { globMatcher } from "../glob.ts";
import type { WideStore } from "../wide.ts";
import { redisCalls } from "./calls.ts";
import { scan } from "./scan.ts";
import type { RedisStoreSettings } from "./settings.ts";
import { readStored } from "./stored.ts";

interface Settings extends RedisStoreSettings {
  /** For events and metrics. */
  readonly name: string;
  /** A frame as the connection can carry it. @defaultValue as it is */
  readonly wrap?: (frame: Uint8Array) => RedisArgument;
}

/** Ten years: longer than anything is kept, and short enough for Redis to count. */
const LONGEST_MS = 315_576_000_000;

/**
 * A store over any connection to Redis that answers in bytes.
 *
 * @throws {TypeError | RangeError} if a setting makes no sense
 */
export function storeOverRedis(commands: RedisCommands, settings: Settings): WideStore {
  const { name, prefix = "tidemark", timeout = "1s", onEvent, clock = systemClock } = settings;
  const { wrap = (frame) => frame } = settings;
  const limit = toSeconds(timeout, "timeout");
  if (limit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));
  if (!/^[\w.-]{1,64}$/.test(prefix)) {
    throw new TypeError(
      cannot("use prefix", "it must be 1 to 64 letters, digits, dots, dashes or underscores", prefix),
    );
  }
  const { sendBytes, isCluster } = commands;
  if (sendBytes === undefined)
    throw new TypeError(cannot("keep entries in Redis", "the connection needs sendBytes", "none"));
  const calls = redisCalls(sendBytes, isCluster, limit);
  const start = `${prefix}:`;

  const nameOf = (key: string): string => start + key;
  const isLive = (entry: Entry | undefined, now = clock()): entry is Entry =>
    entry !== undefined && entry.expiresAt > now;

  /** As Redis counts it; 0 = it is over. */
  function timeOf(entry: Entry, ttl: Seconds): number {
    const left = Math.min(ttl * 1_000, entry.expiresAt - clock(), LONGEST_MS);
    return left > 0 ? Math.ceil(left) : 0;
  }

  function entryOf(
    key: string,
    stored: Uint8Array | undefined,
    now?: Instant,
  ): Entry | undefined | Promise<undefined> {
    if (stored === undefined) return undefined;
    const entry = readStored(key, stored);
    if (entry === undefined) return discard(key, stored);
    return isLive(entry, now) ? entry : undefined;
  }

  /** Removes what cannot be read, unless something else has come to stand there. */
  async function discard(key: string, stored: Uint8Array): Promise<undefined> {
    report(onEvent, { type: "unreadable-entry", store: name, key });
    try {
      await calls.swap(nameOf(key), stored, undefined, 0);
    } catch (error) {
      report(onEvent, { type: "store-error", store: name, operation: "delete", error });
    }
  }

  async function set(key: string, entry: Entry, ttl: Seconds): Promise<void> {
    const milliseconds = timeOf(entry, ttl);
    if (milliseconds === 0) await calls.remove([nameOf(key)]);
    else await calls.write(nameOf(key), wrap(encodeEntry(key, entry)), milliseconds);
  }

  const changing = changes<Uint8Array>({
    async look(key) {
      const trace = await calls.read(nameOf(key));
      const entry = trace && readStored(key, trace);
      return { trace, entry: isLive(entry) ? entry : undefined };
    },
    swap(key, { trace }, next) {
      if (next === undefined) return calls.swap(nameOf(key), trace, undefined, 0);
      const { entry, ttl } = next;
      return calls.swap(
        nameOf(key),
        trace,
        wrap(encodeEntry(key, entry)),
        ttl === "keep" ? ttl : timeOf(entry, ttl),
      );
    },
  });

  const pages = (): AsyncIterable<readonly string[]> => scan(commands, start, calls.inTime);

  return {
    name,
    get: (key) => calls.read(nameOf(key)).then((stored) => entryOf(key, stored)),
    set,
    async getMany(keys) {
      const stored = await calls.readMany(keys.map(nameOf));
      const now = clock();
      const discards: Promise<undefined>[] = [];
      const entries = keys.map((key, index) => {
        const entry = entryOf(key, stored[index], now);
        if (!(entry instanceof Promise)) return entry;
        discards.push(entry);
        return undefined;
      });
      if (discards.length > 0) await Promise.all(discards);
      return entries;
    },
    async setMany(writes) {
      await Promise.all(writes.map(({ key, entry, ttl }) => set(key, entry, ttl)));
    },
    async delete(keys) {
      return keys.length === 0 ? 0 : calls.remove(keys.map(nameOf));
    },
    ...changing,
    async add(key, entry, ttl) {
      const milliseconds = timeOf(entry, ttl);
      if (milliseconds === 0) return false;
      if (await calls.write(nameOf(key), wrap(encodeEntry(key, entry)), milliseconds, true)) return true;
      // What stands there may be over by our clock, or unreadable; then it is no entry.
      return changing.add(key, entry, ttl);
    },
    async *keys(pattern) {
      const matches = globMatcher(pattern);
      for await (const names of pages()) {
        yield* names.map((each) => each.slice(start.length)).filter(matches);
      }
    },
    async clear() {
      for await (const names of pages()) await calls.remove(names);
    },
  };
}
