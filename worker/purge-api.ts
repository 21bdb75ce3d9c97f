import { type Context, Hono } from "hono";
import {
  deltaOf,
  deltaSince,
  formatToken,
  isCovered,
  parseToken,
  TOKEN_FIELD,
  report,
  systemClock,
  toSeconds,
  withDeadline,
  type CacheEvent,
  type Clock,
  type Duration,
  type Ledger,
  type LedgerDelta,
  type LedgerPoint,
  type LedgerView,
  type OnEvent,
  type PurgeMode,
  type PurgeReceipt,
  type Snapshot,
} from "../src/index.ts";
import { purgeAccess } from "./purge-auth.ts";
import { MAX_PURGE_BYTES, readJson } from "./purge-body.ts";
import { readPurge, type PurgeProblem } from "./purge-request.ts";

/** Options of {@link purgeApi}. */
export interface PurgeApiOptions {
  readonly ledger: Ledger;
  /** This place's view of the ledger: it learns of each purge made here, and answers who asks for purges. */
  readonly view: LedgerView;
  /** The bearer tokens that may purge, read for each request. None, or none but blank ones: nobody may. */
  readonly tokens: () => readonly string[];
  /**
   * The hosts of which a request may purge.
   *
   * @defaultValue the host that the request came to
   */
  readonly hosts?: (request: Request) => readonly string[];
  /**
   * How long the ledger may take over a purge.
   *
   * @defaultValue "5s"
   */
  readonly timeout?: Duration;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
  /** Learns of `ledger-error`. */
  readonly onEvent?: OnEvent<CacheEvent>;
}

/** Characters that the answer to a reader of the feed may have, about. */
const MOST_FEED_CHARACTERS = 256 * 1_024;

type Status = 200 | 400 | 401 | 403 | 405 | 413 | 503;
type ExtraFields = Readonly<Record<string, string>>;

/**
 * The routes by which purges are ordered and heard of, to be mounted where they belong:
 *
 * - `POST /purge`: never served again. `POST /invalidate`: stale from now on. Both want a bearer token and take
 *   Cloudflare's body shape; they answer 200 only once the purge is durable, and name in `effectiveBy` by when all
 *   readers know that reach the ledger. One that does not may go on with what it knows for its `maxBlind`.
 * - `GET /purges?since=<token>`: public, the purges since a token, as a `LedgerDelta`. It may lag by the view's
 *   bound, unless the token is ahead of the view. In at most about 256 KB: what does not fit is made coarser, the
 *   oldest first, and so invalidates more.
 *
 * While the ledger is out of reach all of them answer 503. No answer may be stored.
 *
 * @throws {TypeError | RangeError} if the time-out cannot be read
 */
export function purgeApi({
  ledger,
  view,
  tokens,
  hosts = (request) => [new URL(request.url).host],
  timeout = "5s",
  clock = systemClock,
  onEvent,
}: PurgeApiOptions): Hono {
  const limit = toSeconds(timeout, "timeout");
  const api = new Hono();

  /** The whole of a large ledger takes time to make smaller: once for each snapshot. */
  const wholes = new WeakMap<Snapshot, LedgerDelta>();

  function newsSince(snapshot: Snapshot, point: LedgerPoint | undefined): LedgerDelta {
    if (point !== undefined && isCovered(snapshot, point))
      return deltaSince(snapshot, point, MOST_FEED_CHARACTERS);
    const whole = wholes.get(snapshot) ?? deltaSince(snapshot, undefined, MOST_FEED_CHARACTERS);
    wholes.set(snapshot, whole);
    return whole;
  }

  async function order(context: Context, mode: PurgeMode): Promise<Response> {
    const { raw } = context.req;
    const access = await purgeAccess(context.req.header("authorization"), tokens());
    if (access !== "granted") return REFUSALS[access](context);
    const body = await readJson(raw);
    if (body.outcome !== "read") return BODY_REFUSALS[body.outcome](context);
    const reading = readPurge(body.value, mode, { host: new URL(raw.url).host, hosts: hosts(raw) });
    if ("problems" in reading) return failure(context, 400, reading.problems);
    try {
      const receipt = await withDeadline(ledger.purge(reading.order), limit, "the purge");
      view.apply(deltaOf(reading.order, receipt));
      return acknowledgement(context, receipt, clock() + view.bound * 1_000);
    } catch (error) {
      report(onEvent, { type: "ledger-error", error });
      return unreachable(context, "It is not known whether the purge was carried out; send it again");
    }
  }

  api.post("/purge", (context) => order(context, "hard"));
  api.post("/invalidate", (context) => order(context, "soft"));
  api.get("/purges", async (context) => {
    const point = parseToken(context.req.query("since"));
    const snapshot = await view.read({ atLeast: point, waitUntil: waitUntilOf(context) });
    if (snapshot === undefined) return unreachable(context, "The purges are not known at the moment");
    return answer(context, 200, newsSince(snapshot, point), { [TOKEN_FIELD]: formatToken(snapshot) });
  });
  api.all("/purge", (context) => notAllowed(context, "POST"));
  api.all("/invalidate", (context) => notAllowed(context, "POST"));
  api.all("/purges", (context) => notAllowed(context, "GET, HEAD"));
  return api;
}

const REFUSALS = {
  off: (context: Context) =>
    failure(context, 403, [by("authorization", "Purging is switched off: no token is configured")]),
  "no-credential": (context: Context) =>
    failure(context, 401, [by("authorization", "A purge needs a bearer token")], {
      "WWW-Authenticate": "Bearer",
    }),
  "wrong-credential": (context: Context) =>
    failure(context, 401, [by("authorization", "This bearer token is not known")], {
      "WWW-Authenticate": 'Bearer error="invalid_token"',
    }),
};

const BODY_REFUSALS = {
  "not-json": (context: Context) => failure(context, 400, [by("body", "body must be JSON in UTF-8")]),
  "too-large": (context: Context) =>
    failure(context, 413, [by("body", `body must not exceed ${MAX_PURGE_BYTES} bytes`)]),
};

function acknowledgement(context: Context, receipt: PurgeReceipt, effectiveAt: number): Response {
  const token = formatToken(receipt);
  const result = { token, selectors: receipt.selectors, effectiveBy: new Date(effectiveAt).toISOString() };
  return answer(context, 200, { success: true, result }, { [TOKEN_FIELD]: token });
}

function unreachable(context: Context, message: string): Response {
  return failure(context, 503, [by("ledger", message)], { "Retry-After": "1" });
}

function notAllowed(context: Context, methods: string): Response {
  return failure(context, 405, [by("method", `This resource takes ${methods}`)], { Allow: methods });
}

function by(field: string, message: string): PurgeProblem {
  return { field, message };
}

function failure(
  context: Context,
  status: Status,
  errors: readonly PurgeProblem[],
  fields: ExtraFields = {},
): Response {
  return answer(context, status, { success: false, errors }, fields);
}

/** Sets `no-store` itself: a middleware of these routes would, mounted at the root, reach the routes of others. */
function answer(context: Context, status: Status, body: object, fields: ExtraFields): Response {
  return context.json(body, status, { "Cache-Control": "no-store", ...fields });
}

/** Hono throws where there is no execution context, as under Node. */
function waitUntilOf(context: Context): ((work: Promise<unknown>) => void) | undefined {
  try {
    const { executionCtx } = context;
    return (work) => executionCtx.waitUntil(work);
  } catch {
    return undefined;
  }
}
