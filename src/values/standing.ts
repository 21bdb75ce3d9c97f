import type { Instant } from "../clock.ts";
import type { LedgerPoint, Selector, Snapshot } from "../purge/ledger.ts";
import { standing, type Standing } from "../purge/check.ts";
import type { Mark } from "../store.ts";
import type { Core, Scope } from "./core.ts";
import type { Held } from "./held.ts";
import type { WaitUntil } from "./options.ts";

/**
 * How a value stands against the purges that a snapshot knows: by its tags, its key, and the cache and namespaces that it is
 * in. The last three follow from its key, so they are not kept with it.
 */
export function standingOf(core: Core, scope: Scope, text: string, mark: Mark, snapshot: Snapshot): Standing {
  // Where nothing has been purged no label decides anything; a fingerprint of the key would cost more than all else.
  const isCalm =
    snapshot.selectors.size === 0 && snapshot.patterns === undefined && snapshot.closed === undefined;
  return standing(isCalm ? mark : fullMark(core, scope, text, mark), snapshot);
}

function fullMark(core: Core, scope: Scope, text: string, { epoch, position, labels }: Mark): Mark {
  return { epoch, position, labels: [...labels, ...scope.selectors, ...core.keySelectors(text)] };
}

/** Selectors of keys, for a purge of them. */
export function selectorsOf(core: Core, texts: readonly string[]): readonly Selector[] {
  return texts.map((text) => core.keySelectors(text)[0]);
}

/**
 * Whether a value in memory is current, at the cost of comparing two numbers as long as the reader learns nothing new: a new
 * snapshot begins a generation, in which each value is checked once.
 *
 * `false` = not known to be; the slow way finds out.
 */
export function isCurrent(core: Core, scope: Scope, text: string, held: Held, now: Instant): boolean {
  if (now !== core.knownAt && !isKnown(core, now)) return false;
  if (held.checked === core.generation) return true;
  if (core.snapshot === undefined || standingOf(core, scope, text, held.mark, core.snapshot) !== "current") {
    return false;
  }
  held.checked = core.generation; // The one thing about a value that changes: what we know of it.
  return true;
}

function learn(core: Core, known: Snapshot): void {
  if (known === core.snapshot) return;
  core.snapshot = known;
  core.generation += 1;
}

/** How a value that has just been made or read stands, by the newest knowledge; spares its first reader the check. */
export function judged(core: Core, scope: Scope, text: string, held: Held, fallback: Snapshot): Standing {
  const known = core.view.read();
  const isNew = known !== undefined && !("then" in known);
  const state = standingOf(core, scope, text, held.mark, isNew ? known : fallback);
  if (isNew) {
    learn(core, known);
    if (state === "current") held.checked = core.generation;
  }
  return state;
}

/** Whether there is a snapshot for the instant, at once. */
function isKnown(core: Core, now: Instant): boolean {
  core.readAt = now;
  const known = core.view.read(core.reading);
  core.readAt = undefined;
  if (known !== undefined && "then" in known) {
    core.asked = { snapshot: known, at: now };
    return false;
  }
  if (known === undefined) return false;
  learn(core, known);
  if (core.hasOwnView) core.knownAt = now;
  return true;
}

/** What a view knows; `undefined` = it cannot say. */
export type Known = Snapshot | undefined;

/**
 * The snapshot to read by and to mark with: one that knows of our own purges. `undefined` = the ledger is out of reach:
 * everything is a miss, and nothing may be kept. Comes at once where nobody has to be asked.
 *
 * To be called in the same step as the quick way: on Workers a question ends with the request that put it.
 */
export function snapshotFor(core: Core, waitUntil: WaitUntil | undefined): Known | Promise<Known> {
  const keepAlive = waitUntil ?? core.waitUntil;
  const { asked } = core;
  core.asked = undefined;
  // The quick way has just put the question: a view in trouble lets only one reader wait for the answer.
  const isOurs = asked !== undefined && asked.at === core.clock();
  if (isOurs) keepAlive?.(asked.snapshot);
  const known = isOurs ? asked.snapshot : core.view.read({ waitUntil: keepAlive });
  return known !== undefined && "then" in known
    ? known.then((snapshot) => withOwnPurges(core, snapshot, keepAlive))
    : withOwnPurges(core, known, keepAlive);
}

/** Gives up a question of the quick way that nobody goes on with: another request must not wait for it. */
export function dropQuestion(core: Core): void {
  core.asked = undefined;
}

function withOwnPurges(core: Core, known: Known, keepAlive: WaitUntil | undefined): Known | Promise<Known> {
  const own = core.ownPoint;
  if (own === undefined || known === undefined) return known;
  if (known.epoch === own.epoch && known.position < own.position) {
    return core.view.read({ waitUntil: keepAlive, atLeast: own });
  }
  core.ownPoint = undefined;
  return known;
}

/** A snapshot that knows as much as somebody else did. `undefined` = there is none to be had. */
export async function snapshotAt(
  core: Core,
  waitUntil: WaitUntil | undefined,
  { epoch, position }: LedgerPoint,
): Promise<Snapshot | undefined> {
  return core.view.read({ waitUntil: waitUntil ?? core.waitUntil, atLeast: { epoch, position } });
}

/** What is known now, without asking: a purge that is not in it yet is seen when the value is read. */
export function latest(core: Core, fallback: Snapshot): Snapshot {
  const known = core.view.read();
  return known === undefined || "then" in known ? fallback : known;
}
