import { toSeconds } from "../duration.ts";
import { readMany } from "./batch.ts";
import type { Cache, GetOptions, NamespaceOptions } from "./cache-types.ts";
import { clearScope, deletePattern, purgeScope } from "./clearing.ts";
import type { Core, Scope } from "./core.ts";
import { addTo } from "./counters.ts";
import type { Held } from "./held.ts";
import { keyText, namespaceStart, type CacheKey } from "./keys.ts";
import { waitForLock } from "./lock.ts";
import { findAhead, findFar, findNear, isFresh, type Call, type Kept } from "./lookup.ts";
import { getOrSetters } from "./get-or-set.ts";
import { deleteTexts, forget, order, purge } from "./purges.ts";
import { quickReader } from "./quick.ts";
import { lockSettings, settingsOf } from "./settings.ts";
import { handOut } from "./shelf.ts";
import { dropQuestion, selectorsOf, snapshotFor } from "./standing.ts";
import { warm } from "./warm.ts";
import { addOne, setAll, touchOne } from "./writes.ts";

/** The calls of a cache or of a namespace in it. */
export function scopeApi<V>(core: Core, scope: Scope, stop: () => void): Cache<V> {
  const quick = quickReader(core, scope);
  const textOf = (key: CacheKey): string => scope.start + keyText(key);
  const callOf = (key: CacheKey, { schema = scope.schema }: GetOptions = {}): Call => {
    return { scope, text: textOf(key), schema, waitUntil: undefined };
  };

  /** Awaits what has to be awaited and nothing else: each turn costs as much as a look-up. */
  async function find(key: CacheKey, options: GetOptions = {}): Promise<Held | undefined> {
    const known = snapshotFor(core, undefined);
    const call = callOf(key, options);
    const ahead = findAhead(core, call, known);
    const snapshot = known instanceof Promise ? await known : known;
    const looked = snapshot && core.hot && findNear(core, call, snapshot);
    let kept = looked instanceof Promise ? await looked : looked;
    if (snapshot !== undefined && (kept === undefined || !isFresh(core, kept)))
      kept = (await (ahead ?? findFar(core, call, snapshot))).kept ?? kept;
    const isFound = kept !== undefined && (options.stale === true || isFresh(core, kept));
    core.stats[isFound ? "hits" : "misses"] += 1;
    return isFound ? kept?.held : undefined;
  }

  const deleteKeys = async (keys: readonly CacheKey[]): Promise<number> =>
    deleteTexts(core, [...new Set(keys.map(textOf))]);

  // What comes out is of the type that the caller names: the schema, where there is one, or whoever wrote it, vouches.
  const given = (held: Held) => handOut(core, held) as never;

  const cache: Cache<V> = {
    async get(key, options) {
      let held = quick(key, options?.schema ?? scope.schema);
      if (held === undefined) held = await find(key, options);
      else core.stats.hits += 1;
      return held && given(held);
    },
    peek(key) {
      const held = quick(key, scope.schema);
      dropQuestion(core);
      return held && given(held);
    },
    has: async (key) => (await find(key)) !== undefined,
    async getMany(keys, options) {
      const byText = new Map(keys.map((key) => [textOf(key), key]));
      const snapshot = await snapshotFor(core, undefined);
      if (snapshot === undefined) return new Map();
      const isEnough = (kept: Kept): boolean => options?.stale === true || isFresh(core, kept);
      const calls = [...byText.values()].map((key) => callOf(key, options));
      const reads = await readMany(core, calls, snapshot, isEnough);
      const found = new Map();
      for (const [index, key] of [...byText.values()].entries()) {
        const kept = reads[index]?.kept;
        const isFound = kept !== undefined && isEnough(kept);
        core.stats[isFound ? "hits" : "misses"] += 1;
        if (isFound) found.set(key, given(kept.held));
      }
      return found;
    },
    ...getOrSetters(core, scope, quick),

    set: async (key, value, options = {}) => setAll(core, scope, [{ text: textOf(key), value }], options),
    async setMany(values, options = {}) {
      const writes = new Map(Array.from(values, ([key, value]) => [textOf(key), value]));
      await setAll(
        core,
        scope,
        Array.from(writes, ([text, value]) => ({ text, value })),
        options,
      );
    },
    add: async (key, value, options = {}) => addOne(core, scope, { text: textOf(key), value }, options),
    async touch(key, ttl) {
      return touchOne(
        core,
        scope,
        textOf(key),
        ttl === undefined ? scope.settings.ttl / 1_000 : toSeconds(ttl, "ttl"),
      );
    },
    async ttl(key) {
      const held = await find(key);
      return held && (held.freshUntil - core.clock()) / 1_000;
    },
    increment: async (key, by = 1, options = {}) => addTo(core, scope, { text: textOf(key), by, options }),
    decrement: async (key, by = 1, options = {}) =>
      addTo(core, scope, { text: textOf(key), by: -by, options }),

    delete: async (key) => (await deleteKeys([key])) > 0,
    deleteMany: deleteKeys,
    expire: async (key) => purge(core, scope, { keys: [key] }, { soft: true }),
    purge: async (target, options) => purge(core, scope, target, options),
    deletePattern: async (pattern) => deletePattern(core, scope, pattern),
    async bumpVersion(key) {
      if (key === undefined) return purgeScope(core, scope);
      const texts = [textOf(key)];
      forget(core, texts);
      return (await order(core, selectorsOf(core, texts), "hard")).position;
    },
    clear: async () => clearScope(core, scope),

    lock: async (key, options = {}) => waitForLock(core, textOf(key), lockSettings(options)),
    warm: async (items, options) =>
      warm(items, ({ key, producer, options: own }) => cache.getOrSet(key, producer, own), options),
    namespace: (name, options) => scopeApi(core, inner(core, scope, name, options), stop),
    stats: () => ({ ...core.stats }),
    async close() {
      stop();
      while (core.background.size > 0) await Promise.all(core.background);
    },
  };
  return cache;
}

function inner(
  core: Core,
  { start, selectors, settings, schema }: Scope,
  name: string,
  options: NamespaceOptions<unknown> = {},
): Scope {
  const innerStart = namespaceStart(start, name);
  return {
    start: innerStart,
    selectors: [...selectors, core.selector + innerStart.slice(0, -1)],
    settings: settingsOf(options, settings),
    schema: options.schema ?? schema,
  };
}
