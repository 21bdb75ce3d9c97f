import type { Instant } from "../clock.ts";
import type { LedgerPoint, Selector } from "../purge/ledger.ts";
import type { Entry } from "../store.ts";
import { inBackground, type Core } from "./core.ts";
import { unrestBefore } from "./decide.ts";
import { Held, Stamped, type Facts, type Form } from "./held.ts";
import { copyOf, plainOf } from "./plain.ts";
import type { WaitUntil } from "./options.ts";
import type { Schema } from "./schema.ts";
import type { Settings } from "./settings.ts";

/** A value as the cache keeps it, before it has a time and a mark. */
export interface Packed {
  readonly form: Form;
  readonly value: unknown;
  readonly size: number;
}

/** The objects around a value in memory. */
const OVERHEAD = 250;

/**
 * The cache's own copy of a value.
 *
 * @throws if it cannot be kept
 */
export function packed(core: Core, value: unknown): Packed {
  if (core.ownSerializer !== undefined) {
    const bytes = core.ownSerializer.encode(value);
    return { form: "packed", value: bytes, size: bytes.byteLength };
  }
  const plain = plainOf(value, { freezes: core.freezes, most: core.maxValueBytes });
  const way = plain.isFixed || typeof value !== "object" || value === null ? "fixed" : "copied";
  return { form: plain.isJson ? `${way}-json` : way, value: plain.value, size: plain.size };
}

/** A value for a reader, who cannot change it for the next one. */
export function handOut(core: Core, held: Held): unknown {
  switch (held.life.form) {
    case "fixed":
    case "fixed-json":
      return held.value;
    case "copied":
    case "copied-json":
      return copyOf(held.value);
    case "packed":
      return core.ownSerializer?.decode(held.value as Uint8Array); // `packed` made them.
  }
}

export interface HoldOptions {
  readonly facts: Facts;
  readonly point: LedgerPoint;
  readonly labels: readonly Selector[];
  readonly expiresAt: Instant;
  readonly stamp: string | number;
  readonly settings: Settings;
}

/** A value with its time and mark. */
export function hold(core: Core, text: string, { form, value, size }: Packed, options: HoldOptions): Held {
  const { facts, expiresAt, labels, point, settings, stamp } = options;
  const { ttl, grace, cost } = facts;
  // At module scope, where caches are made, Workers' clock stands at 0.
  if (Number.isNaN(core.bornAt)) core.bornAt = core.clock();
  const asksBefore = grace + unrestBefore(facts, settings);
  const rest = {
    life: core.sharing.life({ owner: core, form, ttl, grace, cost, asksBefore, schema: undefined }),
    mark: core.sharing.mark(point, labels),
    size: size + overhead(text, labels),
    expiresAt,
    madeBy: stamp,
  };
  return core.far === undefined ? new Held(value, rest) : new Stamped(value, rest);
}

/** Remembers that a value fits. */
export function fitted(core: Core, held: Held, schema: Schema<unknown> | undefined): void {
  if (held.life.schema !== schema) held.life = core.sharing.life({ ...held.life, schema });
}

/** The content of a value, to be kept with another time or mark. */
export function packedOf(text: string, { life, value, size, mark }: Held): Packed {
  return { form: life.form, value, size: size - overhead(text, mark.labels) };
}

/** What a value in memory costs besides itself. */
function overhead(text: string, labels: readonly Selector[]): number {
  return OVERHEAD + 2 * text.length + 2 * labels.reduce((sum, label) => sum + label.length, 0);
}

/** Keeps a value in memory: seen by the next call of anyone. */
export function keepNear(core: Core, text: string, held: Held): void {
  const isCut = held.expiresAt - core.clock() > core.hotTtl;
  void core.hot?.set(text, held, isCut ? core.hotTtl / 1_000 : Infinity);
}

/** Takes a value out of memory, if it is still that one. */
export function dropNear(core: Core, text: string, held?: Held): void {
  if (held === undefined || core.hot?.peek?.(text, core.clock()) === held) void core.hot?.delete([text]);
}

/** The value in memory, whatever its age and standing. */
export function peekHeld(core: Core, text: string, now: Instant): Held | undefined {
  const entry = core.hot?.peek?.(text, now);
  return entry instanceof Held && entry.life.owner === core ? entry : undefined;
}

