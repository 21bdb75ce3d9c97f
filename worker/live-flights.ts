/** Runs work one at a time, once for all who ask for it in the meantime. */
export interface Flights {
  /** Resolves when a run is over that began after this call; rejects with that run's failure. */
  (): Promise<void>;
}

/** How long who comes while a run is under way waits for others. */
const GATHERING_MS = 25;

/** However many ask at once, and however often, the work is done about forty times a second at the most. */
export function flights(work: () => Promise<void>): Flights {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function run(): Promise<void> {
    next = undefined;
    const begun = work().finally(() => {
      if (current === begun) current = undefined;
    });
    current = begun;
    return begun;
  }

  return () => {
    if (current === undefined && next === undefined) return run();
    next ??= (current ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => new Promise((resolve) => void setTimeout(resolve, GATHERING_MS)))
      .then(run);
    return next;
  };
}
