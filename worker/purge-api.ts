import { Hono, type Context } from "hono";
import {
  deltaSince,
  formatToken,
  isCovered,
  parseToken,
  TOKEN_FIELD,
  type LedgerDelta,
  type LedgerPoint,
  type PurgeMode,
  type Snapshot,
} from "../src/index.ts";
import { allowPages, type AllowedPages } from "./cors.ts";
import { jsonAnswer, notAllowed, unreachable } from "./purge-answers.ts";
import { readBody, readWait } from "./purge-body.ts";
import { purgeDesk, type Dialect, type PurgeDeskOptions } from "./purge-desk.ts";
import { gatewayDescription, readInvalidation } from "./purge-invalidation.ts";
import type { PurgeScope } from "./purge-items.ts";
import { logAnswer } from "./purge-log.ts";
import { readPurge, type PurgeReading } from "./purge-request.ts";

/** Options of {@link purgeApi}. */
export interface PurgeApiOptions extends PurgeDeskOptions {
  /** Pages that may use these routes from a browser, such as `https://admin.example.com`. @defaultValue none */
  readonly cors?: AllowedPages;
  /** For the gateway description: fields that speak to this cache alone, in their order. */
  readonly targets?: readonly string[];
}

/** Characters that the answer to a reader of the feed may have, about. */
const MOST_FEED_CHARACTERS = 256 * 1_024;

/**
 * The routes by which purges are ordered and heard of, to be mounted where they belong:
 *
 * - `POST /purge`: never served again. `POST /invalidate`: stale from now on. Both want a bearer token and take
 *   Cloudflare's body shape. `POST /invalidation`: the event format of draft-nottingham-http-invalidation, with 202 while
 *   the purge is not effective everywhere; `GET` describes it.
 *   All answer only once the purge is durable, and name in `effectiveBy` by when all readers know that reach the ledger
 *   (`null` where that is not promised); with `?wait=effective` they answer then, if that is within 30 s. A reader that
 *   does not reach it may go on with what it knows for its `maxBlind`. An `Idempotency-Key` makes it safe to send a request again.
 * - `GET /log?limit=100&before=<position>`: the last purges, for who has the right `log`.
 * - `GET /purges?since=<token>&at-least=<token>`: public, the purges since a token, as a `LedgerDelta`. It may lag by the
 *   view's bound, unless one of the tokens is ahead of the view: the answer contains what they name. In at most about 256 KB: what does not fit is made coarser, the
 *   oldest first, and so invalidates more.
 *
 * While the ledger is out of reach all of them answer 503. No answer may be stored.
 *
 * @throws {TypeError | RangeError} if an option cannot be read
 */
export function purgeApi({ cors, targets, ...options }: PurgeApiOptions): Hono {
  const { ledger, view } = options;
  const desk = purgeDesk(options);
  const api = new Hono();
  allowPages(api, ["/purge", "/invalidate", "/invalidation", "/purges", "/log"], cors);

  /** The whole of a large ledger takes time to make smaller: once for each snapshot. */
  const wholes = new WeakMap<Snapshot, LedgerDelta>();

  function newsSince(snapshot: Snapshot, point: LedgerPoint | undefined): LedgerDelta {
    if (point !== undefined && isCovered(snapshot, point))
      return deltaSince(snapshot, point, MOST_FEED_CHARACTERS);
    const whole = wholes.get(snapshot) ?? deltaSince(snapshot, undefined, MOST_FEED_CHARACTERS);
    wholes.set(snapshot, whole);
    return whole;
  }

  async function order(
    { req: { raw } }: Context,
    read: (body: unknown, scope: PurgeScope) => PurgeReading,
    pending?: Dialect["pending"],
  ): Promise<Response> {
    const wait = readWait(raw.url);
    return desk.purge(raw, {
      async read(scope) {
        if (wait instanceof Response) return wait;
        const body = await readBody(raw);
        return body instanceof Response ? body : read(body.value, scope);
      },
      waits: wait === true,
      ...(pending && { pending }),
    });
  }

  const inMode = (mode: PurgeMode) => (body: unknown, scope: PurgeScope) => readPurge(body, mode, scope);
  api.post("/purge", (context) => order(context, inMode("hard")));
  api.post("/invalidate", (context) => order(context, inMode("soft")));
  api.post("/invalidation", (context) => order(context, readInvalidation, 202));
  api.get("/invalidation", ({ req }) => {
    const { origin, pathname } = new URL(req.url);
    return jsonAnswer(gatewayDescription(`${origin}${pathname}`, view, targets));
  });
  api.get("/log", async ({ req: { raw } }) => {
    const credential = await desk.admit(raw, "log");
    return credential instanceof Response ? credential : logAnswer(ledger, raw.url, options.onEvent);
  });
  api.get("/purges", async (context) => {
    const point = parseToken(context.req.query("since"));
    const atLeast = parseToken(context.req.query("at-least")) ?? point;
    const snapshot = await view.read({ atLeast, waitUntil: waitUntilOf(context) });
    if (snapshot === undefined) return unreachable("The purges are not known at the moment");
    return jsonAnswer(newsSince(snapshot, point), 200, { [TOKEN_FIELD]: formatToken(snapshot) });
  });
  api.all("/purge", () => notAllowed("POST"));
  api.all("/invalidate", () => notAllowed("POST"));
  api.all("/invalidation", () => notAllowed("POST, GET, HEAD"));
  api.all("/purges", () => notAllowed("GET, HEAD"));
  api.all("/log", () => notAllowed("GET, HEAD"));
  return api;
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
