import { cannot } from "../errors.ts";
import type { Seconds } from "../clock.ts";
import type { Selector, Snapshot } from "../purge/ledger.ts";
import { keepBehind, written } from "./behind.ts";
import type { Core, Scope } from "./core.ts";
import { jittered } from "./decide.ts";
import { labelsOf } from "./fill.ts";
import type { Held } from "./held.ts";
import { findFar, findNear, freshNear, isFresh, type Call } from "./lookup.ts";
import type { SetOptions } from "./options.ts";
import { deleteTexts } from "./purges.ts";
import { settingsOf } from "./settings.ts";
import type { SharedTiers } from "../stores/shared-tiers.ts";
import { dropNear, entryOf, hold, keepFar, keepNear, packed, packedOf, stampOf } from "./shelf.ts";
import { snapshotFor } from "./standing.ts";

/** A value that is to be written. */
export interface ToWrite {
  readonly text: string;
  readonly value: unknown;
}

/** Values with their time and mark; `undefined` = their ttl is 0, so they are to be removed. */
function heldFor(
  core: Core,
  scope: Scope,
  { text, value }: ToWrite,
  options: SetOptions,
  snapshot: Snapshot,
  labels: readonly Selector[],
): Held | undefined {
  const settings = settingsOf(options, scope.settings);
  const { ttl } = settings;
  const lasts = jittered(ttl, settings.jitter, core.random);
  const content = packed(core, value);
  if (lasts <= 0) return undefined;
  const grace = Math.max(settings.staleWhileRevalidate, settings.staleIfError);
  return hold(core, text, content, {
    facts: { ttl, grace, cost: 0 },
    point: snapshot,
    labels,
    expiresAt: core.clock() + lasts + grace,
    stamp: core.far === undefined ? 0 : (core.nextWrite += 1),
    settings,
  });
}

/**
 * Writes values: in memory at once, outside before it resolves, or behind that with a `waitUntil`. Nothing is kept while the
 * ledger is out of reach.
 *
 * @throws if an option makes no sense, or a value cannot be stored: then none is
 */
export async function setAll(
  core: Core,
  scope: Scope,
  writes: readonly ToWrite[],
  options: SetOptions,
): Promise<void> {
  const labels = labelsOf(options.tags ?? []);
  const texts = writes.map(({ text }) => text);
  if (options.purge === true) await deleteTexts(core, texts, options.waitUntil);
  const snapshot = await snapshotFor(core, options.waitUntil);
  if (snapshot === undefined) return dropAll(core, texts);
  const all = writes.map((write) => ({
    text: write.text,
    held: heldFor(core, scope, write, options, snapshot, labels),
  }));
  // What is under way was asked for before this: it must not take this one's place.
  core.fences.raise(texts);
  core.failures.delete(texts);
  for (const { text, held } of all) {
    if (held === undefined) dropNear(core, text);
    else keepNear(core, text, held);
  }
  if (core.far === undefined) return;
  const now = core.clock();
  const far = core.far.setMany(
    all.map(({ text, held }) => {
      const key = core.spaced(text);
      return held === undefined
        ? nothing(key)
        : { key, entry: entryOf(core, held), ttl: (held.expiresAt - now) / 1_000 };
    }),
  );
  const waitUntil = options.waitUntil ?? core.waitUntil;
  if (waitUntil === undefined) await far;
  else keepBehind(core, texts, far, waitUntil);
}

function nothing(key: string) {
  const entry = { mark: { epoch: "", position: 0, labels: [] }, expiresAt: 0, facts: {}, body: null };
  return { key, entry, ttl: 0 };
}

function dropAll(core: Core, texts: readonly string[]): void {
  for (const key of texts) core.emit({ type: "value-dropped", key, reason: "blind" });
}

/**
 * Writes where no value is, in one atomic step of the last tier; resolves to whether it wrote. What a purge covers is no value.
 *
 * @throws {TypeError} if the last tier cannot do that; whatever that tier rejects with
 */
export async function addOne(
  core: Core,
  scope: Scope,
  write: ToWrite,
  options: SetOptions,
): Promise<boolean> {
  const { text } = write;
  const labels = labelsOf(options.tags ?? []);
  const call = callOf(scope, text, options);
  const snapshot = await snapshotFor(core, options.waitUntil);
  if (snapshot === undefined) {
    dropAll(core, [text]);
    return false;
  }
  const held = heldFor(core, scope, write, options, snapshot, labels);
  if (held === undefined || freshNear(core, scope, text, snapshot) !== undefined) return false;
  if (core.far !== undefined && !(await addFar(core, core.far, call, snapshot, held))) return false;
  // Where there is only memory, nothing was awaited since the look.
  core.fences.raise([text]);
  core.failures.delete([text]);
  keepNear(core, text, held);
  return true;
}

/** Looks that one `add` takes, where others write at the same time. */
const MOST_LOOKS = 3;

async function addFar(
  core: Core,
  far: SharedTiers,
  call: Call,
  snapshot: Snapshot,
  held: Held,
): Promise<boolean> {
  const { replace } = far;
  if (replace === undefined)
    throw new TypeError(cannot("add a value", "the last tier needs replace", far.name));
  await written(core, call.text);
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const { kept, seen } = await findFar(core, call, snapshot);
    if (kept !== undefined && isFresh(core, kept)) return false;
    const ttl = (held.expiresAt - core.clock()) / 1_000;
    if (await replace.call(far, core.spaced(call.text), entryOf(core, held), ttl, seen?.stamp)) return true;
    // What came to stand there may be a late write that a purge covers, which is no value.
  }
  return false;
}

/** A call without a schema: what is written takes the place of whatever is there. */
function callOf(scope: Scope, text: string, { waitUntil }: Pick<SetOptions, "waitUntil">): Call {
  return { scope, text, schema: undefined, waitUntil };
}

/** Gives a value another ttl from now, and no other mark; resolves to whether there is one. */
export async function touchOne(core: Core, scope: Scope, text: string, ttl: Seconds): Promise<boolean> {
  const call = callOf(scope, text, {});
  const snapshot = await snapshotFor(core, undefined);
  if (snapshot === undefined) return false;
  const near = await findNear(core, call, snapshot);
  await written(core, text);
  const { kept: far, seen } = await findFar(core, call, snapshot);
  const kept = far ?? near;
  if (kept === undefined || !isFresh(core, kept)) return false;
  const { held } = kept;
  if (ttl <= 0) return (await deleteTexts(core, [text])) >= 0;
  const expiresAt = core.clock() + ttl * 1_000 + held.life.grace;
  const touched = hold(core, text, packedOf(text, held), {
    facts: { ...held.facts, ttl: ttl * 1_000 },
    point: held.mark,
    labels: held.mark.labels,
    expiresAt,
    stamp: core.far === undefined ? 0 : (core.nextWrite += 1),
    settings: scope.settings,
  });
  if (!(await keepFar(core, text, touched, seen ?? { stamp: stampOf(core, held) }))) return false;
  core.fences.raise([text]);
  keepNear(core, text, touched);
  return true;
}
