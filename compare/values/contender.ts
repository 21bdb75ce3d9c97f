/** A cache of values in one process, reduced to what the comparison needs of it. */
export interface ValueCache {
  /** What is kept under the key, or what the producer makes, kept for so many seconds. */
  read(key: string, producer: () => Promise<unknown>, ttl?: number): Promise<unknown>;
  drop(key: string): Promise<void>;
  close(): Promise<void>;
}

/** A library, as its documentation has one set it up. */
export interface ValueContender {
  readonly name: string;
  /** In the memory of one process. */
  inMemory(): Promise<ValueCache>;
  /** On the Redis of that port, with a memory before it where the library has such tiers. */
  onRedis(port: number): Promise<ValueCache>;
  /** Whether what is read from Redis is copied into a memory before it. */
  readonly hasTiers: boolean;
  /** For how long after its acknowledgement the library says that a delete may go unseen in other processes, in milliseconds. */
  readonly boundMs: number;
}

/** For how long what is read is kept where nothing else is said, in seconds. */
export const TTL = 3_600;
