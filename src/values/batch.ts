import { cannot } from "../errors.ts";
import type { Snapshot } from "../purge/ledger.ts";
import type { Entry } from "../store.ts";
import type { Core } from "./core.ts";
import type { FillCall } from "./fill.ts";
import type { CacheKey } from "./keys.ts";
import { findNear, take, type Call, type Judged, type Kept } from "./lookup.ts";
import type { Seen } from "./shelf.ts";
import { latest, standingOf } from "./standing.ts";

/** What was found for one of many keys. */
export interface ManyRead {
  readonly kept: Kept | undefined;
  readonly seen: Seen | undefined;
}

/** As `read` for many keys, with one round trip to the stores outside for all that memory does not have. */
export async function readMany<C extends Call>(
  core: Core,
  calls: readonly C[],
  snapshot: Snapshot,
  isEnough: (kept: Kept, call: C) => boolean,
): Promise<readonly ManyRead[]> {
  const near =
    core.hot === undefined ? [] : await settled(calls.map((call) => findNear(core, call, snapshot)));
  const missing: C[] = [];
  const places = calls.map((call, index) => {
    const kept = near[index];
    return kept !== undefined && isEnough(kept, call) ? -1 : missing.push(call) - 1;
  });
  const far = missing.length === 0 ? [] : await farMany(core, missing, snapshot);
  return places.map((place, index) => {
    const found = far[place];
    return { kept: found?.kept ?? near[index], seen: found?.seen };
  });
}

/** All at once, where none is a promise: a promise each would cost more than all else. */
function settled<T>(outcomes: readonly (T | Promise<T>)[]): readonly T[] | Promise<T[]> {
  // Looked at one by one.
  return outcomes.some((it) => it instanceof Promise) ? Promise.all(outcomes) : (outcomes as readonly T[]);
}

const UNSEEN: Seen = { stamp: undefined };

async function farMany(core: Core, calls: readonly Call[], snapshot: Snapshot): Promise<readonly ManyRead[]> {
  const { readFarMany, fences, hot } = core;
  if (readFarMany === undefined) return [];
  const judged: (Judged & { readonly stamp: string | undefined })[] = [];
  const accept = (entry: Entry, index: number): boolean => {
    const call = calls[index];
    const state = call === undefined ? "gone" : standingOf(core, call.scope, call.text, entry.mark, snapshot);
    judged[index] = { stamp: entry.stamp, snapshot, state };
    return state !== "gone";
  };
  // Without a memory nothing is kept here that could be too old.
  const numbers = hot === undefined ? [] : calls.map(({ text }) => fences.begin(text));
  try {
    const keys = calls.map(({ text }) => core.spaced(text));
    const entries = await readFarMany(keys, accept, calls[0]?.waitUntil ?? core.waitUntil);
    const newest = latest(core, snapshot);
    const kept = await settled(
      calls.map((call, index) => {
        const entry = entries[index];
        const known = judged[index];
        return entry && known && take(core, call, entry, known, numbers[index] ?? 0, newest);
      }),
    );
    return calls.map((_, index) => ({ kept: kept[index], seen: judged[index] ?? UNSEEN }));
  } finally {
    if (hot !== undefined) for (const { text } of calls) fences.end(text);
  }
}

/** Makes many values at once: in the order of the keys, or by key. */
export type Loader<K extends CacheKey, T> = (
  keys: readonly K[],
) => Promise<readonly T[] | ReadonlyMap<K, T>> | readonly T[] | ReadonlyMap<K, T>;

/**
 * One loader for many producers: what they ask for in one turn becomes one call. Each key has a flight of its own, so others
 * can wait for it, and fences, marks and failures are per key.
 */
export function batched<K extends CacheKey>(loader: Loader<K, unknown>): (key: K) => FillCall["producer"] {
  let asked: K[] = [];
  let batch: Promise<(key: K) => unknown> | undefined;

  async function run(): Promise<(key: K) => unknown> {
    await Promise.resolve(); // Until everyone who asks in this turn has asked.
    const keys = asked;
    asked = [];
    batch = undefined;
    return lookUp(keys, await loader(keys));
  }

  return (key) => async () => {
    asked.push(key);
    batch ??= run();
    return (await batch)(key);
  };
}

function lookUp<K>(
  keys: readonly K[],
  values: readonly unknown[] | ReadonlyMap<K, unknown>,
): (key: K) => unknown {
  if (values instanceof Map) return (key) => values.get(key);
  if (!Array.isArray(values) || values.length !== keys.length) {
    throw new TypeError(
      cannot("load values", "a loader returns a Map, or a list with one value for each key", values),
    );
  }
  const places = new Map(keys.map((key, index) => [key, index]));
  return (key) => values[places.get(key) ?? -1];
}
