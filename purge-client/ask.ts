import { PurgeError } from "./error.ts";

/** One call of the purge API. It may be sent several times, so it has to be idempotent. */
export interface Call {
  readonly fetch: typeof globalThis.fetch;
  readonly url: string;
  readonly init: {
    readonly method?: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
  };
  readonly retries: number;
  /** For each attempt, in seconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** The pauses between attempts: each twice the one before, and up to half of it more, by chance. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sends a call until there is an answer that will not change by itself.
 *
 * @returns the JSON of a 2xx answer
 * @throws {PurgeError} for any other answer, or none; what the signal says if that ended it
 */
export async function ask(call: Call): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await attemptOf(call);
    if ("answer" in outcome) return outcome.answer;
    const { failure, retryAfter } = outcome;
    if (!(failure.status === 0 || PASSING.has(failure.status)) || attempt >= call.retries) throw failure;
    const ownPause = FIRST_PAUSE_MS * 2 ** attempt * (1 + Math.random() / 2);
    await pause(Math.min(Math.max(ownPause, retryAfter * 1_000), LONGEST_PAUSE_MS), call.signal);
  }
}

type Outcome = { readonly answer: unknown } | { readonly failure: PurgeError; readonly retryAfter: number };

async function attemptOf({ fetch, url, init, timeout, signal }: Call): Promise<Outcome> {
  const limit = AbortSignal.timeout(timeout * 1_000);
  try {
    // A redirect would carry the credential to wherever it points.
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return { answer: body };
    const retryAfter = Number(response.headers.get("retry-after") ?? 0) || 0;
    return { failure: failureOf(response.status, body), retryAfter };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    return { failure: new PurgeError("The endpoint did not answer", 0, undefined, error), retryAfter: 0 };
  }
}

/** The first of the errors that the answer names. */
function failureOf(status: number, body: unknown): PurgeError {
  const { errors, error } = (body ?? {}) as { errors?: unknown; error?: unknown }; // Checked next.
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const { field, message } = (first ?? {}) as { field?: unknown; message?: unknown };
  if (typeof message === "string")
    return new PurgeError(message, status, typeof field === "string" ? field : undefined);
  return new PurgeError(
    typeof error === "string" ? error : `The endpoint answered with status ${status}`,
    status,
  );
}

/** Waits, unless the signal ends it: then it throws what the signal says. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted) done();
  });
  if (signal?.aborted) throw signal.reason;
}
