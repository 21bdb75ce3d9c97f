import { promisifyRequest, type UseStore } from "idb-keyval";

/** What stands under one key: its record in `meta` and its body; `undefined` each where there is none. */
export type Pair = readonly [meta: unknown, body: unknown];

interface Waiting {
  readonly key: string;
  readonly resolve: (pair: Pair) => void;
  readonly reject: (error: unknown) => void;
}

export interface SharedReads {
  read(key: string): Promise<Pair>;
  /** Whether a read has gone without an answer for a second: whoever asks now would wait in vain. */
  areStuck(): boolean;
}

const STUCK_AFTER_MS = 1_000;

/** Reads pairs; those asked for together share one transaction, whose price is most of the price of a read. */
export function sharedReads(meta: UseStore): SharedReads {
  let queue: Waiting[] = [];
  let stuck = 0;

  async function flush(): Promise<void> {
    const reads = queue;
    queue = [];
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stuck += 1;
    }, STUCK_AFTER_MS);
    try {
      const pairs = await meta("readonly", (store) =>
        Promise.all(reads.map(({ key }) => readPair(store, key))),
      );
      for (const [index, { resolve }] of reads.entries()) resolve(pairs[index] ?? [undefined, undefined]);
    } catch (error) {
      for (const { reject } of reads) reject(error);
    }
    clearTimeout(timer);
    if (isLate) stuck -= 1;
  }

  return {
    areStuck: () => stuck > 0,
    read: (key) =>
      new Promise((resolve, reject) => {
        if (queue.push({ key, resolve, reject }) === 1) queueMicrotask(() => void flush());
      }),
  };
}

function readPair(meta: IDBObjectStore, key: string): Promise<Pair> {
  const bodies = meta.transaction.objectStore("body");
  return Promise.all([promisifyRequest<unknown>(meta.get(key)), promisifyRequest<unknown>(bodies.get(key))]);
}
