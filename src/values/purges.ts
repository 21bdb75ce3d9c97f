import type { LedgerPoint, PurgeMode, PurgeOrder, PurgeReceipt, Selector } from "../purge/ledger.ts";
import { tagSelector } from "../purge/tags.ts";
import { deltaOf } from "../purge/state.ts";
import { formatToken, parseToken } from "../purge/token.ts";
import { withDeadline } from "../deadline.ts";
import { cannot } from "../errors.ts";
import { inBackground, type Core, type Scope } from "./core.ts";
import { keyText, type CacheKey } from "./keys.ts";
import { publish } from "./lock.ts";
import type { WaitUntil } from "./options.ts";
import { dropNear, peekHeld } from "./shelf.ts";
import { selectorsOf } from "./standing.ts";

/** What a purge covers; several members are one purge of all. */
export interface PurgeTarget {
  readonly tags?: readonly string[];
  readonly keys?: readonly CacheKey[];
  /** All of this cache, or of this namespace; nothing that others keep by the same ledger. */
  readonly everything?: boolean;
}

export interface PurgeOptions {
  /** Stale from now on, instead of gone: the stale windows still apply. @defaultValue no */
  readonly soft?: boolean;
  /** For the ledger's log: why. */
  readonly reason?: string;
}

/** A ledger's answer may take this long; asked again after the waits, all in seconds. */
const ORDER_TIME = 2;
const WAITS = [0.05, 0.25];

/** Ledgers take so many selectors in one order, at least. */
const MOST_SELECTORS = 1_000;

/**
 * Orders a purge, and lets this process heed it at once. Tried three times; then it rejects: a purge that may not have
 * happened is never acknowledged.
 */
export async function order(
  core: Core,
  selectors: readonly Selector[],
  mode: PurgeMode,
  reason?: string,
): Promise<PurgeReceipt> {
  let receipt: PurgeReceipt | undefined;
  for (let start = 0; start < selectors.length; start += MOST_SELECTORS) {
    const part = selectors.slice(start, start + MOST_SELECTORS);
    // The same purge twice would be harmless; the key lets a ledger know a second try.
    const idempotencyKey = crypto.randomUUID();
    receipt = await ordered(core, {
      selectors: part,
      mode,
      idempotencyKey,
      ...(reason !== undefined && { reason }),
    });
  }
  if (receipt === undefined)
    throw new TypeError(cannot("purge", "it must name at least one tag or key", "none"));
  return receipt;
}

async function ordered(core: Core, purge: PurgeOrder): Promise<PurgeReceipt> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const receipt = await withDeadline(core.ledger.purge(purge), ORDER_TIME, "ordering a purge");
      heed(core, purge, receipt);
      return receipt;
    } catch (error) {
      const wait = WAITS[attempt];
      core.emit({ type: "purge-failed", error, isFinal: wait === undefined });
      if (wait === undefined) throw error;
      await new Promise<void>((resolve) => void setTimeout(resolve, wait * 1_000));
    }
  }
}

/** What this process knows without asking the ledger; others are told to ask. */
function heed(core: Core, purge: PurgeOrder, receipt: PurgeReceipt): void {
  core.view.apply(deltaOf(purge, receipt));
  core.knownAt = Number.NaN;
  const { epoch, position } = receipt;
  // Marks taken from now on lie above it, else what is written after a delete would be as deleted.
  if (core.ownPoint?.epoch !== epoch || core.ownPoint.position < position)
    core.ownPoint = { epoch, position };
  publish(core, PURGED + formatToken(receipt));
}

/** What is published when the ledger has come so far. */
const PURGED = "purged:";

/**
 * Hears how far other processes have brought the ledger, and asks it for what is not known here. Nothing else in a message
 * counts: who makes one up causes a question, of which the view puts few, and no value comes back or goes for it.
 */
export function hearPurges(core: Core): () => void {
  let wanted: LedgerPoint | undefined;
  let isAsking = false;

  async function ask(): Promise<void> {
    isAsking = true;
    while (wanted !== undefined) {
      const atLeast = wanted;
      wanted = undefined;
      await core.view.read({ atLeast, waitUntil: core.waitUntil });
      core.knownAt = Number.NaN;
    }
    isAsking = false;
  }

  return (
    core.bus?.subscribe((message) => {
      const point = message.startsWith(PURGED) ? parseToken(message.slice(PURGED.length)) : undefined;
      if (point === undefined) return;
      if (wanted === undefined || wanted.epoch !== point.epoch || wanted.position < point.position)
        wanted = point;
      if (!isAsking) void ask();
    }) ?? (() => undefined)
  );
}

/**
 * Deletes keys, for everyone: the purge in the ledger is what counts, so that a fill under way anywhere brings nothing back;
 * what stood in stores is then removed to make room. Resolves to how many were there, as far as the stores can tell.
 */
export async function deleteTexts(
  core: Core,
  texts: readonly string[],
  waitUntil?: WaitUntil,
): Promise<number> {
  if (texts.length === 0) return 0;
  const near = texts.filter((text) => peekHeld(core, text, core.clock()) !== undefined).length;
  forget(core, texts);
  await order(core, selectorsOf(core, texts), "hard");
  forget(core, texts);
  const removal = core.far?.delete(texts.map(core.spaced)) ?? Promise.resolve(0);
  if (waitUntil === undefined && core.waitUntil === undefined) return Math.max(near, await removal);
  inBackground(core, removal, waitUntil);
  return near;
}

/** What this process knows of keys: values in memory, fills under way, failures. */
export function forget(core: Core, texts: readonly string[]): void {
  core.fences.raise(texts);
  core.failures.delete(texts);
  for (const text of texts) dropNear(core, text);
}

/** @throws {TypeError} if it names nothing, or what cannot be named */
export async function purge(
  core: Core,
  scope: Scope,
  target: PurgeTarget,
  { soft = false, reason }: PurgeOptions = {},
): Promise<PurgeReceipt> {
  const { tags = [], keys = [], everything = false } = target;
  const texts = keys.map((key) => scope.start + keyText(key));
  const own = scope.selectors.at(-1) ?? core.selector;
  const selectors = [...tags.map(tagSelector), ...selectorsOf(core, texts), ...(everything ? [own] : [])];
  if (everything) core.failures.clear();
  if (!soft) forget(core, texts);
  return order(core, selectors, soft ? "soft" : "hard", reason);
}
