import {
  currentAge,
  fieldReader,
  initialAge,
  isNotModified,
  receivedFields,
  report,
  type CacheRules,
  type CacheStatus,
  type Clock,
  type FillDrop,
  type ForwardReason,
  type Ledger,
  type LedgerView,
  type OnEvent,
  type RequestFacts,
  type ResponseFacts,
  type ResponseStore,
  type Seconds,
  type Snapshot,
  type StoredFacts,
  type StoredResponse,
} from "../src/index.ts";
import { answerFromOrigin, answerFromStored, answerWithError, type AnswerNote } from "./answer.ts";
import { splitBody, type FillBudget } from "./fill.ts";
import { askOrigin, OriginError, type Origin, type Purpose } from "./origin.ts";
import { judge, labelsOf, type Case, type Validated, type Verdict } from "./verdict.ts";

type Stored = StoredResponse<Uint8Array>;

/** What an exchange needs of the cache that it belongs to. */
export interface ExchangeTools {
  /** The cache's name in Cache-Status. */
  readonly cache: string;
  readonly rules: CacheRules;
  readonly responses: ResponseStore<Uint8Array>;
  readonly ledger: Ledger;
  readonly view: LedgerView;
  readonly budget: FillBudget;
  /** A longer body is sent on, not kept. */
  readonly maxBodyBytes: number;
  /** How long the origin may take until the header of its answer. */
  readonly originTimeout: Seconds;
  readonly clock: Clock;
  readonly onEvent: OnEvent | undefined;
}

/** One request that goes to the origin, and why. */
export interface Forwarding {
  readonly request: Request;
  readonly facts: RequestFacts;
  readonly resource: string;
  readonly origin: Origin;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** The ledger as known before the origin is asked: what comes is marked with its position. */
  readonly snapshot: Snapshot | undefined;
  readonly reason: ForwardReason;
  /** `pass`: as it came, and nothing of the answer is kept. `fill`: for the store as much as for the client. */
  readonly kind: "pass" | "fill";
  /** What a fill validates, instead of fetching the whole response; and what may stand in for an error. */
  readonly validated?: Validated<Stored> | undefined;
  /** `false` = it waited for an equal request, in vain. */
  readonly collapsed?: false | undefined;
}

/** What came of an exchange, for those who waited for it: plain data, shared between requests. */
export type ExchangeResult =
  | { readonly outcome: "stored" }
  | { readonly outcome: "passed" }
  | { readonly outcome: "failed"; readonly status: 502 | 504; readonly reason: string };

/** The client's answer, and what came of the exchange in the end. Neither rejects. */
export interface Exchange {
  /** As soon as the header has come. */
  readonly answer: Promise<Response>;
  /** Once the body has been stored, or it is clear that it will not be. */
  readonly result: Promise<ExchangeResult>;
}

/** What the origin sent. */
interface Reply {
  readonly facts: ResponseFacts;
  readonly body: ReadableStream<Uint8Array> | null;
}

const PASSED: ExchangeResult = { outcome: "passed" };

/** Asks the origin, answers with what comes, and keeps it where the rules allow. */
export function exchange(tools: ExchangeTools, forwarding: Forwarding): Exchange {
  const { promise: result, resolve } = Promise.withResolvers<ExchangeResult>();
  forwarding.waitUntil(result);
  const answer = ask(tools, forwarding).then(
    (reply) => {
      const [response, later] = carryOut(tools, forwarding, reply, judge(reply.facts, caseOf(tools, forwarding)));
      resolve(later);
      return response;
    },
    (error: unknown) => {
      const failure = error instanceof OriginError ? error : new OriginError(502, "The origin's answer cannot be used");
      resolve({ outcome: "failed", status: failure.status, reason: failure.message });
      return answerFailure(tools, forwarding, failure.status, failure.message);
    },
  );
  return { answer, result };
}

async function ask({ clock, originTimeout }: ExchangeTools, { origin, request, kind, validated }: Forwarding): Promise<Reply> {
  const requestAt = clock();
  const stored = validated?.stored.facts;
  const purpose: Purpose = kind === "fill" && stored ? { kind: "validate", stored } : { kind };
  const response = await askOrigin(origin, request, purpose, originTimeout);
  const responseAt = clock();
  const fields = receivedFields(response.headers, responseAt);
  const facts = { status: response.status, fields, headers: fieldReader(fields), requestAt, responseAt };
  return { facts, body: response.body };
}

function caseOf({ rules }: ExchangeTools, { facts: request, kind, validated, snapshot }: Forwarding): Case<Stored> {
  const mayKeep = kind === "fill" && snapshot !== undefined;
  return { request, validated: kind === "fill" ? validated : undefined, mayKeep, rules };
}

