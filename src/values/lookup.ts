import type { Snapshot } from "../purge/ledger.ts";
import type { Entry } from "../store.ts";
import type { Core, Scope } from "./core.ts";
import type { Held } from "./held.ts";
import type { WaitUntil } from "./options.ts";
import { fits, type Schema } from "./schema.ts";
import {
  dropNear,
  fitted,
  handOut,
  hold,
  keepNear,
  peekHeld,
  readEntry,
  removeFar,
  type Seen,
} from "./shelf.ts";
import { latest, snapshotAt, standingOf } from "./standing.ts";

/** One call for one key. */
export interface Call {
  readonly scope: Scope;
  readonly text: string;
  readonly schema: Schema<unknown> | undefined;
  readonly waitUntil: WaitUntil | undefined;
}

/** A value that is kept, of whatever age. */
export interface Kept {
  readonly held: Held;
  /** A soft purge covers it. */
  readonly isSoft: boolean;
}

/** What was found, and what a later write has to know of what stood there. */
export interface Lookup {
  readonly kept: Kept | undefined;
  /** `undefined` = the stores outside were not asked. */
  readonly seen: Seen | undefined;
}

const NOTHING: Lookup = { kept: undefined, seen: undefined };

/** The value in memory, unless a purge covers it or it does not fit. */
export async function findNear(core: Core, call: Call, snapshot: Snapshot): Promise<Kept | undefined> {
  const { scope, text, schema } = call;
  const held = peekHeld(core, text, core.clock());
  if (held === undefined) return undefined;
  const state = standingOf(core, scope, text, held.mark, snapshot);
  if (state === "gone") dropNear(core, text, held);
  if (state === "gone" || state === "ahead") return undefined;
  if (schema !== undefined && held.life.schema !== schema) {
    if (!(await fits(schema, handOut(core, held)))) return undefined;
    fitted(core, held, schema);
  }
  return { held, isSoft: state === "soft" };
}

/** The value in memory, if it is fresh and no purge covers it. Tells at once, so that what follows is one step. */
export function freshNear(core: Core, scope: Scope, text: string, snapshot: Snapshot): Held | undefined {
  const held = peekHeld(core, text, core.clock());
  if (held === undefined || core.clock() >= held.freshUntil) return undefined;
  return standingOf(core, scope, text, held.mark, snapshot) === "current" ? held : undefined;
}

export function isFresh(core: Core, { held, isSoft }: Kept): boolean {
  return !isSoft && core.clock() < held.freshUntil;
}

/** The value in the stores outside, unless a purge covers it or it does not fit; taken into memory as well. */
export async function findFar(core: Core, call: Call, snapshot: Snapshot): Promise<Lookup> {
  const { far } = core;
  if (far === undefined) return NOTHING;
  const { scope, text, waitUntil } = call;
  let seen: Seen = { stamp: undefined };
  const accept = (entry: Entry): boolean => {
    seen = { stamp: entry.stamp };
    return standingOf(core, scope, text, entry.mark, snapshot) !== "gone";
  };
  const number = core.fences.begin(text);
  try {
    const found = await far.find(core.spaced(text), { accept, waitUntil: waitUntil ?? core.waitUntil });
    const kept = found && (await take(core, call, found.entry, snapshot, number));
    return { kept, seen };
  } finally {
    core.fences.end(text);
  }
}

/** Reads an entry from outside, and keeps it in memory if nothing was written or deleted here since `number`. */
export async function take(
  core: Core,
  call: Call,
  entry: Entry,
  snapshot: Snapshot,
  number: number,
): Promise<Kept | undefined> {
  const { scope, text, schema, waitUntil } = call;
  const state = await confirmed(core, call, entry, snapshot);
  if (state === undefined) return undefined;
  const read = readEntry(core, entry);
  if (read === undefined) {
    removeFar(core, text, waitUntil);
    return undefined;
  }
  const { mark, expiresAt, stamp = "" } = entry;
  const { labels, ...point } = mark;
  const held = hold(core, text, read.packed, {
    facts: read.facts,
    point,
    labels,
    expiresAt,
    stamp,
    settings: scope.settings,
  });
  if (schema !== undefined) {
    if (!(await fits(schema, handOut(core, held)))) return undefined;
    fitted(core, held, schema);
  }
  if (!read.isCounter && core.fences.isOpen(text, number)) keepNear(core, text, held);
  return { held, isSoft: state === "soft" };
}

/** The standing of an entry that may know of purges that we do not: then the ledger is asked. `undefined` = not to be used. */
async function confirmed(
  core: Core,
  { scope, text, waitUntil }: Call,
  { mark }: Entry,
  snapshot: Snapshot,
): Promise<"current" | "soft" | undefined> {
  // It may have taken a while to come.
  let state = standingOf(core, scope, text, mark, latest(core, snapshot));
  if (state === "ahead") {
    const newer = await snapshotAt(core, waitUntil, mark);
    state = newer === undefined ? "gone" : standingOf(core, scope, text, mark, newer);
  }
  return state === "current" || state === "soft" ? state : undefined;
}
