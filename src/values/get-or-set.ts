import { batched, readMany } from "./batch.ts";
import type { Cache } from "./cache-types.ts";
import type { Core, Scope } from "./core.ts";
import type { FillCall } from "./fill.ts";
import type { Held } from "./held.ts";
import { keyText, type CacheKey } from "./keys.ts";
import type { Kept } from "./lookup.ts";
import { answer, decided, obtain, UNREAD } from "./obtain.ts";
import type { GetOrSetOptions, Producer } from "./options.ts";
import { purge } from "./purges.ts";
import type { Schema } from "./schema.ts";
import { settingsOf, type Settings } from "./settings.ts";
import { handOut } from "./shelf.ts";
import { dropQuestion, snapshotFor } from "./standing.ts";
import { wrapped } from "./wrap.ts";

/** Reads what needs no question; `undefined` = the slow way decides. */
type Quick = (key: CacheKey, schema: Schema<unknown> | undefined) => Held | undefined;

/** The calls that know how to make what is not there. What they hand out is of the type that the caller names. */
export function getOrSetters<V>(
  core: Core,
  scope: Scope,
  quick: Quick,
): Pick<Cache<V>, "getOrSet" | "getOrSetMany" | "wrap"> {
  function callFor<T>(
    key: CacheKey,
    producer: Producer<T>,
    options: GetOrSetOptions<T>,
    settings: Settings,
  ): FillCall {
    const { schema = scope.schema, waitUntil } = options;
    const { tags } = options as GetOrSetOptions; // Called with what the producer has made, and nothing else.
    const text = scope.start + keyText(key);
    return { scope, text, schema, waitUntil, settings, tags, producer: producer as Producer<unknown> };
  }

  /** A promise that is ready: a hit awaits nothing. */
  function hit(key: CacheKey, schema: Schema<unknown> | undefined): Promise<never> | undefined {
    const held = quick(key, schema);
    if (held === undefined) return undefined;
    core.stats.hits += 1;
    return Promise.resolve(handOut(core, held) as never); // Of the type that the caller names.
  }

  async function slow<T>(key: CacheKey, producer: Producer<T>, options: GetOrSetOptions<T>): Promise<T> {
    const known = snapshotFor(core, options.waitUntil);
    const call = callFor(key, producer, options, settingsOf(options, scope.settings));
    return (await obtain(core, call, known, options.forceRefresh === true)) as T; // As `hit`.
  }

  return {
    getOrSet(key, producer, options) {
      try {
        const ready = options?.forceRefresh === true ? undefined : hit(key, options?.schema ?? scope.schema);
        return ready ?? slow(key, producer, options ?? {});
      } catch (error) {
        return Promise.reject(error);
      }
    },

    async getOrSetMany(keys, loader, options = {}) {
      const settings = settingsOf(options, scope.settings);
      const producerOf = batched(loader);
      const calls = new Map<string, FillCall>();
      const texts = keys.map((key) => {
        const call = callFor(key, producerOf(key), options as GetOrSetOptions, settings); // As `callFor`.
        calls.set(call.text, call);
        return call.text;
      });
      const isForced = options.forceRefresh === true;
      const all = [...calls.values()];
      const snapshot = await snapshotFor(core, options.waitUntil);
      const isEnough = (kept: Kept, call: FillCall): boolean => decided(core, call, kept).action === "serve";
      const reads = snapshot === undefined || isForced ? [] : await readMany(core, all, snapshot, isEnough);
      const answers = await Promise.all(
        all.map((call, index) => answer(core, call, snapshot, reads[index] ?? UNREAD, isForced)),
      );
      const byText = new Map(all.map(({ text }, index) => [text, answers[index]]));
      return texts.map((text) => byText.get(text) as never); // As `hit`.
    },

    wrap(fn, options) {
      const { schema = scope.schema, waitUntil } = options;
      const settings = settingsOf(options, scope.settings);
      return wrapped(fn, options, {
        hit: (key) => hit(key, schema),
        peek(key) {
          const held = quick(key, schema);
          dropQuestion(core);
          return held && handOut(core, held);
        },
        async slow(key, producer, tags, isForced) {
          const known = snapshotFor(core, waitUntil);
          const text = scope.start + keyText(key);
          const call = { scope, text, schema, waitUntil, settings, producer, tags };
          return obtain(core, call, known, isForced);
        },
        purge: (key, how) => purge(core, scope, { keys: [key] }, how),
      });
    },
  };
}
