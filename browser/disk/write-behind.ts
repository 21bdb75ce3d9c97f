import type { Entry } from "../../src/index.ts";
import { whenIdle } from "../background.ts";
import type { Body } from "../body.ts";

/** What is to stand under a key; `null` = nothing. */
export type Wanted = Entry<Body> | null;

/** Changes on their way to disk. Until one has got there, what is asked for is what it says. */
export interface WriteBehind {
  /** What is to stand under a key; `undefined` = what the disk has, which no change concerns. */
  peek(key: string): Wanted | undefined;
  /** Resolves once it is on disk, or a later change of the same key is. Rejects if it failed: then nothing is to stand there. */
  put(key: string, wanted: Wanted): Promise<void>;
  /** Nothing is to stand under any key. */
  clear(): Promise<void>;
  /** Resolves when nothing is left to do but what has failed. */
  settled(): Promise<void>;
}

export interface WriteBehindOptions {
  /** Does some changes in one transaction. */
  readonly commit: (batch: ReadonlyMap<string, Wanted>) => Promise<void>;
  readonly empty: () => Promise<void>;
  readonly bytesOf: (key: string, entry: Entry<Body>) => number;
}

interface Change {
  readonly wanted: Wanted;
  readonly callers: readonly Caller[];
  /** It is tried again with the next change, or after a while. */
  readonly hasFailed: boolean;
}

interface Caller {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One transaction takes no more: readers of the whole origin wait for it. */
const MOST_CHANGES = 10;
const MOST_BYTES = 262_144;
const RETRY_MS = 5_000;
/** A page that is busy, say with many answers at once, would hold a transaction open for as long: readers of other tabs wait. */
const NO_LULL_WITHIN_MS = 250;

/**
 * Writes in the order of the last change to each key, in small transactions, one after the other. A removal that fails
 * stays wanted until it succeeds, so that what was made invalid is never read again.
 */
export function writeBehind({ commit, empty, bytesOf }: WriteBehindOptions): WriteBehind {
  const changes = new Map<string, Change>();
  let emptying: Change | undefined;
  let running: Promise<void> | undefined;
  let most = MOST_CHANGES;
  let arrived = 0;
  let awaited = 0;
  let isUrgent = false;
  let wake: (() => void) | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function nextBatch(): Map<string, Change> {
    const batch = new Map<string, Change>();
    let bytes = 0;
    for (const [key, change] of changes) {
      bytes += change.wanted === null ? 0 : bytesOf(key, change.wanted);
      if (batch.size > 0 && (batch.size >= most || bytes > MOST_BYTES)) break;
      batch.set(key, change);
    }
    return batch;
  }

  function fail({ callers }: Change, error: unknown): Change {
    for (const { reject } of callers) reject(error);
    return { wanted: null, callers: [], hasFailed: true };
  }

  async function emptyAll(change: Change): Promise<void> {
    try {
      await empty();
      if (emptying === change) emptying = undefined;
      for (const { resolve } of change.callers) resolve();
    } catch (error) {
      const failed = fail(change, error);
      if (emptying === change) emptying = failed;
    }
  }

  async function write(batch: ReadonlyMap<string, Change>): Promise<void> {
    try {
      await commit(new Map([...batch].map(([key, { wanted }]) => [key, wanted])));
      most = Math.min(MOST_CHANGES, most * 2);
      for (const [key, change] of batch) {
        if (changes.get(key) === change) changes.delete(key);
        for (const { resolve } of change.callers) resolve();
      }
    } catch (error) {
      // Perhaps it is one of them that cannot be done.
      most = 1;
      if (batch.size > 1) return;
      for (const [key, change] of batch) {
        const failed = fail(change, error);
        if (changes.get(key) === change) changes.set(key, failed);
      }
    }
  }

  /** Waits until the page has nothing else to do; hidden ones are never told. */
  async function lull(): Promise<void> {
    if (arrived !== awaited && !isUrgent && globalThis.document?.hidden === false) {
      awaited = arrived;
      await new Promise<void>((resolve) => {
        wake = resolve;
        whenIdle(resolve, NO_LULL_WITHIN_MS);
      });
    }
    isUrgent = false;
  }

  function hurry(): void {
    isUrgent = true;
    wake?.();
  }

  async function run(): Promise<void> {
    do {
      await lull();
      if (emptying !== undefined) await emptyAll(emptying);
      // What was stored before everything was to go must not stand beside what came after.
      if (emptying?.hasFailed) break;
      const batch = nextBatch();
      if (batch.size > 0) await write(batch);
    } while (isDue());
    running = undefined;
    if (emptying !== undefined || changes.size > 0) retry ??= setTimeout(start, RETRY_MS);
  }

  function isDue(): boolean {
    return emptying?.hasFailed === false || [...changes.values()].some(({ hasFailed }) => !hasFailed);
  }

  function start(): void {
    clearTimeout(retry);
    retry = undefined;
    running ??= run();
  }

  function add(change: (caller: Caller) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      change({ resolve, reject });
      start();
    });
  }

  return {
    peek: (key) => changes.get(key)?.wanted ?? (changes.has(key) || emptying ? null : undefined),
    put: (key, wanted) =>
      add((caller) => {
        arrived += 1;
        // Somebody waits for a removal, and nobody for what goes behind an answer.
        if (wanted === null) hurry();
        const callers = [...(changes.get(key)?.callers ?? []), caller];
        // The last change goes last.
        changes.delete(key);
        changes.set(key, { wanted, callers, hasFailed: false });
      }),
    clear: () =>
      add((caller) => {
        hurry();
        const callers = [...changes.values()].flatMap((change) => change.callers);
        changes.clear();
        emptying = {
          wanted: null,
          callers: [...(emptying?.callers ?? []), ...callers, caller],
          hasFailed: false,
        };
      }),
    async settled() {
      while (running !== undefined) {
        hurry();
        await running;
      }
    },
  };
}
