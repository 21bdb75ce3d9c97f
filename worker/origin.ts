import {
  CONDITIONAL_FIELDS,
  endToEndFields,
  isStrongTag,
  TOKEN_FIELD,
  validationFields,
  withoutFields,
  type Fields,
  type Seconds,
  type Selecting,
  type StoredFacts,
} from "../src/index.ts";

import { COUNTRY_FIELD, DEVICE_FIELD, withSelection, type Selection } from "./selection.ts";

/**
 * Whoever holds the truth: takes a request for the public URL and answers it. Rejects when it cannot be reached.
 * The request's signal ends it.
 */
export type Origin = (request: Request) => Promise<Response>;

/**
 * Fields by which frameworks let a request say that its URL, host or method is another, although no cache key holds them:
 * whoever sends one could have another page stored under this one's key. They are for proxies to set, not for clients.
 */
const UNKEYED: ReadonlySet<string> = new Set([
  "fastly-ssl",
  "forwarded",
  "front-end-https",
  COUNTRY_FIELD,
  DEVICE_FIELD,
  "x-host",
  "x-http-host-override",
  "x-http-method",
  "x-http-method-override",
  "x-matched-path",
  "x-method-override",
  "x-rewrite-url",
  "x-scheme",
  "x-url-scheme",
]);
const UNKEYED_PREFIXES: readonly string[] = [
  "x-forwarded-",
  "x-invoke-",
  "x-middleware-",
  "x-now-",
  "x-original-",
];

export function isUnkeyed(name: string): boolean {
  if (name === "x-forwarded-for") return false;
  return UNKEYED.has(name) || UNKEYED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** What a request asks of the origin on the cache's behalf. */
export type Purpose =
  /** Whatever the client wants, as it came: nothing of it will be stored. */
  | { readonly kind: "pass" }
  /** The whole response, for the store as much as for the client: without the client's conditions. */
  | { readonly kind: "fill" }
  /** Whether a stored response still holds, for this client. */
  | { readonly kind: "validate"; readonly stored: StoredFacts }
  /** The bytes that the client wants, to be kept as a part. */
  | { readonly kind: "part" }
  /** The bytes that a stored part lacks, if the representation is still the same. */
  | { readonly kind: "complete"; readonly stored: StoredFacts; readonly missing: string };

/** The request that goes to the origin. A fill belongs to no client: only `signal` ends it. */
function originRequest(
  request: Request,
  purpose: Purpose,
  { resource, ...keyed }: AskOptions,
  signal: AbortSignal,
): Request {
  const headers = new Headers(originFields(request, purpose, keyed) as [string, string][]); // The platform's type forbids read-only pairs.
  const { method } = request;
  const body = method === "GET" || method === "HEAD" ? null : request.body;
  return new Request(resource, { method, headers, body, redirect: "manual", signal });
}

type Keyed = Pick<AskOptions, "selecting" | "selection">;

function originFields(request: Request, purpose: Purpose, keyed: Keyed): Fields {
  switch (purpose.kind) {
    case "pass":
      return [
        ...withoutFields(endToEndFields(request.headers), [TOKEN_FIELD, COUNTRY_FIELD, DEVICE_FIELD]),
        ...keyed.selection.derived,
      ];
    case "fill":
      return fillFields(request, keyed);
    case "validate":
      return [...fillFields(request, keyed), ...validationFields(purpose.stored)];
    case "part":
      return [...fillFields(request, keyed), ...rangeFields(request)];
    case "complete":
      return [...fillFields(request, keyed), ["range", purpose.missing], ...ifRangeFields(purpose.stored)];
  }
}

/** What is keyed is what is sent: were another form forwarded, one client's form could answer another's (RFC 9111, 4.1). */
function fillFields(request: Request, { selecting, selection }: Keyed): Fields {
  const kept = withoutFields(endToEndFields(request.headers), [TOKEN_FIELD, ...CONDITIONAL_FIELDS]).filter(
    ([name]) => !isUnkeyed(name),
  );
  return withSelection(kept, selection).map(([name, value]) => [
    name,
    selecting.canonical(name, value) ?? value,
  ]);
}

function rangeFields({ headers }: Request): Fields {
  return ["range", "if-range"].flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
}

/** RFC 9110, 13.1.5: only a strong entity tag can say that two parts belong together. */
function ifRangeFields({ etag }: StoredFacts): Fields {
  return isStrongTag(etag) ? [["if-range", etag]] : [];
}

/**
 * The request that renews a stored response with nobody waiting: the one it answered, as far as its Vary tells, and not
 * that of the client who happened to come by (RFC 9111, 4.3.1).
 */
export function refreshRequest(resource: string, { nominated }: StoredFacts): Request {
  const request = new Request(resource, { headers: { "user-agent": "tidemark" } });
  for (const [name, value] of nominated) {
    if (value === null) request.headers.delete(name);
    else request.headers.set(name, value);
  }
  return request;
}

/** Why the origin gave no answer. */
export class OriginError extends Error {
  override readonly name = "OriginError";
  /** 504 when it ran out of time, 502 otherwise (RFC 9110, 15.6.3 and 15.6.5). */
  readonly status: 502 | 504;

  constructor(status: 502 | 504, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface AskOptions {
  /** The URL that was keyed: it is the one that is asked for. */
  readonly resource: string;
  readonly limit: Seconds;
  readonly selecting: Selecting;
  readonly selection: Selection;
}

/** A longer timer would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Asks the origin, within a time limit for the header of its answer.
 *
 * @throws {OriginError} if it cannot be reached or takes too long; the sentence is fit for clients
 */
export async function askOrigin(
  origin: Origin,
  request: Request,
  purpose: Purpose,
  options: AskOptions,
): Promise<Response> {
  const { limit } = options;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), Math.min(limit * 1_000, MAX_TIMER));
  try {
    return await origin(originRequest(request, purpose, options, abort.signal));
  } catch (error) {
    if (abort.signal.aborted)
      throw new OriginError(504, `The origin did not answer within ${limit} s`, { cause: error });
    throw new OriginError(502, "The origin cannot be reached", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
