import { cannot } from "../errors.ts";
import type { Snapshot } from "../purge/ledger.ts";
import type { Entry } from "../store.ts";
import type { SharedTiers } from "../stores/shared-tiers.ts";
import { written } from "./behind.ts";
import type { Core, Scope } from "./core.ts";
import { labelsOf } from "./fill.ts";
import type { Held } from "./held.ts";
import { findFar, freshNear, isFresh } from "./lookup.ts";
import type { SetOptions } from "./options.ts";
import { settingsOf } from "./settings.ts";
import { dropNear, handOut, hold, keepNear, stampName } from "./shelf.ts";
import { snapshotFor } from "./standing.ts";

export interface IncrementOptions extends Pick<SetOptions, "ttl" | "tags"> {
  /** Where a counter that is not there begins. @defaultValue 0 */
  readonly initial?: number;
}

/** One addition to one counter. */
interface Addition {
  readonly text: string;
  readonly by: number;
  readonly options: IncrementOptions;
}

/** Writers at once that one counter bears where the store cannot add by itself. */
const MOST_ATTEMPTS = 50;

/**
 * Adds to a whole number, in one atomic step of the last tier. One that is not there begins; its ttl counts from then.
 *
 * @returns the sum, or `undefined` if the ledger is out of reach: nothing may be kept
 * @throws {TypeError | RangeError} if value or sum is no safe whole number; whatever the last tier rejects with
 */
export async function addTo(core: Core, scope: Scope, addition: Addition): Promise<number | undefined> {
  const { by, text, options } = addition;
  if (!Number.isSafeInteger(by) || !Number.isSafeInteger(options.initial ?? 0)) {
    throw new RangeError(cannot("add to a value", "it takes whole numbers", by));
  }
  await written(core, text);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const snapshot = await snapshotFor(core, undefined);
    if (snapshot === undefined) return undefined;
    if (core.far === undefined) return addNear(core, scope, addition, snapshot);
    const sum = await addFar(core, core.far, scope, addition, snapshot);
    if (sum === undefined) continue;
    core.fences.raise([text]);
    // It changes without a purge: no copy of it is kept in memory.
    dropNear(core, text);
    return sum;
  }
  throw new Error(`Too many writers add to ${text} at once`);
}

function addNear(core: Core, scope: Scope, addition: Addition, snapshot: Snapshot): number {
  const { text, by, options } = addition;
  const there = freshNear(core, scope, text, snapshot);
  const sum = summed(there === undefined ? options.initial : handOut(core, there), by);
  core.fences.raise([text]);
  keepNear(core, text, counter(core, scope, addition, snapshot, sum, there));
  return sum;
}

/** `undefined` = another writer was there meanwhile. */
async function addFar(
  core: Core,
  far: SharedTiers,
  scope: Scope,
  addition: Addition,
  snapshot: Snapshot,
): Promise<number | undefined> {
  const { text, by, options } = addition;
  const { kept, seen } = await findFar(
    core,
    { scope, text, schema: undefined, waitUntil: undefined },
    snapshot,
  );
  const there = kept !== undefined && isFresh(core, kept) ? kept.held : undefined;
  const sum = summed(there === undefined ? options.initial : handOut(core, there), by);
  const key = core.spaced(text);
  // A number that was set, by a serializer of one's own, is none that the store can add to.
  const added = there === undefined ? undefined : await far.increment?.(key, by);
  if (added !== undefined) return added;
  if (far.replace === undefined) {
    throw new TypeError(cannot("add to a value", "the last tier needs replace, or increment", far.name));
  }
  const { mark, expiresAt, facts } = counter(core, scope, addition, snapshot, sum, there);
  const entry: Entry = {
    mark,
    expiresAt,
    facts: { kind: "value", ...facts, count: sum, isCounter: true },
    body: null,
    stamp: stampName(core),
  };
  const wrote = await far.replace(key, entry, (expiresAt - core.clock()) / 1_000, seen?.stamp);
  return wrote ? sum : undefined;
}

/** The counter after the addition, with the time and the mark that it had. */
function counter(
  core: Core,
  scope: Scope,
  { text, options }: Addition,
  snapshot: Snapshot,
  sum: number,
  there: Held | undefined,
): Held {
  const { ttl } = settingsOf(options, scope.settings);
  return hold(
    core,
    text,
    { form: "fixed-json", value: sum, size: 8 },
    {
      facts: there?.facts ?? { ttl, grace: 0, cost: 0 },
      point: there?.mark ?? snapshot,
      labels: there?.mark.labels ?? labelsOf(options.tags ?? []),
      expiresAt: there?.expiresAt ?? core.clock() + ttl,
      stamp: 0,
      settings: scope.settings,
    },
  );
}

function summed(value: unknown, by: number): number {
  const from = value ?? 0;
  if (typeof from !== "number" || !Number.isSafeInteger(from)) {
    throw new TypeError(cannot("add to a value", "it must be a whole number", typeof from));
  }
  if (!Number.isSafeInteger(from + by)) {
    throw new RangeError(cannot("add to a value", "the sum is no safe whole number", from + by));
  }
  return from + by;
}
