import type { Clock, Seconds } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { toSeconds, type Duration } from "../duration.ts";
import { cannot } from "../errors.ts";
import { report, type OnEvent, type StoreOperation } from "../events.ts";
import type { Store } from "../store.ts";

/** One place in a row of stores, near to far. */
export interface Tier<Body = Uint8Array> {
  /** What reports and answers call it: `hot`, `warm` and `cold` by custom. */
  readonly name: string;
  readonly store: Store<Body>;
  /** How long a call may take; one that takes longer counts as a miss. @defaultValue none for the nearest, "1s" for others */
  readonly timeout?: Duration;
  /** No entry stays longer than this here. @defaultValue the entry's own time */
  readonly ttl?: Duration;
}

/** A tier with its options read. */
export interface Place<Body> {
  readonly name: string;
  readonly store: Store<Body>;
  readonly timeout: Seconds | undefined;
  readonly ttl: Seconds;
}

/** What calls on a row need. */
export interface RowTools {
  readonly onEvent: OnEvent | undefined;
  readonly clock: Clock;
}

/** The time limit of a tier that is not the nearest, where none is given. */
const FAR: Seconds = 1;

/** @throws {TypeError} if there is no tier, or two have the same name */
export function rowOf<Body>(tiers: readonly Tier<Body>[]): readonly Place<Body>[] {
  if (tiers.length === 0)
    throw new TypeError(cannot("combine stores", "there must be at least one tier", tiers.length));
  const names = tiers.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    throw new TypeError(cannot("combine stores", "tiers must have different names", names.join(", ")));
  }
  return tiers.map(({ name, store, timeout, ttl }, index) => ({
    name,
    store,
    timeout: timeout === undefined ? (index === 0 ? undefined : FAR) : toSeconds(timeout, "timeout"),
    ttl: ttl === undefined ? Infinity : toSeconds(ttl, "ttl"),
  }));
}

/** A call on one tier, within its time. A failure is reported and passed on. */
export async function ask<Body, T>(
  { name, store, timeout }: Place<Body>,
  { onEvent }: RowTools,
  operation: StoreOperation,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return timeout === undefined ? await call() : await withDeadline(call(), timeout, `the ${name} tier`);
  } catch (error) {
    report(onEvent, { type: "store-error", store: store.name, operation, error });
    throw error;
  }
}

/** The call's outcome, or `otherwise` if it failed: a failing store is an empty one. */
export async function attempt<Body, T>(
  place: Place<Body>,
  tools: RowTools,
  operation: StoreOperation,
  call: () => Promise<T>,
  otherwise: T,
): Promise<T> {
  try {
    return await ask(place, tools, operation, call);
  } catch {
    return otherwise;
  }
}
