import { ask, type Call } from "./ask.ts";
import { PurgeError } from "./error.ts";
import type {
  PurgeLog,
  PurgeNote,
  PurgeOptions,
  PurgeReceipt,
  PurgeRehearsal,
  PurgeSelection,
} from "./shapes.ts";

/** Options of {@link purgeClient}. */
export interface PurgeClientOptions {
  /** Where the edge's own routes are, such as `https://shop.example/_tidemark`; in a page also a path. */
  readonly endpoint: string;
  /** The credential. Never give it to a page that is not an operator's own. */
  readonly token: string;
  /** @defaultValue the platform's own */
  readonly fetch?: typeof globalThis.fetch;
  /** How often a call is tried again after no answer, 429, 502, 503 and 504. @defaultValue 4 */
  readonly retries?: number;
  /** How long one attempt may take, in seconds; with `wait` 30 s longer. @defaultValue 30 */
  readonly timeout?: number;
}

/** How long the edge may wait for a purge to be effective, in seconds. */
const EDGE_WAITS = 30;

/** Asks an edge for purges. */
export interface PurgeClient {
  /** Checks an order, and tells what it would purge. */
  purge(
    selection: PurgeSelection,
    options: PurgeOptions & { readonly dryRun: true },
  ): Promise<PurgeRehearsal>;
  /**
   * Orders a purge. Resolves once it is durable, or with `wait` once it is effective; until then it is tried again, as one
   * order, with growing pauses.
   *
   * @throws {PurgeError} if it is refused, or still not acknowledged after the last attempt
   */
  purge(
    selection: PurgeSelection,
    options?: PurgeOptions & { readonly dryRun?: false },
  ): Promise<PurgeReceipt>;
  /**
   * The last purges, newest first.
   *
   * @throws {PurgeError}
   */
  log(options?: {
    readonly limit?: number;
    readonly before?: number;
    readonly signal?: AbortSignal;
  }): Promise<PurgeLog>;
  /**
   * What a GET of a URL, or of a path, would get and why, as the edge tells it.
   *
   * @param fields request fields that choose a variant
   * @throws {PurgeError}
   */
  explain(
    url: string,
    fields?: Readonly<Record<string, string>>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<unknown>;
}

/**
 * A client for the purge routes, for Node, for other Workers and for operators' own pages.
 *
 * @throws {TypeError} if the endpoint is no address, or there is no token
 */
export function purgeClient({
  endpoint,
  token,
  fetch = globalThis.fetch,
  retries = 4,
  timeout = 30,
}: PurgeClientOptions): PurgeClient {
  if (!/^(?:https?:\/)?\//.test(endpoint) || (!endpoint.startsWith("/") && !URL.canParse(endpoint)))
    throw new TypeError("Cannot ask for purges: the endpoint must be an http or https address, or a path");
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new TypeError("Cannot ask for purges: the token must be one word of visible ASCII characters");
  const base = endpoint.replace(/\/+$/, "");
  const headers = { authorization: `Bearer ${token}` };
  const get = (path: string, signal: AbortSignal | undefined) =>
    ask({ fetch, retries, timeout, url: base + path, init: { headers }, ...(signal && { signal }) });

  function purge(
    selection: PurgeSelection,
    options: PurgeOptions & { readonly dryRun: true },
  ): Promise<PurgeRehearsal>;
  function purge(selection: PurgeSelection, options?: PurgeOptions): Promise<PurgeReceipt>;
  async function purge(
    selection: PurgeSelection,
    { soft = false, dryRun = false, reason, idempotencyKey, wait = false, signal }: PurgeOptions = {},
  ): Promise<PurgeReceipt | PurgeRehearsal> {
    const call: Call = {
      fetch,
      retries,
      timeout: wait ? timeout + EDGE_WAITS : timeout,
      url: `${base}/${soft ? "invalidate" : "purge"}${wait ? "?wait=effective" : ""}`,
      init: {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(bodyOf(selection, { dryRun, reason, idempotencyKey })),
      },
      ...(signal && { signal }),
    };
    const answer = await ask(call);
    return dryRun ? readRehearsal(answer) : readReceipt(answer);
  }

  return {
    purge,
    async log({ limit, before, signal } = {}) {
      const query = queryOf(Object.entries({ limit, before }));
      const { result } = partsOf(await get(`/log${query}`, signal));
      if (!Array.isArray(result["purges"])) throw odd();
      return result as unknown as PurgeLog; // The edge's word for the rest; it is shown, not computed with.
    },
    explain: (url, fields = {}, { signal } = {}) => {
      const chosen = Object.entries(fields).map(([name, value]) => [`header.${name}`, value] as const);
      return get(`/explain${queryOf([["url", url], ...chosen])}`, signal);
    },
  };
}

function bodyOf(
  { urls, everything, ...lists }: PurgeSelection,
  options: { dryRun: boolean; reason: string | undefined; idempotencyKey: string | undefined },
): object {
  return {
    ...lists,
    files: urls,
    purge_everything: everything || undefined,
    reason: options.reason,
    dry_run: options.dryRun || undefined,
    idempotency_key: options.idempotencyKey ?? crypto.randomUUID(),
  };
}

function queryOf(pairs: readonly (readonly [string, string | number | undefined])[]): string {
  const given = pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`] as const]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

function readReceipt(answer: unknown): PurgeReceipt {
  const { result, messages } = partsOf(answer);
  const { token, selectors, effectiveBy: by, replayed } = result;
  if (typeof token !== "string" || typeof selectors !== "number") throw odd();
  const effectiveBy = typeof by === "string" ? new Date(by) : null;
  return { token, selectors, effectiveBy, replayed: replayed === true, messages };
}

function readRehearsal(answer: unknown): PurgeRehearsal {
  const { result, messages } = partsOf(answer);
  if (result["dryRun"] !== true || !Array.isArray(result["wouldPurge"])) throw odd();
  return { ...(result as unknown as Omit<PurgeRehearsal, "messages">), messages }; // As with the log.
}

function partsOf(answer: unknown): {
  readonly result: Readonly<Record<string, unknown>>;
  readonly messages: readonly PurgeNote[];
} {
  const { result, messages = [] } = (answer ?? {}) as { result?: unknown; messages?: unknown }; // Checked next.
  if (typeof result !== "object" || result === null || !Array.isArray(messages)) throw odd();
  return { result: { ...result }, messages };
}

function odd(): PurgeError {
  return new PurgeError("The endpoint's answer is not one of a purge API: is its address right?", 200);
}
