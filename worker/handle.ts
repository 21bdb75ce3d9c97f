import {
  deltaOf,
  endToEndFields,
  fieldReader,
  formatToken,
  groupInvalidations,
  isSafeMethod,
  normaliseQuery,
  report,
  resourceKey,
  urlSelector,
  withDeadline,
  type FieldReader,
  type LedgerPoint,
  type PurgeOrder,
  type QueryOptions,
  type Snapshot,
} from "../src/index.ts";
import { answerWithError, TOKEN_FIELD, tokenOf } from "./answer.ts";
import { exchange } from "./exchange.ts";
import type { ExchangeTools } from "./forwarding.ts";
import type { Origin } from "./origin.ts";
import { reader, type Passage } from "./reuse.ts";

/** What comes with a request. */
export interface RequestContext {
  readonly origin: Origin;
  /** Keeps work alive after the answer, as `ExecutionContext.waitUntil` does. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Answers a request from the store or from the origin. Never rejects because of store, ledger or origin. */
export type RequestHandler = (request: Request, context: RequestContext) => Promise<Response>;

/** How long a purge may take before the client gets its answer, and when it is tried again after that; in seconds. */
const PURGE_LIMIT = 3;
const RETRY_AFTER = [0.5, 2, 8];

/** Makes the handler of one isolate. */
export function requestHandler(tools: ExchangeTools): RequestHandler {
  const { cache, responses, ledger, view, query, onEvent } = tools;
  const read = reader(tools);

  /** RFC 9111, 4.4: a change that the origin accepted invalidates what is stored, everywhere, before the client hears of it. */
  async function change(passage: Passage, snapshot: Snapshot | undefined): Promise<Response> {
    const mark = Promise.withResolvers<LedgerPoint | undefined>();
    try {
      const forwarding = {
        ...passage,
        snapshot,
        reason: "method",
        kind: "change",
        mark: mark.promise,
      } as const;
      const response = await exchange(tools, forwarding).answer;
      if (response.status < 200 || response.status > 399) return response;
      const receipt = await purge(passage, response);
      // A purge that came between may be of something newer than this answer.
      const isNext =
        snapshot?.epoch === receipt?.epoch && snapshot?.position === (receipt?.position ?? 0) - 1;
      mark.resolve(isNext ? receipt : undefined);
      return response;
    } finally {
      mark.resolve(undefined);
    }
  }

  /** Purges what the change touches, and tells its client the token. `undefined` = the ledger is out of reach. */
  async function purge(
    { resource, waitUntil }: Passage,
    response: Response,
  ): Promise<LedgerPoint | undefined> {
    const urls = changedUrls(resource, response.headers).flatMap((url) => urlSelector(url) ?? []);
    const selectors = [...urls, ...groupInvalidations(resource, [...response.headers])];
    const order: PurgeOrder = { selectors, mode: "hard", reason: "a change in traffic" };
    try {
      const receipt = await ordered(order);
      response.headers.set(TOKEN_FIELD, formatToken(receipt));
      return receipt;
    } catch (error) {
      report(onEvent, { type: "ledger-error", error });
      await responses.remove(resource);
      waitUntil(insist(order));
      return undefined;
    }
  }

  async function ordered(order: PurgeOrder): Promise<LedgerPoint> {
    const receipt = await withDeadline(ledger.purge(order), PURGE_LIMIT, "the purge");
    view.apply(deltaOf(order, receipt));
    return receipt;
  }

  /** The client has its answer; the purge is tried again behind it. Purges may be repeated: they are idempotent. */
  async function insist(order: PurgeOrder): Promise<void> {
    for (const pause of RETRY_AFTER) {
      await new Promise<void>((resolve) => void setTimeout(resolve, pause * 1_000));
      try {
        await ordered(order);
        return;
      } catch (error) {
        report(onEvent, { type: "ledger-error", error });
      }
    }
  }

  /** Another protocol from here on: nothing of it is ours. */
  async function relay(request: Request, origin: Origin): Promise<Response> {
    try {
      return await origin(request);
    } catch {
      const status = { hit: false, fwd: "bypass", detail: "origin-unreachable" } as const;
      return answerWithError(502, "The origin cannot be reached", { cache, status, age: 0 });
    }
  }

  return async (request, { origin, waitUntil }) => {
    const { method, headers, url } = request;
    if (isWebSocket(request)) return relay(request, origin);
    const passage: Passage = {
      request,
      facts: { method, headers: forwardedReader(headers), url },
      resource: query === undefined ? resourceKey(url) : withoutNoise(url, query),
      origin,
      waitUntil,
    };
    const reading = view.read({ atLeast: tokenOf(headers), waitUntil });
    const snapshot = reading instanceof Promise ? await reading : reading;
    if (!isSafeMethod(method)) return change(passage, snapshot);
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && snapshot !== undefined && !hasPreconditions(headers)) return read(passage, snapshot);
    const reason = isRead ? (snapshot === undefined ? "bypass" : "request") : "method";
    return exchange(tools, { ...passage, snapshot, reason, kind: "pass" }).answer;
  };
}

function withoutNoise(url: string, query: QueryOptions): string {
  const normalised = new URL(url);
  normalised.search = normaliseQuery(normalised.search, query);
  return resourceKey(normalised.href);
}

function isWebSocket({ method, headers }: Request): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * The fields as the origin will see them: what Connection lists does not travel (RFC 9110, 7.6.1), so it must not select
 * a variant either.
 */
function forwardedReader(headers: Headers): FieldReader {
  const connection = headers.get("connection")?.toLowerCase();
  const isPlain = connection === undefined || connection === "keep-alive" || connection === "close";
  return isPlain ? headers : fieldReader(endToEndFields(headers));
}

/** RFC 9110, 13.1.1 and 13.1.4: conditions on the origin's own state, which no cache can judge. */
function hasPreconditions(headers: Headers): boolean {
  return headers.has("if-match") || headers.has("if-unmodified-since");
}

/** The URLs that an accepted change invalidates: its own, and of those that the answer names the ones of the same origin. */
function changedUrls(target: string, answer: Headers): readonly string[] {
  const named = [answer.get("location"), answer.get("content-location")].flatMap((reference) =>
    reference !== null && URL.canParse(reference, target) ? [new URL(reference, target)] : [],
  );
  const { origin } = new URL(target);
  return [target, ...named.filter((url) => url.origin === origin).map((url) => resourceKey(url.href))];
}
