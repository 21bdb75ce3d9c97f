import type { Standing } from "../purge/check.ts";
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
import { latest, snapshotAt, standingOf, type Known } from "./standing.ts";

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

const UNSEEN: Seen = { stamp: undefined };

/** The value in memory, unless a purge covers it or it does not fit. At once, unless a schema has to be asked. */
export function findNear(
  core: Core,
  call: Call,
  snapshot: Snapshot,
): Kept | undefined | Promise<Kept | undefined> {
  const { scope, text, schema } = call;
  const held = peekHeld(core, text, core.clock());
  if (held === undefined) return undefined;
  const state = standingOf(core, scope, text, held.mark, snapshot);
  if (state === "gone") dropNear(core, text, held);
  if (state === "gone" || state === "ahead") return undefined;
  const kept = { held, isSoft: state === "soft" };
  if (schema === undefined || held.life.schema === schema) return kept;
  return fits(schema, handOut(core, held)).then((isFit) => {
    if (!isFit) return undefined;
    fitted(core, held, schema);
    return kept;
  });
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

/**
 * Begins to look outside while the ledger is still being asked: one round trip instead of two. `undefined` where memory has
 * something, or where a nearer store may have to be passed over by what the ledger says.
 */
export function findAhead(
  core: Core,
  call: Call,
  known: Known | Promise<Known>,
): Promise<Lookup> | undefined {
  if (!(known instanceof Promise) || !core.hasOneFar) return undefined;
  return peekHeld(core, call.text, core.clock()) === undefined ? findFar(core, call, known) : undefined;
}

/**
 * The value in the stores outside, unless a purge covers it or it does not fit; taken into memory as well.
 *
 * @param known a promise only where there is one such store
 */
export async function findFar(core: Core, call: Call, known: Snapshot | Promise<Known>): Promise<Lookup> {
  const { readFar, fences, hot } = core;
  if (readFar === undefined) return NOTHING;
  const { scope, text, waitUntil } = call;
  const isAhead = known instanceof Promise;
  let seen: Seen = UNSEEN;
  let state: Standing = "gone";
  const judge = (entry: Entry, snapshot: Snapshot): boolean => {
    seen = { stamp: entry.stamp };
    state = standingOf(core, scope, text, entry.mark, snapshot);
    return state !== "gone";
  };
  const accept = (entry: Entry): boolean => isAhead || judge(entry, known);
  // Without a memory nothing is kept here that could be too old.
  const number = hot === undefined ? 0 : fences.begin(text);
  try {
    const key = core.spaced(text);
    const entry = await readFar({ key, accept, waitUntil: waitUntil ?? core.waitUntil });
    const snapshot = isAhead ? await known : known;
    if (snapshot === undefined) return NOTHING;
    if (entry === undefined || (isAhead && !judge(entry, snapshot))) return { kept: undefined, seen };
    const taken = take(core, call, entry, { snapshot, state }, number);
    return { kept: taken instanceof Promise ? await taken : taken, seen };
  } finally {
    if (hot !== undefined) fences.end(text);
  }
}

/** How an entry was found to stand when it was read, and by what. */
export interface Judged {
  readonly snapshot: Snapshot;
  readonly state: Standing;
}

/**
 * Reads an entry from outside, and keeps it in memory if nothing was written or deleted here since `number`. At once, unless
 * somebody has to be asked.
 *
 * @param newest what is known by now
 */
export function take(
  core: Core,
  call: Call,
  entry: Entry,
  judged: Judged,
  number: number,
  newest: Snapshot = latest(core, judged.snapshot),
): Kept | undefined | Promise<Kept | undefined> {
  // It may have taken a while to come.
  const isNew = newest !== judged.snapshot;
  const state = isNew ? standingOf(core, call.scope, call.text, entry.mark, newest) : judged.state;
  if (state === "ahead") return takeAhead(core, call, entry, number);
  return state === "gone" ? undefined : taken(core, call, entry, state, number);
}

function taken(
  core: Core,
  call: Call,
  entry: Entry,
  state: "current" | "soft",
  number: number,
): Kept | undefined | Promise<Kept | undefined> {
  const { scope, text, schema, waitUntil } = call;
  const read = readEntry(core, entry);
  if (read === undefined) {
    removeFar(core, text, waitUntil);
    return undefined;
  }
  const { mark, expiresAt, stamp = "" } = entry;
  const held = hold(core, text, read.packed, {
    facts: read.facts,
    point: mark,
    labels: mark.labels,
    expiresAt,
    stamp,
    settings: scope.settings,
  });
  const keep = (): Kept => {
    if (!read.isCounter && core.fences.isOpen(text, number)) keepNear(core, text, held);
    return { held, isSoft: state === "soft" };
  };
  if (schema === undefined) return keep();
  return fits(schema, handOut(core, held)).then((isFit) => {
    if (!isFit) return undefined;
    fitted(core, held, schema);
    return keep();
  });
}

/** An entry that knows of purges that we do not: the ledger is asked. */
async function takeAhead(core: Core, call: Call, entry: Entry, number: number): Promise<Kept | undefined> {
  const { scope, text, waitUntil } = call;
  const newer = await snapshotAt(core, waitUntil, entry.mark);
  const state = newer === undefined ? "gone" : standingOf(core, scope, text, entry.mark, newer);
  return state === "current" || state === "soft" ? taken(core, call, entry, state, number) : undefined;
}
