import { formatToken, TOKEN_FIELD, type Instant, type PurgeReceipt, type Selector } from "../src/index.ts";
import type { Named, PurgeProblem } from "./purge-items.ts";
import type { PurgeWish } from "./purge-request.ts";

/** On the answer to an order that came again: it was carried out before, and not anew. */
export const REPLAY_FIELD = "idempotent-replayed";

type FailureStatus = 400 | 401 | 403 | 405 | 409 | 413 | 415 | 429 | 501 | 503;
type ExtraFields = Readonly<Record<string, string>>;

/** An answer of these routes; none may be stored. */
export function jsonAnswer(body: object, status = 200, fields: ExtraFields = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...fields } });
}

/** Cloudflare's shape of a failure: what is wrong, field by field. */
export function failure(
  status: FailureStatus,
  errors: readonly PurgeProblem[],
  fields: ExtraFields = {},
): Response {
  return jsonAnswer({ success: false, errors }, status, fields);
}

/** The purge is durable, and known to all readers that reach the ledger by `effectiveAt`; `Infinity` = that is not promised. */
export function acknowledgement(
  { named, notes }: PurgeWish,
  receipt: PurgeReceipt,
  effectiveAt: Instant,
  status: 200 | 202,
): Response {
  const token = formatToken(receipt);
  const replayed = receipt.isReplay === true;
  const result = {
    token,
    selectors: meaningsOf(named).size,
    effectiveBy: Number.isFinite(effectiveAt) ? new Date(effectiveAt).toISOString() : null,
    ...(replayed && { replayed }),
  };
  return jsonAnswer({ success: true, ...withMessages(notes), result }, status, {
    [TOKEN_FIELD]: token,
    ...(replayed && { [REPLAY_FIELD]: "true" }),
  });
}

/** What the request would purge: what each thing means, and the selectors by which the ledger and its log have it. */
export function rehearsal({ named, mode, notes }: PurgeWish): Response {
  const wouldPurge = [...meaningsOf(named)].map(([means, selectors]) => ({ means, selectors }));
  const result = { dryRun: true, mode, selectors: wouldPurge.length, wouldPurge };
  return jsonAnswer({ success: true, ...withMessages(notes), result });
}

/** The ledger did not answer. */
export function unreachable(message: string): Response {
  return failure(503, [{ field: "ledger", message }], { "retry-after": "1" });
}

export function notAllowed(methods: string): Response {
  return failure(405, [{ field: "method", message: `This resource takes ${methods}` }], { allow: methods });
}

/** Each thing once, in its order. */
function meaningsOf(named: readonly Named[]): ReadonlyMap<string, readonly Selector[]> {
  return new Map(named.map(({ means, selectors }) => [means, selectors]));
}

function withMessages(messages: readonly PurgeProblem[]): { messages?: readonly PurgeProblem[] } {
  return messages.length === 0 ? {} : { messages };
}
