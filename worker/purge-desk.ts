import {
  IdempotencyConflict,
  readAuthority,
  report,
  systemClock,
  toSeconds,
  type CacheEvent,
  type Clock,
  type Duration,
  type Ledger,
  type LedgerView,
  type OnEvent,
  type PurgeOrder,
} from "../src/index.ts";
import { evictionItems, noteEvictions, type Evictions } from "./evictions.ts";
import { orderPurge } from "./order-purge.ts";
import { acknowledgement, failure, rehearsal, unreachable } from "./purge-answers.ts";
import { purgeAccess } from "./purge-auth.ts";
import { tokenCredentials, type PurgeCredential, type PurgeRight } from "./purge-credentials.ts";
import type { PurgeScope } from "./purge-items.ts";
import { rateLimit, type PurgeLimits } from "./purge-rate.ts";
import type { PurgeReading, PurgeWish } from "./purge-request.ts";
import { beyondScope, isLimited } from "./purge-scope.ts";

/** What every way to ask for purges needs. */
export interface PurgeDeskOptions {
  readonly ledger: Ledger;
  /** This place's view of the ledger: it learns of each purge made here, and answers who asks for purges. */
  readonly view: LedgerView;
  /** Bearer tokens with every right, called `token-1` and so on, read for each request. Blank ones count as none. */
  readonly tokens?: () => readonly string[];
  /** Credentials with limits, read for each request. Neither these nor tokens: nobody may purge. */
  readonly credentials?: () => readonly PurgeCredential[];
  /**
   * The hosts of which a request may purge.
   *
   * @defaultValue the host that the request came to
   */
  readonly hosts?: (request: Request) => readonly string[];
  /**
   * The URL under which what a URL names is kept, as `EdgeCache.resourceOf` tells.
   *
   * @defaultValue the URL itself
   */
  readonly resourceOf?: (url: string) => string;
  /** How much may be asked for, in this isolate. */
  readonly limits?: PurgeLimits;
  /**
   * How long the ledger may take over a purge.
   *
   * @defaultValue "5s"
   */
  readonly timeout?: Duration;
  /** Deletes what is purged. @defaultValue nothing does: it stays where it is, unserved, until its time is over */
  readonly evictions?: Evictions | undefined;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
  /** Learns of `ledger-error` and `eviction-error`. */
  readonly onEvent?: OnEvent<CacheEvent>;
}

/** How a dialect reads a request, and what it makes of its own. */
export interface Dialect {
  read(scope: PurgeScope): PurgeReading | Response | Promise<PurgeReading | Response>;
  /** Answer only when the purge is effective everywhere. */
  readonly waits: boolean;
  /** The status while it is not. @defaultValue 200 */
  readonly pending?: 200 | 202;
}

/** The one way that every request for a purge goes, whatever its dialect. */
export interface PurgeDesk {
  /** Whose request it is, or the refusal: no or a wrong credential, too many requests, not this right. */
  admit(request: Request, right?: PurgeRight): Promise<PurgeCredential | Response>;
  /** Credential, reading, scope, ledger, view, acknowledgement. What fails on the way changes nothing. */
  purge(request: Request, dialect: Dialect): Promise<Response>;
}

/** How long a request may wait for its purge to be effective, in seconds. */
const LONGEST_WAIT = 30;

