import { isSafeMethod } from "../src/index.ts";
import { answerWithError, tokenOf } from "./answer.ts";
import { changer } from "./change.ts";
import { forwardedReader } from "./connected.ts";
import { exchange } from "./exchange.ts";
import type { ExchangeTools } from "./forwarding.ts";
import type { Origin } from "./origin.ts";
import { quickAnswer } from "./quick.ts";
import { reader, type Passage } from "./reuse.ts";
import { selectingReader, selectionOf, withDerived } from "./selection.ts";

/** What comes with a request. */
export interface RequestContext {
  readonly origin: Origin;
  /** Keeps work alive after the answer, as `ExecutionContext.waitUntil` does. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Answers a request from the store or from the origin. Never rejects because of store, ledger or origin. */
export type RequestHandler = (request: Request, context: RequestContext) => Promise<Response>;

/** Makes the handler of one isolate. */
export function requestHandler(tools: ExchangeTools): RequestHandler {
  const { cache, view, placeOf } = tools;
  const quick = quickAnswer(tools);
  const read = reader(tools);
  const change = changer(tools);

  /** Another protocol from here on: nothing of it is ours. */
  async function relay(request: Request, origin: Origin): Promise<Response> {
    try {
      return await origin(withDerived(request, selectionOf(request, placeOf(request.url).route)));
    } catch {
      const status = { hit: false, fwd: "bypass", detail: "origin-unreachable" } as const;
      return answerWithError(502, "The origin cannot be reached", { cache, status, age: 0 });
    }
  }

  return async (request, { origin, waitUntil }) => {
    const { method, headers, url } = request;
    if (isWebSocket(request)) return relay(request, origin);
    const place = placeOf(url);
    const { route, resource } = place;
    const asked = { atLeast: tokenOf(headers), waitUntil };
    const reading =
      view.read({ ...asked, consistency: route.consistency }) ??
      // Levels that never wait have nothing in an isolate that has just begun: to wait costs less than to ask the origin.
      (route.consistency === "ttl" || route.consistency === "kv" ? view.read(asked) : undefined);
    const snapshot = reading instanceof Promise ? await reading : reading;
    const answer = snapshot && quick(request, place, snapshot);
    if (answer !== undefined) return answer;
    const selection = selectionOf(request, route);
    const passage: Passage = {
      request,
      facts: { method, headers: selectingReader(forwardedReader(headers), selection), url },
      resource,
      selection,
      origin,
      waitUntil,
    };
    if (!isSafeMethod(method)) return change(passage, snapshot);
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && snapshot !== undefined && !hasPreconditions(headers)) return read(passage, snapshot);
    const reason = isRead ? (snapshot === undefined ? "bypass" : "request") : "method";
    return exchange(tools, { ...passage, snapshot, reason, kind: "pass" }).answer;
  };
}

function isWebSocket({ method, headers }: Request): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** RFC 9110, 13.1.1 and 13.1.4: conditions on the origin's own state, which no cache can judge. */
function hasPreconditions(headers: Headers): boolean {
  return headers.has("if-match") || headers.has("if-unmodified-since");
}
