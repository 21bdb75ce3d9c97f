import { withDeadline } from "../deadline.ts";
import type { Snapshot } from "../purge/ledger.ts";
import { inBackground, type Core, type Filled } from "./core.ts";
import { decideValue, type ValueDecision } from "./decide.ts";
import { fill, type FillCall } from "./fill.ts";
import { isFresher, lockedFill } from "./locked.ts";
import { findAhead, findFar, findNear, freshNear, isFresh, type Kept, type Lookup } from "./lookup.ts";
import { isShareable } from "./shareable.ts";
import { handOut, type Seen } from "./shelf.ts";
import { standingOf, type Known } from "./standing.ts";

/** A fill that was overtaken by a purge is no answer to who asked after the purge; the next one is. */
const MOST_FLIGHTS = 4;

/** The value, from wherever it is to be had: memory, the stores outside, another's producer, one's own. */
export async function obtain(
  core: Core,
  call: FillCall,
  known: Known | Promise<Known>,
  isForced: boolean,
): Promise<unknown> {
  const ahead = isForced ? undefined : findAhead(core, call, known);
  const snapshot = known instanceof Promise ? await known : known;
  const isRead = snapshot !== undefined && !isForced;
  const found = isRead ? await (ahead ?? read(core, call, snapshot)) : UNREAD;
  return answer(core, call, snapshot, found, isForced);
}

/** Nobody has looked. */
export const UNREAD: Lookup = { kept: undefined, seen: undefined };

/** What is kept: in memory, and outside if that will not do. */
async function read(core: Core, call: FillCall, snapshot: Snapshot): Promise<Lookup> {
  const near = await findNear(core, call, snapshot);
  if (near !== undefined && decided(core, call, near).action === "serve")
    return { kept: near, seen: undefined };
  const { kept: far, seen } = await findFar(core, call, snapshot);
  return { kept: far ?? near, seen };
}

export function decided(core: Core, { settings }: FillCall, { held, isSoft }: Kept): ValueDecision {
  const age = { ...held.facts, freshUntil: held.freshUntil, isSoft };
  return decideValue(age, settings, core.clock(), core.random);
}

/** Answers a call by what was found: hands it out, renews it, asks the producer. */
export async function answer(
  core: Core,
  call: FillCall,
  snapshot: Snapshot | undefined,
  { kept, seen }: Lookup,
  isForced = false,
): Promise<unknown> {
  const decision = kept && decided(core, call, kept);
  if (kept !== undefined && decision?.action === "serve") {
    core.stats.hits += 1;
    if (!isFresh(core, kept)) core.stats.stale += 1;
    if (decision.renew) renew(core, call, snapshot, kept);
    return handOut(core, kept.held);
  }
  core.stats.misses += 1;
  const standIn = decision?.action === "produce" && decision.mayStandIn ? kept : undefined;
  if (isForced) core.fences.raise([call.text]);
  return produce(core, call, { snapshot, seen, stale: kept, standIn, isForced });
}

interface ProduceStart {
  readonly snapshot: Snapshot | undefined;
  readonly seen: Seen | undefined;
  readonly stale: Kept | undefined;
  /** What may be handed out if the producer fails or is slow. */
  readonly standIn: Kept | undefined;
  /** The caller wants the producer asked, whatever there is. */
  readonly isForced: boolean;
}

async function produce(core: Core, call: FillCall, start: ProduceStart): Promise<unknown> {
  const { standIn, snapshot, isForced } = start;
  const failure = isForced ? undefined : core.failures.get(call.text, core.clock());
  if (failure !== undefined) return standInFor(core, standIn, failure.error);
  for (let flights = isForced ? MOST_FLIGHTS : 1; ; flights += 1) {
    // A flight may have landed while the stores were asked.
    const near =
      isForced || snapshot === undefined ? undefined : freshNear(core, call.scope, call.text, snapshot);
    if (near !== undefined && near.life.schema === call.schema) return handOut(core, near);
    const joined =
      flights < MOST_FLIGHTS ? core.fills.join(call.text, core.fences.current(call.text)) : undefined;
    if (joined !== undefined) core.stats.shared += 1;
    const outcome = await landed(
      call,
      joined ?? launch(core, call, start),
      standIn !== undefined,
      core.farTimeout,
    );
    if ("filled" in outcome) {
      const { filled } = outcome;
      const isGood = joined === undefined || snapshot === undefined || !isGone(core, call, filled, snapshot);
      if (isGood && filled.held !== undefined) return handOut(core, filled.held);
      if (isGood && (joined === undefined || isShareable(filled.value))) return filled.value;
      if (isGood) flights = MOST_FLIGHTS; // It belongs to who made it, so this one makes its own.
    } else if (standIn !== undefined || joined === undefined || !outcome.isSlow) {
      return standInFor(core, standIn, outcome.error);
    } else flights = MOST_FLIGHTS; // The request that the flight belonged to may be gone: this one flies by itself.
  }
}

