import fc from "fast-check";
import { expect } from "vitest";
import type { Cache } from "../../src/index.ts";

/** What a cache should hold: a Map with a clock. */
interface Model {
  now: number;
  readonly values: Map<
    string,
    { readonly value: unknown; readonly until: number; readonly tag: string | undefined }
  >;
}

/** A cache, and a clock that a test moves. */
export interface OpenCache {
  readonly cache: Cache;
  readonly pass: (seconds: number) => void | Promise<void>;
  readonly close?: () => unknown;
}

const KEYS = ["a", "b", '["a"]', "@n:a", ""];
const TAGS = ["s", "t"];
/** In seconds, and so long that what the machine takes is none of it: servers have clocks of their own. */
const TTL = 60_000;

function live({ values, now }: Model, key: string) {
  const kept = values.get(key);
  return kept !== undefined && kept.until > now ? kept : undefined;
}

type Step = fc.AsyncCommand<Model, OpenCache>;

function step(text: string, run: (model: Model, real: OpenCache) => Promise<void>): Step {
  return { check: () => true, run, toString: () => text };
}

const key = fc.constantFrom(...KEYS);
const tag = fc.option(fc.constantFrom(...TAGS), { nil: undefined });
const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom("text", null, undefined, { a: [1] }));
const ttl = fc.constantFrom(0, 1_000, 30_000, TTL);
const options = (seconds: number, label: string | undefined) => ({
  ttl: seconds,
  ...(label !== undefined && { tags: [label] }),
});

/** Calls that any tier can carry. */
const plainSteps: fc.Arbitrary<Step>[] = [
  fc.tuple(key, value, ttl, tag).map(([k, v, seconds, label]) =>
    step(`set ${k} ${JSON.stringify(v)} ${seconds} ${label}`, async (model, { cache }) => {
      await cache.set(k, v, options(seconds, label));
      model.values.delete(k);
      if (seconds > 0) model.values.set(k, { value: v, until: model.now + seconds, tag: label });
    }),
  ),
  key.map((k) =>
    step(`get ${k}`, async (model, { cache }) => {
      const kept = live(model, k);
      expect(await cache.has(k)).toBe(kept !== undefined);
      expect(await cache.get(k)).toStrictEqual(kept?.value);
      expect(await cache.ttl(k)).toBe(kept && kept.until - model.now);
    }),
  ),
  fc.tuple(key, value, tag).map(([k, v, label]) =>
    step(`getOrSet ${k} ${JSON.stringify(v)} ${label}`, async (model, { cache }) => {
      const kept = live(model, k);
      expect(await cache.getOrSet(k, () => v, options(TTL, label))).toStrictEqual(
        kept === undefined ? v : kept.value,
      );
      if (kept === undefined && v !== null && v !== undefined) {
        model.values.set(k, { value: v, until: model.now + TTL, tag: label });
      }
    }),
  ),
  fc.tuple(fc.subarray(KEYS), value).map(([keys, v]) =>
    step(`getOrSetMany ${keys.join()} ${JSON.stringify(v)}`, async (model, { cache }) => {
      const expected = keys.map((k) => (live(model, k) ?? { value: v }).value);
      expect(await cache.getOrSetMany(keys, (missing) => missing.map(() => v), { ttl: TTL })).toStrictEqual(
        expected,
      );
      for (const k of keys) {
        if (live(model, k) === undefined && v !== null && v !== undefined) {
          model.values.set(k, { value: v, until: model.now + TTL, tag: undefined });
        }
      }
    }),
  ),
  fc.subarray(KEYS).map((keys) =>
    step(`getMany ${keys.join()}`, async (model, { cache }) => {
      const found = keys.flatMap((k) => {
        const kept = live(model, k);
        return kept === undefined ? [] : [[k, kept.value] as const];
      });
      expect(await cache.getMany(keys)).toStrictEqual(new Map(found));
    }),
  ),
  key.map((k) =>
    step(`delete ${k}`, async (model, { cache }) => {
      await cache.delete(k);
      model.values.delete(k);
    }),
  ),
  fc.tuple(key, fc.constantFrom(1_000, 30_000, TTL)).map(([k, seconds]) =>
    step(`touch ${k} ${seconds}`, async (model, { cache }) => {
      const kept = live(model, k);
      expect(await cache.touch(k, seconds)).toBe(kept !== undefined);
      if (kept !== undefined) model.values.set(k, { ...kept, until: model.now + seconds });
    }),
  ),
  fc.constantFrom(...TAGS).map((label) =>
    step(`purge ${label}`, async (model, { cache }) => {
      await cache.purge({ tags: [label] });
      for (const [k, kept] of model.values) if (kept.tag === label) model.values.delete(k);
    }),
  ),
  fc.constantFrom("clear", "bumpVersion", "everything").map((how) =>
    step(how, async (model, { cache }) => {
      if (how === "clear") await cache.clear();
      else if (how === "bumpVersion") await cache.bumpVersion();
      else await cache.purge({ everything: true });
      model.values.clear();
    }),
  ),
  fc.constantFrom(500, 1_000, 29_000, 60_000).map((seconds) =>
    step(`pass ${seconds}`, async (model, { pass }) => {
      await pass(seconds);
      model.now += seconds;
    }),
  ),
];

