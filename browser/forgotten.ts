import { promisifyRequest, type UseStore } from "idb-keyval";
import { EVERYTHING, type Clock, type Instant, type Selector, type StoredResponse } from "../src/index.ts";
import type { Database } from "./disk/database.ts";

/**
 * What this browser was told to forget, which no ledger knows of: for each selector the last time. A response that came
 * before, or at that very instant, is never used again.
 */
export interface Forgotten {
  /** Settles when what earlier pages were told is known; `undefined` = it is. */
  readonly loading: Promise<void> | undefined;
  covers({ facts, mark }: Pick<StoredResponse<unknown>, "facts" | "mark">): boolean;
  add(selectors: readonly Selector[], at: Instant): void;
  /** The instant of something that happens now: after all that was forgotten. */
  now(): Instant;
  /** For the disk: see {@link readForgotten}. */
  all(): readonly (readonly [selector: Selector, at: Instant])[];
}

/** As many selectors are told apart; those forgotten longest ago become one with everything. */
const MOST_SELECTORS = 1_000;
export const FORGOTTEN_KEY = "forgotten";

export function forgotten(database: Database | undefined, clock: Clock): Forgotten {
  const times = new Map<Selector, Instant>();
  let last = Number.NEGATIVE_INFINITY;

  function raise(selector: Selector, at: Instant): void {
    const before = times.get(selector) ?? at;
    // Those that were raised last stand last.
    times.delete(selector);
    times.set(selector, Math.max(before, at));
  }

  function add(selectors: readonly Selector[], at: Instant): void {
    last = Math.max(last, at);
    for (const selector of selectors) raise(selector, at);
    for (const [selector, before] of times) {
      if (times.size <= MOST_SELECTORS) break;
      if (selector === EVERYTHING) continue;
      times.delete(selector);
      raise(EVERYTHING, before);
    }
  }

  async function load(kept: Database): Promise<void> {
    if (!(await kept.ready())) return;
    const now = clock();
    for (const [selector, at] of await readForgotten(kept.use("sys"))) {
      // A clock that was wrong then must not make a tag useless until that day.
      add([selector], Math.min(at, now));
    }
  }

  let loading =
    database &&
    load(database)
      .catch(() => undefined)
      .then(() => void (loading = undefined));

  return {
    get loading() {
      return loading;
    },
    covers({ facts: { responseAt }, mark: { labels } }) {
      if (times.size === 0) return false;
      let at = times.get(EVERYTHING) ?? Number.NEGATIVE_INFINITY;
      for (const label of labels) at = Math.max(at, times.get(label) ?? at);
      // Where the clock was put back, nobody can tell what came before.
      return at !== Number.NEGATIVE_INFINITY && (responseAt <= at || responseAt > Math.max(clock(), at) + 1);
    },
    add,
    now() {
      const now = clock();
      return now === last ? now + 1 : now;
    },
    all: () => [...times],
  };
}

/** What is kept of it on disk. Whatever has another shape is left out. */
export async function readForgotten(sys: UseStore): Promise<readonly (readonly [Selector, Instant])[]> {
  const kept = await sys("readonly", (store) => promisifyRequest<unknown>(store.get(FORGOTTEN_KEY)));
  return Array.isArray(kept) ? kept.filter(isForgotten) : [];
}

function isForgotten(value: unknown): value is readonly [Selector, Instant] {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && Number.isFinite(value[1])
  );
}