/** Does what the verdict says: the client's answer, and what becomes of the store after it. */
function carryOut(
  tools: ExchangeTools,
  forwarding: Forwarding,
  reply: Reply,
  verdict: Verdict<Stored>,
): [answer: Response, result: ExchangeResult | Promise<ExchangeResult>] {
  const { request } = forwarding;
  const { status, fields } = reply.facts;
  switch (verdict.action) {
    case "keep":
      return fill(tools, forwarding, reply, verdict);
    case "pass": {
      const age = { initialAge: initialAge(reply.facts), responseAt: reply.facts.responseAt };
      const told = note(tools, forwarding, age, verdict.detail === undefined ? {} : { detail: verdict.detail });
      const answer = answerFromOrigin(request, { status, fields, body: reply.body }, told);
      return [answer, verdict.supersedes ? forget(tools, forwarding) : PASSED];
    }
    case "renew": {
      const { facts, keepFor, stored } = verdict;
      const told = note(tools, forwarding, facts, { fwdStatus: status, stored: true });
      return [answerFromStored(request, { facts, body: stored.body }, told), keep(tools, forwarding, { facts, body: stored.body }, keepFor)];
    }
    case "last-use": {
      const { facts, stored } = verdict;
      const told = note(tools, forwarding, facts, { fwdStatus: status });
      return [answerFromStored(request, { facts, body: stored.body }, told), forget(tools, forwarding)];
    }
    case "stand-in": {
      void reply.body?.cancel();
      const told = note(tools, forwarding, verdict.stored.facts, { fwdStatus: status, detail: "stale-if-error" });
      return [answerFromStored(request, verdict.stored, told), { outcome: "failed", status: 502, reason: `The origin answered ${status}` }];
    }
  }
}

/** Sends a body on and keeps a copy of it. */
function fill(
  tools: ExchangeTools,
  forwarding: Forwarding,
  { facts: { status, fields, headers }, body }: Reply,
  { facts, keepFor }: Extract<Verdict<Stored>, { action: "keep" }>,
): [answer: Response, result: ExchangeResult | Promise<ExchangeResult>] {
  const { request } = forwarding;
  const length = lengthOf(headers.get("content-length"));
  if (length !== undefined && length > tools.maxBodyBytes) {
    const told = note(tools, forwarding, facts, { stored: false, detail: "too-large" });
    return [answerFromOrigin(request, { status, fields, body }, told), drop(tools, forwarding, "too-large")];
  }
  const told = note(tools, forwarding, facts, { stored: true });
  if (body === null) {
    const empty = { facts, body: new Uint8Array() };
    return [answerFromOrigin(request, { status, fields, body }, told), keep(tools, forwarding, empty, keepFor)];
  }
  const { toClient, whole } = splitBody(body, { length, limit: tools.maxBodyBytes, budget: tools.budget });
  const result = whole.then((got) =>
    "body" in got ? keep(tools, forwarding, { facts, body: got.body }, keepFor) : drop(tools, forwarding, got.dropped),
  );
  if (!isNotModified(request, facts)) return [answerFromOrigin(request, { status, fields, body: toClient }, told), result];
  void toClient.cancel();
  return [answerFromStored(request, { facts, body: new Uint8Array() }, told), result];
}

/** Stores a response under the mark that was taken before the origin was asked. */
async function keep(
  { responses, view }: ExchangeTools,
  { snapshot, resource, waitUntil }: Forwarding,
  { facts, body }: { readonly facts: StoredFacts; readonly body: Uint8Array },
  keepFor: Seconds,
): Promise<ExchangeResult> {
  const latest = await view.read({ waitUntil });
  if (snapshot === undefined || latest === undefined) return PASSED;
  const mark = { epoch: snapshot.epoch, position: snapshot.position, labels: labelsOf(resource, facts.fields) };
  await responses.put(resource, { facts, body, mark }, { keepFor, snapshot: latest, waitUntil });
  return { outcome: "stored" };
}

async function forget({ responses }: ExchangeTools, { resource }: Forwarding): Promise<ExchangeResult> {
  await responses.remove(resource);
  return PASSED;
}

function drop({ onEvent }: ExchangeTools, { resource }: Forwarding, reason: FillDrop): ExchangeResult {
  report(onEvent, { type: "fill-dropped", key: resource, reason });
  return PASSED;
}

/** The origin gave no answer: the stale response if it may stand in (RFC 5861, 4), an error otherwise. */
export function answerFailure(tools: ExchangeTools, forwarding: Forwarding, status: 502 | 504, reason: string): Response {
  const { request, validated } = forwarding;
  if (validated?.staleIfError) {
    const told = note(tools, forwarding, validated.stored.facts, { detail: "stale-if-error" });
    return answerFromStored(request, validated.stored, told);
  }
  const born = { initialAge: 0, responseAt: tools.clock() };
  return answerWithError(status, reason, note(tools, forwarding, born, { detail: "origin-unreachable" }));
}

function note(
  { cache, clock }: ExchangeTools,
  { reason, collapsed, snapshot }: Forwarding,
  of: Pick<StoredFacts, "initialAge" | "responseAt">,
  more: Omit<Extract<CacheStatus, { hit: false }>, "hit" | "fwd">,
): AnswerNote {
  const status: CacheStatus = { hit: false, fwd: reason, ...(collapsed !== undefined && { collapsed }), ...more };
  return { cache, status, age: currentAge(of, clock()), mark: snapshot };
}

function lengthOf(contentLength: string | null): number | undefined {
  return contentLength !== null && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : undefined;
}