/** How a write of this process is called in stores outside. */
export function stampOf(core: Core, held: Held): string {
  const madeBy = held instanceof Stamped ? held.madeBy : 0;
  return typeof madeBy === "string" ? madeBy : `${core.name}.${madeBy}`;
}

/** A name for a new write. */
export function stampName(core: Core): string {
  core.nextWrite += 1;
  return `${core.name}.${core.nextWrite}`;
}

/** A value as an entry for stores of bytes. A whole number is written as a count, which such stores can add to. */
export function entryOf(core: Core, held: Held): Entry {
  const { mark, expiresAt, facts } = held;
  const stamp = stampOf(core, held);
  if (typeof held.value === "number" && Number.isSafeInteger(held.value) && !Object.is(held.value, -0)) {
    return { mark, expiresAt, stamp, facts: { kind: "value", ...facts, count: held.value }, body: null };
  }
  return { mark, expiresAt, stamp, facts: { kind: "value", ...facts }, body: bytesOf(core, held) };
}

function bytesOf(core: Core, { life: { form }, value }: Held): Uint8Array {
  if (form === "packed" || core.serializer === undefined) return value as Uint8Array; // `packed` made them.
  return core.serializer.encodePlain(value, form.endsWith("-json"));
}

/** What stands in a store of bytes, read. */
export interface Read {
  readonly packed: Packed;
  readonly facts: Facts;
  /** Added to by `increment`: it changes without a purge, so no copy of it is kept in memory. */
  readonly isCounter: boolean;
}

/** Reads an entry of a store of bytes. `undefined` for anything that this release has not written. Never throws. */
export function readEntry(core: Core, { facts, body }: Entry): Read | undefined {
  if (!isFacts(facts)) return undefined;
  const { count, isCounter = false } = facts;
  try {
    const value = count ?? (body === null ? undefined : decoded(core, body));
    if (count === undefined && body === null) return undefined;
    return { packed: readPacked(core, value, body), facts, isCounter };
  } catch {
    return undefined;
  }
}

function decoded(core: Core, body: Uint8Array): unknown {
  return (core.serializer ?? core.ownSerializer)?.decode(body);
}

function readPacked(core: Core, value: unknown, body: Uint8Array | null): Packed {
  if (core.ownSerializer === undefined) return packed(core, value);
  // Decoded once to see that it can be; handed out from the bytes, a copy of those in the client's buffer.
  const bytes = body === null ? core.ownSerializer.encode(value) : new Uint8Array(body);
  return { form: "packed", value: bytes, size: bytes.byteLength };
}

interface WrittenFacts extends Facts {
  readonly count?: number;
  readonly isCounter?: boolean;
}

function isFacts(value: unknown): value is WrittenFacts {
  if (typeof value !== "object" || value === null) return false;
  const { kind, ttl, grace, cost, count, isCounter } = value as Record<string, unknown>; // Checked member by member.
  return (
    kind === "value" &&
    isLength(ttl) &&
    isLength(grace) &&
    isLength(cost) &&
    (count === undefined || Number.isSafeInteger(count)) &&
    (isCounter === undefined || typeof isCounter === "boolean")
  );
}

function isLength(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** Writes a value to the stores outside, unless another than the one seen has come to stand there. */
export async function keepFar(
  core: Core,
  text: string,
  held: Held,
  seen: Seen | undefined,
): Promise<boolean> {
  const { far } = core;
  if (far === undefined) return true;
  const ttl = (held.expiresAt - core.clock()) / 1_000;
  const entry = entryOf(core, held);
  if (far.replace === undefined || seen === undefined) {
    await far.set(core.spaced(text), entry, ttl);
    return true;
  }
  // A store that does not answer has been reported; what it holds is not known to be another's.
  return far.replace(core.spaced(text), entry, ttl, seen.stamp).catch(() => true);
}

/** What a reader saw in the stores outside before it asked a producer. */
export interface Seen {
  readonly stamp: string | undefined;
}

/** Removes what could not be read. */
export function removeFar(core: Core, text: string, waitUntil: WaitUntil | undefined): void {
  const { far } = core;
  if (far === undefined) return;
  core.emit({ type: "unreadable-entry", store: far.name, key: text });
  inBackground(core, far.delete([core.spaced(text)]), waitUntil);
}
