import type { Core, Filled } from "./core.ts";
import { decideValue } from "./decide.ts";
import { fill, type FillCall, type FillStart } from "./fill.ts";
import { bellOf, tryLock, type Lock } from "./lock.ts";
import { findFar, type Kept } from "./lookup.ts";
import type { LockSettings } from "./settings.ts";

/**
 * As `fill`, for one process at a time: who gets the lock looks once more before it asks the producer, and the others wait
 * for its value. Where no lock can be had in time the producer is asked without one: waiting has an end.
 */
export async function lockedFill(
  core: Core,
  call: FillCall,
  start: FillStart,
  settings: LockSettings,
): Promise<Filled> {
  const until = core.clock() + settings.wait;
  const miss = (reason: "timeout" | "expired" | "error"): void =>
    core.emit({ type: "lock-missed", key: call.text, reason });
  const bell = bellOf(core, call.text);
  try {
    for (let turn = 0; ; turn += 1) {
      let lock: Lock | undefined;
      try {
        lock = await tryLock(core, call.text, settings);
      } catch {
        miss("error");
        return fill(core, call, start);
      }
      const { kept, seen } = await lookAgain(core, call, start);
      if (kept !== undefined) {
        void lock?.release().catch(() => undefined);
        return { value: undefined, held: kept.held };
      }
      if (lock !== undefined)
        return filledUnder(core, call, { ...start, seen: seen ?? start.seen }, lock, miss);
      const left = until - core.clock();
      if (left <= 0) {
        miss("timeout");
        return fill(core, call, start);
      }
      await bell.rung(turn, left);
    }
  } finally {
    bell.stop();
  }
}

/** A fresh value that has come into the stores meanwhile. */
async function lookAgain(core: Core, call: FillCall, { snapshot, stale }: FillStart) {
  const { kept, seen } = snapshot
    ? await findFar(core, call, snapshot)
    : { kept: undefined, seen: undefined };
  const isNews = kept !== undefined && isFresher(core, call, kept, stale);
  return { kept: isNews ? kept : undefined, seen };
}

/** Whether a value needs no producer, and is not the one that is to be renewed. */
export function isFresher(core: Core, { settings }: FillCall, kept: Kept, stale: Kept | undefined): boolean {
  const { held, isSoft } = kept;
  const { freshUntil } = held;
  const age = { ...held.facts, freshUntil, isSoft };
  const isNewer = stale === undefined || stale.isSoft || freshUntil > stale.held.freshUntil;
  // No draw: what another has just made is not to be made again by chance.
  const decision = decideValue(age, { ...settings, staleWhileRevalidate: 0 }, core.clock(), () => 0);
  return isNewer && decision.action === "serve";
}

async function filledUnder(
  core: Core,
  call: FillCall,
  start: FillStart,
  lock: Lock,
  miss: (reason: "expired") => void,
): Promise<Filled> {
  const mayKeep = (): boolean => core.clock() < lock.until;
  try {
    return await fill(core, call, { ...start, mayKeep });
  } finally {
    if (!mayKeep()) miss("expired");
    await lock.release().catch(() => false);
  }
}