/** @throws {TypeError | RangeError} if the time-out or a limit cannot be read */
export function purgeDesk({
  ledger,
  view,
  tokens = () => [],
  credentials = () => [],
  hosts = (request) => [new URL(request.url).host],
  resourceOf = (url) => url,
  limits: { perMinute = 600, failuresPerMinute = 60 } = {},
  timeout = "5s",
  evictions,
  clock = systemClock,
  onEvent,
}: PurgeDeskOptions): PurgeDesk {
  const limit = toSeconds(timeout, "timeout");
  const requests = rateLimit(perMinute, "limits.perMinute", clock);
  const failures = rateLimit(failuresPerMinute, "limits.failuresPerMinute", clock);

  async function admit(request: Request, right?: PurgeRight): Promise<PurgeCredential | Response> {
    // The narrower first: a token that stands in both lists gives what its credential gives.
    const known = [...credentials(), ...tokenCredentials(tokens())];
    const judged = await purgeAccess(request.headers.get("authorization"), known);
    if (judged.access !== "granted") {
      const wait = failures.take("");
      return wait > 0 ? tooManyRequests(wait) : REFUSALS[judged.access]();
    }
    const { credential } = judged;
    const wait = requests.take(credential.name);
    if (wait > 0) return tooManyRequests(wait);
    const isRefused = right === "log" && isLimited(credential);
    if (right === undefined || (credential.may.includes(right) && !isRefused)) return credential;
    const message = `the credential ${credential.name} may not use this: it has not the right ${right}`;
    return failure(403, [{ field: "authorization", message }]);
  }

  /** Why a request that waits cannot be answered; nothing has been purged then. */
  function hopeless({ waits }: Dialect): Response | undefined {
    if (!waits || view.bound <= LONGEST_WAIT) return undefined;
    const when = Number.isFinite(view.bound) ? `only after ${view.bound} s` : "at no time that is promised";
    const message = `wait cannot be granted: a purge is effective everywhere ${when}, and the longest wait is ${LONGEST_WAIT} s`;
    return failure(501, [{ field: "wait", message }]);
  }

  async function carryOut(wish: PurgeWish, actor: string, dialect: Dialect): Promise<Response> {
    try {
      const receipt = await orderPurge({ ledger, view }, orderOf(wish, actor), limit);
      const effectiveAt = clock() + view.bound * 1_000;
      if (wish.mode === "hard" && !receipt.isReplay)
        await noteEvictions(evictions, evictionItems(wish.named, receipt), onEvent);
      if (dialect.waits) await pause(view.bound);
      const isEffective = dialect.waits || view.bound === 0;
      return acknowledgement(wish, receipt, effectiveAt, isEffective ? 200 : (dialect.pending ?? 200));
    } catch (error) {
      if (error instanceof IdempotencyConflict) return conflict();
      report(onEvent, { type: "ledger-error", error });
      return unreachable("It is not known whether the purge was carried out; send it again");
    }
  }

  return {
    admit,
    async purge(request, dialect) {
      const credential = await admit(request);
      if (credential instanceof Response) return credential;
      const allowed = new Set(hosts(request).flatMap((host) => readAuthority(host) ?? []));
      const reading = await dialect.read({ url: request.url, hosts: allowed, resourceOf });
      if (reading instanceof Response) return reading;
      if ("problems" in reading) return failure(reading.status ?? 400, reading.problems);
      const tooLong = hopeless(dialect);
      if (tooLong !== undefined) return tooLong;
      const { wish } = reading;
      const beyond = beyondScope(credential, wish.named, wish.mode);
      if (beyond !== undefined) return failure(403, [beyond]);
      return wish.isDryRun ? rehearsal(wish) : carryOut(wish, credential.name, dialect);
    },
  };
}

const REFUSALS = {
  off: () =>
    failure(403, [
      { field: "authorization", message: "Purging is switched off: no credential is configured" },
    ]),
  "no-credential": () =>
    failure(401, [{ field: "authorization", message: "This needs a bearer token" }], {
      "www-authenticate": "Bearer",
    }),
  "wrong-credential": () =>
    failure(401, [{ field: "authorization", message: "This bearer token is not known" }], {
      "www-authenticate": 'Bearer error="invalid_token"',
    }),
};

function tooManyRequests(wait: number): Response {
  const message = "Too many requests of this kind; wait, then send it again";
  return failure(429, [{ field: "authorization", message }], { "retry-after": `${wait}` });
}

function conflict(): Response {
  const message = "This idempotency key came with another purge before; nothing was purged";
  return failure(409, [{ field: "idempotency-key", message }]);
}

/** Keys are told apart by who sent them: nobody can take one that another is about to use. */
function orderOf({ named, mode, reason, idempotencyKey }: PurgeWish, actor: string): PurgeOrder {
  return {
    selectors: [...new Set(named.flatMap(({ selectors }) => selectors))],
    mode,
    actor,
    ...(reason !== undefined && { reason }),
    ...(idempotencyKey !== undefined && { idempotencyKey: `${actor}:${idempotencyKey}` }),
  };
}

async function pause(seconds: number): Promise<void> {
  await new Promise<void>((resolve) => void setTimeout(resolve, seconds * 1_000));
}