/** Whether a purge that this caller knew of when it came covers what another's producer made. */
function isGone(core: Core, { scope, text }: FillCall, { held }: Filled, snapshot: Snapshot): boolean {
  return (
    held !== undefined &&
    held.mark.epoch !== "" &&
    standingOf(core, scope, text, held.mark, snapshot) === "gone"
  );
}

function standInFor(core: Core, standIn: Kept | undefined, error: unknown): unknown {
  if (standIn === undefined) throw error;
  core.stats.stale += 1;
  return handOut(core, standIn.held);
}

type Landed = { readonly filled: Filled } | { readonly error: unknown; readonly isSlow: boolean };

/**
 * Waits for a flight by one's own timer, as the one that it belongs to may be gone: for the soft time where a stale value
 * can stand in, and otherwise for as long as a flight may take.
 */
async function landed(
  { settings }: FillCall,
  flight: Promise<Filled>,
  canWaitLess: boolean,
  farTimeout: number,
): Promise<Landed> {
  const whole = settings.hard / 1_000 + (settings.lock?.wait ?? 0) / 1_000 + 4 * farTimeout + 1;
  const limit = canWaitLess ? Math.min(settings.soft / 1_000, whole) : whole;
  const settled = flight.then(
    (filled): Landed => ({ filled }),
    (error: unknown): Landed => ({ error, isSlow: false }),
  );
  return withDeadline(settled, limit, "a fill").catch((error: unknown) => ({ error, isSlow: true }));
}

/** Begins a fill that others may join. */
function launch(core: Core, call: FillCall, { snapshot, seen, stale }: ProduceStart): Promise<Filled> {
  const number = core.fences.begin(call.text);
  const start = { snapshot, number, seen, stale };
  const { lock } = call.settings;
  const flight = (
    lock === undefined || core.far === undefined
      ? fill(core, call, start)
      : lockedFill(core, call, start, lock)
  ).finally(() => core.fences.end(call.text));
  core.fills.lead(call.text, flight, { position: number });
  inBackground(core, flight, call.waitUntil);
  return flight;
}

/** Renews a value behind the reader's back, unless somebody does already, or it has just failed. */
function renew(core: Core, call: FillCall, snapshot: Snapshot | undefined, stale: Kept): void {
  if (core.fills.isUnderWay(call.text) || core.failures.get(call.text, core.clock()) !== undefined) return;
  const number = core.fences.begin(call.text);
  const flight = renewed(core, call, snapshot, stale, number).finally(() => core.fences.end(call.text));
  core.fills.lead(call.text, flight, { position: number });
  flight.catch((error: unknown) => core.emit({ type: "refresh-failed", key: call.text, error }));
  inBackground(core, flight, call.waitUntil);
}

async function renewed(
  core: Core,
  call: FillCall,
  snapshot: Snapshot | undefined,
  stale: Kept,
  number: number,
): Promise<Filled> {
  // Another process may have renewed it.
  const { kept, seen } = snapshot
    ? await findFar(core, call, snapshot)
    : { kept: undefined, seen: undefined };
  if (kept !== undefined && isFresher(core, call, kept, stale)) return { value: undefined, held: kept.held };
  const start = { snapshot, number, seen, stale };
  const { lock } = call.settings;
  return lock === undefined || core.far === undefined
    ? fill(core, call, start)
    : lockedFill(core, call, start, lock);
}
