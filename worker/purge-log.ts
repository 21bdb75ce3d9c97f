import {
  report,
  withDeadline,
  type CacheEvent,
  type Ledger,
  type LoggedPurge,
  type OnEvent,
} from "../src/index.ts";
import { failure, jsonAnswer, unreachable } from "./purge-answers.ts";
import { wrong } from "./purge-items.ts";

const MOST_LOGGED = 1_000;
const DEFAULT_LOGGED = 100;
/** How long the ledger may take to tell, in seconds. */
const LOG_LIMIT = 5;

/** The last purges, newest first: who, what, why. `before` a position, for the page after this one. */
export async function logAnswer(
  ledger: Ledger,
  url: string,
  onEvent: OnEvent<CacheEvent> | undefined,
): Promise<Response> {
  const { searchParams } = new URL(url);
  const limit = readNumber(searchParams.get("limit") ?? `${DEFAULT_LOGGED}`);
  if (limit === undefined || limit > MOST_LOGGED)
    return failure(400, [wrong("limit", `must be a whole number from 1 to ${MOST_LOGGED}`)]);
  const asked = searchParams.get("before");
  const before = asked === null ? null : readNumber(asked);
  if (before === undefined) return failure(400, [wrong("before", "must be a position, a whole number")]);
  if (ledger.history === undefined)
    return failure(501, [{ field: "ledger", message: "This ledger keeps no log" }]);
  try {
    const asking = ledger.history({ limit, ...(before !== null && { before }) });
    const purges = await withDeadline(asking, LOG_LIMIT, "the log");
    const last = purges.length === limit ? purges.at(-1) : undefined;
    const result = { purges: purges.map(forReaders), next: last?.position ?? null };
    return jsonAnswer({ success: true, result });
  } catch (error) {
    report(onEvent, { type: "ledger-error", error });
    return unreachable("The log cannot be read at the moment");
  }
}

/** Instants as text, and keys as they were sent: in the ledger the name of who sent one stands before it. */
function forReaders({ orderedAt, idempotencyKey, ...purge }: LoggedPurge): object {
  const own = `${purge.actor ?? ""}:`;
  return {
    ...purge,
    orderedAt: new Date(orderedAt).toISOString(),
    idempotencyKey: idempotencyKey?.startsWith(own) ? idempotencyKey.slice(own.length) : idempotencyKey,
  };
}

function readNumber(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
