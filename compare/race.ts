// What every cache is put through: a purge that is acknowledged while a fill is under way.

/** The truth that the caches ask: it can be made to wait with an answer that it has read already. */
export interface Truth {
  /** Reads the value, and gives it out when the gate is open. */
  read(): Promise<string>;
}

/** A cache, reduced to what the race needs of it. */
export interface Racer {
  /** What a user of the cache would get. */
  read(): Promise<string>;
  /** Drops what is cached, by this way; resolves once the cache has acknowledged it. */
  drop(): Promise<void>;
  /** For how long after its acknowledgement the cache says that a purge may go unseen, in milliseconds. */
  readonly boundMs: number;
  close(): Promise<void>;
}

/** One cache, dropped in one way. */
export interface Contender {
  readonly cache: string;
  /** How it is dropped. */
  readonly by: string;
  /** Starts it afresh, in front of this truth. */
  start(truth: Truth): Promise<Racer>;
}

/** What a try ended with: what came back after the purge, or that the drop had not been done when the fill was over. */
export type Outcome = "old" | "new" | "waited";

/** A drop that is not acknowledged for so long waits for the fill, as a lock would make it. */
const PATIENCE_MS = 1_000;
const REST_OF_FILL_MS = 20;

/**
 * One try: a fill begins and reads the old value; the value changes; the cache is told to drop it and says that it has; the
 * fill goes on and ends. Then the value is read again.
 */
export async function race(contender: Contender): Promise<Outcome> {
  let value = "old";
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  let open = (): void => undefined;
  let gate: Promise<void> | undefined = new Promise<void>((resolve) => (open = resolve));
  const racer = await contender.start({
    async read() {
      const seen = value;
      isAsked();
      await gate;
      return seen;
    },
  });
  try {
    const filling = racer.read();
    await asked;
    value = "new";
    const dropping = racer.drop();
    const isDropped = await Promise.race([dropping.then(() => true), pause(PATIENCE_MS).then(() => false)]);
    // The fill takes its time: what counts is the order of events, not that they fall into one millisecond.
    await pause(REST_OF_FILL_MS);
    open();
    gate = undefined;
    await filling;
    await dropping;
    await pause(racer.boundMs);
    const after = await racer.read();
    if (after !== "old" && after !== "new") throw new Error(`${contender.cache} gave ${after}`);
    return after === "new" && !isDropped ? "waited" : after;
  } finally {
    await racer.close();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
