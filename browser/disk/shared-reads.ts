import { promisifyRequest, type UseStore } from "idb-keyval";

interface Waiting {
  readonly key: string;
  readonly resolve: (record: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface SharedReads {
  /** What stands under a key; `undefined` = nothing. */
  read(key: string): Promise<unknown>;
  /** Whether a read has gone without an answer for a second: whoever asks now would wait in vain. */
  areStuck(): boolean;
}

const STUCK_AFTER_MS = 1_000;

/** Reads records; those asked for together share one transaction, whose price is most of the price of a read. */
export function sharedReads(store: UseStore): SharedReads {
  let queue: Waiting[] = [];
  let underWay = 0;
  /** When a read was answered last, or begun while none was under way. */
  let movedAt = 0;

  async function flush(): Promise<void> {
    const reads = queue;
    queue = [];
    if (underWay === 0) movedAt = performance.now();
    underWay += 1;
    try {
      const records = await store("readonly", (bodies) =>
        Promise.all(reads.map(({ key }) => promisifyRequest<unknown>(bodies.get(key)))),
      );
      for (const [index, { resolve }] of reads.entries()) resolve(records[index]);
    } catch (error) {
      for (const { reject } of reads) reject(error);
    }
    underWay -= 1;
    movedAt = performance.now();
  }

  return {
    areStuck: () => underWay > 0 && performance.now() - movedAt > STUCK_AFTER_MS,
    read: (key) =>
      new Promise((resolve, reject) => {
        if (queue.push({ key, resolve, reject }) === 1) queueMicrotask(() => void flush());
      }),
  };
}
