import { systemClock, type Clock, type Instant } from "../clock.ts";
import { toSeconds, type Duration } from "../duration.ts";
import { cannot } from "../errors.ts";
import { report, type OnEvent } from "../events.ts";
import type { Entry, Store } from "../store.ts";

/** What a write-behind store reports. */
export type WriteBehindEvent =
  /** A write failed, and will be tried again. */
  | { readonly type: "write-retried"; readonly store: string; readonly key: string; readonly error: unknown }
  /** A write failed for the last time: the store does not have it. */
  | { readonly type: "write-lost"; readonly store: string; readonly key: string; readonly error: unknown };

export interface WriteBehindOptions {
  /** Keys that may wait to be written; whoever writes more waits for the store. @defaultValue 10,000 */
  readonly maxQueue?: number;
  /** Writes to the store at once. @defaultValue 8 */
  readonly concurrency?: number;
  /** How often a write is tried in all. @defaultValue 3 */
  readonly attempts?: number;
  /** How long between two tries; twice as long before each further one. @defaultValue "100ms" */
  readonly retryAfter?: Duration;
  /** Keeps the platform from ending while something waits, as `ExecutionContext.waitUntil` does. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  readonly onEvent?: OnEvent<WriteBehindEvent>;
  readonly clock?: Clock;
}

/** A store that is written behind its callers' backs. */
export interface WriteBehindStore<Body = Uint8Array> extends Store<Body> {
  /** Resolves once nothing waits any more: to be awaited before a process ends. */
  flush(): Promise<void>;
}

/** What waits under a key: the last write or delete, which takes the place of those before it. */
interface Waiting<Body> {
  readonly write: { readonly entry: Entry<Body>; readonly ttl: number; readonly until: Instant } | "delete";
  readonly settle: () => void;
  readonly settled: Promise<void>;
}

/**
 * Answers writes at once and brings them to the store after that, the last one of each key. Reads see what waits. Nothing is
 * lost without a `write-lost` event, but with the process: `flush` first. Capabilities that need the store's own answer
 * (`add`, `replace` ...) are not there: they could not be kept.
 *
 * @throws {RangeError} if a number is no positive whole one
 */
export function writeBehind<Body>(
  store: Store<Body>,
  options: WriteBehindOptions = {},
): WriteBehindStore<Body> {
  const { maxQueue = 10_000, concurrency = 8, attempts = 3, retryAfter = "100ms" } = options;
  const { waitUntil, onEvent, clock = systemClock } = options;
  for (const [name, value] of Object.entries({ maxQueue, concurrency, attempts })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(cannot("write behind", `${name} must be a positive whole number`, value));
    }
  }
  const wait = toSeconds(retryAfter, "retryAfter") * 1_000;
  const waiting = new Map<string, Waiting<Body>>();
  const underWay = new Map<string, Waiting<Body>>();

  const latest = (key: string): Waiting<Body> | undefined => waiting.get(key) ?? underWay.get(key);

  async function enqueue(key: string, write: Waiting<Body>["write"]): Promise<void> {
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    const before = waiting.get(key);
    waiting.set(key, { write, settle, settled });
    // What was to be written before is not: who waits for it waits for this one.
    if (before !== undefined) void settled.then(before.settle);
    waitUntil?.(settled);
    pump();
    if (waiting.size > maxQueue) await settled;
  }

  function pump(): void {
    for (const [key, next] of waiting) {
      if (underWay.size >= concurrency) return;
      if (underWay.has(key)) continue; // One at a time, so that the last write of a key is the last one written.
      waiting.delete(key);
      underWay.set(key, next);
      void bring(key, next).then(() => {
        underWay.delete(key);
        next.settle();
        pump();
      });
    }
  }

  async function bring(key: string, { write }: Waiting<Body>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (write === "delete") await store.delete([key]);
        else await store.set(key, write.entry, Math.min(write.ttl, (write.until - clock()) / 1_000));
        return;
      } catch (error) {
        const isLast = attempt >= attempts;
        // A later write of the key makes this one needless.
        if (waiting.has(key)) return;
        report(onEvent, { type: isLast ? "write-lost" : "write-retried", store: store.name, key, error });
        if (isLast) return;
        await new Promise<void>((resolve) => void setTimeout(resolve, wait * 2 ** (attempt - 1)));
      }
    }
  }

  async function flush(): Promise<void> {
    while (waiting.size + underWay.size > 0) {
      await Promise.all([...waiting.values(), ...underWay.values()].map(({ settled }) => settled));
    }
  }

  const { keys, clear } = store;
  return {
    name: store.name,
    flush,
    async get(key) {
      const write = latest(key)?.write;
      if (write === undefined) return store.get(key);
      return write === "delete" || write.until <= clock() ? undefined : write.entry;
    },
    set(key, entry, ttl) {
      const now = clock();
      const until = ttl > 0 ? Math.min(entry.expiresAt, now + ttl * 1_000) : now;
      return enqueue(key, { entry, ttl, until });
    },
    async delete(gone) {
      await Promise.all(gone.map((key) => enqueue(key, "delete")));
      return gone.length;
    },
    ...(keys && {
      async *keys(pattern) {
        await flush();
        yield* keys.call(store, pattern);
      },
    }),
    ...(clear && {
      async clear() {
        await flush();
        await clear.call(store);
      },
    }),
  };
}
