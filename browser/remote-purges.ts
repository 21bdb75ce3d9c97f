import { report, withDeadline, type Seconds } from "../src/index.ts";
import type { FedPurgesOptions } from "./fed-purges.ts";
import type { Purges } from "./purges.ts";

const LOADED_WITHIN: Seconds = 2;

/**
 * Purges as a feed tells them. What only pages with a feed need comes by itself, beside the page's own code; until it is
 * there reads wait for it, and if it stays away nothing is known of purges.
 */
export function remotePurges(options: FedPurgesOptions): Purges {
  const { onEvent, later } = options;
  let loaded: Purges | undefined;
  const loading = load(options).then((purges) => (loaded = purges));
  const arrival = withDeadline(loading, LOADED_WITHIN, "loading what purges need").catch((error: unknown) => {
    report(onEvent, { type: "ledger-error", error });
    return undefined;
  });

  /** At once where it can be, so that a hit in memory waits for nothing. */
  function use<T>(
    work: (purges: Purges) => T | undefined | Promise<T | undefined>,
  ): T | undefined | Promise<T | undefined> {
    return loaded === undefined ? arrival.then((purges) => purges && work(purges)) : work(loaded);
  }

  /** Whatever else is to be done can wait for as long as the code takes. */
  function tell(work: (purges: Purges) => void): void {
    if (loaded === undefined) later(loading.then(work));
    else work(loaded);
  }

  return {
    isFed: true,
    read: (atLeast) => use((purges) => purges.read(atLeast)),
    peek: () => loaded?.peek(),
    markOf: (answered, snapshot) => use((purges) => purges.markOf(answered, snapshot)),
    expect: (token) => tell((purges) => purges.expect(token)),
    hear: (text) => tell((purges) => purges.hear(text)),
    close: () => tell((purges) => purges.close()),
  };
}

/** Purges work without their live connection: should that be missing, reads ask the feed. */
async function load(options: FedPurgesOptions): Promise<Purges> {
  const [{ fedPurges }, live] = await Promise.all([
    import("./fed-purges.ts"),
    options.live &&
      import("./live.ts").catch((error: unknown) => report(options.onEvent, { type: "live-error", error })),
  ]);
  return fedPurges(options, live?.openLive);
}
