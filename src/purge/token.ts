import type { LedgerPoint } from "./ledger.ts";

/** On answers: the ledger position that was known before the origin was asked. Who keeps a copy keeps it too. */
export const MARK_FIELD = "tidemark-mark";

/** On requests: the purges that the client knows of. On answers to a change or a purge: the purge that it caused. */
export const TOKEN_FIELD = "tidemark-token";

/** Letters, digits, `-` and `_`, as in a UUID, so that an epoch needs no escaping in a header or a query. */
const EPOCH = /^[\w-]{1,64}$/;
const POSITION = /^(?:0|[1-9]\d{0,15})$/;
const MAX_TOKEN_LENGTH = 81;

/** Whether a string can name an epoch: 1 to 64 letters, digits, `-` or `_`. */
export function isEpoch(epoch: string): boolean {
  return EPOCH.test(epoch);
}

/**
 * Writes a point as the token `epoch.position`. Whoever sends the token back sees all purges up to there.
 * It is no secret and gives no right.
 */
export function formatToken({ epoch, position }: LedgerPoint): string {
  return `${epoch}.${position}`;
}

/** Reads a token. Anything else, of any length, is `undefined`: the sender then counts as having none. */
export function parseToken(token: string | null | undefined): LedgerPoint | undefined {
  if (!token || token.length > MAX_TOKEN_LENGTH) return undefined;
  const dot = token.indexOf(".");
  const epoch = token.slice(0, Math.max(dot, 0));
  const digits = token.slice(dot + 1);
  if (!isEpoch(epoch) || !POSITION.test(digits)) return undefined;
  const position = Number(digits);
  return Number.isSafeInteger(position) ? { epoch, position } : undefined;
}