/** Those that need a last tier with `replace`. */
const atomicSteps: fc.Arbitrary<Step>[] = [
  fc.tuple(key, value, ttl, tag).map(([k, v, seconds, label]) =>
    step(`add ${k} ${JSON.stringify(v)} ${seconds} ${label}`, async (model, { cache }) => {
      const isFree = live(model, k) === undefined && seconds > 0;
      expect(await cache.add(k, v, options(seconds, label))).toBe(isFree);
      if (isFree) model.values.set(k, { value: v, until: model.now + seconds, tag: label });
    }),
  ),
  fc.tuple(key, fc.integer({ min: -3, max: 3 })).map(([k, by]) =>
    step(`increment ${k} ${by}`, async (model, { cache }) => {
      const kept = live(model, k);
      const from = kept === undefined ? 0 : (kept.value ?? 0);
      if (typeof from !== "number") {
        await expect(cache.increment(k, by, { ttl: TTL })).rejects.toThrow(TypeError);
        return;
      }
      expect(await cache.increment(k, by, { ttl: TTL })).toBe(from + by);
      model.values.set(k, { value: from + by, until: kept?.until ?? model.now + TTL, tag: kept?.tag });
    }),
  ),
];

/** Those that need one that can tell its keys. */
const patternSteps: fc.Arbitrary<Step>[] = [
  fc.constantFrom("*", "a*", "?", "[*", "").map((pattern) =>
    step(`deletePattern ${pattern}`, async (model, { cache }) => {
      await cache.deletePattern(pattern);
      const isMatch = {
        "*": () => true,
        "a*": (k: string) => k.startsWith("a"),
        "?": (k: string) => k.length === 1,
        "[*": () => false,
        "": (k: string) => k === "",
      }[pattern];
      for (const k of model.values.keys()) if (isMatch?.(k)) model.values.delete(k);
    }),
  ),
];

/** Any calls in any order answer as a Map with a clock would. */
export async function expectMap(
  open: () => OpenCache | Promise<OpenCache>,
  { numRuns = 300, can = ["atomic", "patterns"] }: ModelOptions = {},
): Promise<void> {
  const steps = [
    ...plainSteps,
    ...(can.includes("atomic") ? atomicSteps : []),
    ...(can.includes("patterns") ? patternSteps : []),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 40 }), async (commands) => {
      const real = await open();
      try {
        await fc.asyncModelRun(() => ({ model: { now: 0, values: new Map() }, real }), commands);
      } finally {
        await real.close?.();
      }
    }),
    { numRuns },
  );
}

export interface ModelOptions {
  readonly numRuns?: number;
  /** What the last tier can. @defaultValue all */
  readonly can?: readonly ("atomic" | "patterns")[];
}
