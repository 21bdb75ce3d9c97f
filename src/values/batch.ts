import { cannot } from "../errors.ts";
import type { Snapshot } from "../purge/ledger.ts";
import type { Entry } from "../store.ts";
import type { Core } from "./core.ts";
import type { FillCall } from "./fill.ts";
import type { CacheKey } from "./keys.ts";
import { findNear, take, type Call, type Judged, type Kept } from "./lookup.ts";
import type { Seen } from "./shelf.ts";
import { standingOf } from "./standing.ts";

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
  const near = await Promise.all(calls.map((call) => findNear(core, call, snapshot)));
  const isMissing = calls.map((call, index) => {
    const kept = near[index];
    return kept === undefined || !isEnough(kept, call);
  });
  const far = await farMany(
    core,
    calls.filter((_, index) => isMissing[index]),
    snapshot,
  );
  return calls.map(({ text }, index) => {
    const found = isMissing[index] ? far.get(text) : undefined;
    return { kept: found?.kept ?? near[index], seen: found?.seen };
  });
}

async function farMany(
  core: Core,
  calls: readonly Call[],
  snapshot: Snapshot,
): Promise<ReadonlyMap<string, ManyRead>> {
  const { far } = core;
  const results = new Map<string, ManyRead>();
  const [first] = calls;
  if (far === undefined || first === undefined) return results;
  const callOf = new Map(calls.map((call) => [core.spaced(call.text), call]));
  const seen = new Map<string, Seen & Judged>();
  const accept = (entry: Entry, key: string): boolean => {
    const call = callOf.get(key);
    const state = call === undefined ? "gone" : standingOf(core, call.scope, call.text, entry.mark, snapshot);
    seen.set(key, { stamp: entry.stamp, snapshot, state });
    return state !== "gone";
  };
  const numbers = new Map(calls.map(({ text }) => [text, core.fences.begin(text)]));
  try {
    const keys = [...callOf.keys()];
    const waitUntil = first.waitUntil ?? core.waitUntil;
    const found = await far.findMany(keys, { accept, waitUntil });
    await Promise.all(
      [...callOf].map(async ([key, call], index) => {
        const entry = found[index]?.entry;
        const number = numbers.get(call.text) ?? 0;
        const known = seen.get(key);
        const kept = entry && known && (await take(core, call, entry, known, number));
        results.set(call.text, { kept, seen: known ?? { stamp: undefined } });
      }),
    );
    return results;
  } finally {
    for (const { text } of calls) core.fences.end(text);
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
