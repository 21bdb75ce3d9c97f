import { cannot } from "../errors.ts";
import { fingerprint } from "../purge/fingerprint.ts";
import type { LoggedPurge, PurgeOrder, Selector } from "../purge/ledger.ts";

/** Text of selectors that one entry of a log takes. */
const LOGGED_CHARACTERS = 65_536;
const REASON_CHARACTERS = 500;
const MAX_KEY_CHARACTERS = 200;

/** An order with each of its selectors once, checked. */
export interface CheckedOrder extends PurgeOrder {
  /** The same for two orders exactly if they ask for the same, in whatever sequence: what an idempotency key is held to. */
  readonly digest: string;
}

/**
 * @throws {TypeError} if the order names no selector
 * @throws {RangeError} if its idempotency key has not 1 to 200 characters
 */
export function checkOrder(order: PurgeOrder): CheckedOrder {
  const selectors = [...new Set(order.selectors)];
  if (selectors.length === 0)
    throw new TypeError(cannot("purge", "an order names at least one selector", "none"));
  const { idempotencyKey: key, mode } = order;
  if (key !== undefined && (key === "" || key.length > MAX_KEY_CHARACTERS))
    throw new RangeError(cannot("purge", "an idempotency key has 1 to 200 characters", key));
  return { ...order, selectors, digest: fingerprint(JSON.stringify([mode, ...selectors.toSorted()])) };
}

/** What a log keeps of an order; whoever logs it adds where and when. */
export function logged(order: PurgeOrder): Omit<LoggedPurge, "position" | "orderedAt"> {
  const { selectors, mode, origin = "operator", actor, idempotencyKey, reason } = order;
  return {
    mode,
    origin,
    actor: actor ?? null,
    idempotencyKey: idempotencyKey ?? null,
    selectors: thatFit(selectors),
    named: selectors.length,
    reason: reason?.slice(0, REASON_CHARACTERS) ?? null,
  };
}

/** A logged purge that was read from outside; `undefined` if it has another shape. */
export function readLogged(value: unknown): LoggedPurge | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const {
    position,
    orderedAt,
    mode,
    origin,
    actor,
    idempotencyKey,
    selectors,
    named,
    reason,
  }: Partial<Record<keyof LoggedPurge, unknown>> = value;
  if (mode !== "hard" && mode !== "soft") return undefined;
  if (origin !== "operator" && origin !== "traffic") return undefined;
  if (!isNumber(position) || !isNumber(orderedAt) || !isNumber(named)) return undefined;
  if (!isTextOrNull(actor) || !isTextOrNull(idempotencyKey) || !isTextOrNull(reason)) return undefined;
  if (!Array.isArray(selectors) || !selectors.every((selector) => typeof selector === "string"))
    return undefined;
  return { position, orderedAt, mode, origin, actor, idempotencyKey, selectors, named, reason };
}

/** The selectors from the first on, as many as fit. */
function thatFit(selectors: readonly Selector[]): readonly Selector[] {
  let room = LOGGED_CHARACTERS;
  return selectors.filter((selector) => (room -= selector.length) >= 0);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
