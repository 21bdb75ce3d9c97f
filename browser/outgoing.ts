import {
  TOKEN_FIELD,
  formatToken,
  validationFields,
  type LedgerPoint,
  type StoredFacts,
} from "../src/index.ts";
import type { CacheableRequest } from "./request.ts";

/**
 * The request as the network gets it. To the page's own origin it carries the validators of what is stored and the
 * purges known here, past the browser's own HTTP cache. Elsewhere such fields would cost a preflight, so there the
 * browser's HTTP cache validates what it has.
 */
export function outgoing(
  { request, isSameOrigin }: CacheableRequest,
  stored: StoredFacts | undefined,
  known: LedgerPoint | undefined,
  signal: AbortSignal,
): Request {
  const headers = new Headers(request.headers);
  if (isSameOrigin) {
    for (const [name, value] of stored === undefined ? [] : validationFields(stored))
      headers.set(name, value);
    if (known !== undefined && !headers.has(TOKEN_FIELD)) headers.set(TOKEN_FIELD, formatToken(known));
  }
  // A Request made from another one forgets its referrer unless told.
  const { referrer, referrerPolicy } = request;
  return new Request(request, {
    headers,
    signal,
    referrer,
    referrerPolicy,
    cache: isSameOrigin ? "no-store" : "no-cache",
  });
}

/** Ties a fetch to its caller: from here on the caller's abort ends it. */
export function follow(controller: AbortController, signal: AbortSignal): void {
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
}

/** The work's outcome, or the signal's reason as soon as it is aborted; the work goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
