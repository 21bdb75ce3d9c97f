import { withDeadline } from "../deadline.ts";
import { toSeconds } from "../duration.ts";
import type { Selector, Snapshot } from "../purge/ledger.ts";
import { tagSelector } from "../purge/tags.ts";
import { keepBehind } from "./behind.ts";
import type { Core, Filled } from "./core.ts";
import { jittered } from "./decide.ts";
import type { ValueDrop } from "./events.ts";
import type { Held } from "./held.ts";
import type { Call, Kept } from "./lookup.ts";
import type { GetOrSetOptions, Producer, ProducerContext } from "./options.ts";
import { fits } from "./schema.ts";
import type { Settings } from "./settings.ts";
import {
  dropNear,
  fitted,
  handOut,
  hold,
  keepFar,
  keepNear,
  packed,
  type Packed,
  type Seen,
} from "./shelf.ts";
import { judged } from "./standing.ts";

/** A call that may have to ask the producer. */
export interface FillCall extends Call {
  readonly producer: Producer<unknown>;
  readonly tags: GetOrSetOptions["tags"];
  readonly settings: Settings;
}

/** What a fill knows when it begins. */
export interface FillStart {
  /** By which it marks the value: taken before the producer is asked. `undefined` = nothing may be kept. */
  readonly snapshot: Snapshot | undefined;
  /** What the local fence said. */
  readonly number: number;
  /** What stood in the stores outside; `undefined` = nobody looked. */
  readonly seen: Seen | undefined;
  /** The value that is to be renewed. */
  readonly stale: Kept | undefined;
  /** Whether the value may still be written by now; a lock says. */
  readonly mayKeep?: () => boolean;
}

/** What a producer made, and what it said about it. */
interface Product {
  readonly value: unknown;
  /** How long it is to be fresh; `lasts` is what chance has left of that. */
  readonly ttl: number;
  readonly lasts: number;
  readonly tags: readonly string[];
  readonly isSkipped: boolean;
  readonly cost: number;
}

/**
 * Asks the producer, and keeps what it makes: in memory before anyone goes on, outside behind that where there is a memory.
 * The value is kept nowhere if it was deleted, written or purged meanwhile.
 */
export async function fill(core: Core, call: FillCall, start: FillStart): Promise<Filled> {
  const product = await produced(core, call, start);
  const drop = (reason: ValueDrop, error?: unknown): void => {
    core.stats.dropped += 1;
    core.emit({ type: "value-dropped", key: call.text, reason, ...(error !== undefined && { error }) });
  };
  let held: Held;
  try {
    held = heldOf(core, call, start, product, packed(core, product.value), tagsOf(call, product));
  } catch (error) {
    drop("unstorable", error);
    return { value: product.value, held: undefined };
  }
  const filled = { value: undefined, held };
  if (product.isSkipped || product.lasts <= 0) return filled;
  if (call.schema !== undefined && !(await fits(call.schema, handOut(core, held)))) {
    drop("unfit");
    return filled;
  }
  fitted(core, held, call.schema);
  const reason = obstacle(core, call, start, held);
  if (reason !== undefined) {
    drop(reason);
    return filled;
  }
  keepNear(core, call.text, held);
  const far = writeBehind(core, call, start, held, drop);
  if (core.hot === undefined || start.mayKeep !== undefined) await far;
  else keepBehind(core, [call.text], far, call.waitUntil);
  return filled;
}

async function writeBehind(
  core: Core,
  { text }: FillCall,
  { seen }: FillStart,
  held: Held,
  drop: (reason: ValueDrop, error?: unknown) => void,
): Promise<void> {
  try {
    if (await keepFar(core, text, held, seen)) return;
    dropNear(core, text, held);
    drop("overtaken");
  } catch (error) {
    drop("unstorable", error);
  }
}

/** Why a value that was made must not be kept. What comes after this is seen when the value is read. */
function obstacle(core: Core, call: FillCall, start: FillStart, held: Held): ValueDrop | undefined {
  const { snapshot, number, mayKeep } = start;
  if (snapshot === undefined) return "blind";
  if (!core.fences.isOpen(call.text, number)) return "overtaken";
  if (judged(core, call.scope, call.text, held, snapshot) === "gone") return "purged";
  return mayKeep?.() === false ? "expired-lock" : undefined;
}

async function produced(core: Core, call: FillCall, { stale }: FillStart): Promise<Product> {
  const { text, settings, producer } = call;
  const abort = new AbortController();
  const tags: string[] = [];
  let isSkipped = false;
  let ttl: number | undefined;
  const context: ProducerContext = {
    key: text,
    stale: stale && handOut(core, stale.held),
    hasStale: stale !== undefined,
    signal: abort.signal,
    setTtl: (duration) => void (ttl = toSeconds(duration, "ttl") * 1_000),
    addTags: (...more) => void tags.push(...more),
    skip: () => void (isSkipped = true),
  };
  const startedAt = core.clock();
  core.stats.produced += 1;
  try {
    const work = new Promise<unknown>((resolve) => resolve(producer(context)));
    const value = await withDeadline(work, settings.hard / 1_000, "the producer");
    const own = ttl ?? (value === undefined || value === null ? settings.negativeTtl : settings.ttl);
    core.failures.delete([text]);
    const cost = Math.max(core.clock() - startedAt, 0);
    const lasts = jittered(own, settings.jitter, core.random);
    return { value, ttl: own, lasts, tags, isSkipped, cost };
  } catch (error) {
    abort.abort(error);
    core.stats.failed += 1;
    if (settings.errorTtl > 0) core.failures.set(text, error, core.clock() + settings.errorTtl);
    core.emit({ type: "producer-failed", key: text, error });
    throw error;
  }
}

/** @throws {TypeError} if one is no tag: a value that no purge would find is not kept */
function tagsOf({ tags }: FillCall, product: Product): readonly Selector[] {
  const own = typeof tags === "function" ? tags(product.value) : (tags ?? []);
  return labelsOf([...own, ...product.tags]);
}

/** @throws {TypeError} if one is no tag */
export function labelsOf(tags: readonly string[]): readonly Selector[] {
  return tags.length < 2 ? tags.map(tagSelector) : [...new Set(tags)].map(tagSelector);
}

function heldOf(
  core: Core,
  { text, settings }: FillCall,
  { snapshot }: FillStart,
  { ttl, lasts, cost }: Product,
  value: Packed,
  labels: readonly Selector[],
): Held {
  const grace = Math.max(settings.staleWhileRevalidate, settings.staleIfError);
  const { epoch, position } = snapshot ?? { epoch: "", position: 0 };
  const stamp = core.far === undefined ? 0 : (core.nextWrite += 1);
  const expiresAt = core.clock() + lasts + grace;
  return hold(core, text, value, {
    facts: { ttl, grace, cost },
    point: { epoch, position },
    labels,
    expiresAt,
    stamp,
    settings,
  });
}
