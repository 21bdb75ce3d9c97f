import { assemble, initialAge, isNotModified, validatorsOf } from "../src/index.ts";
import { answerFromOrigin, answerFromStored, answerNotModified, type AnswerNote } from "./answer.ts";
import { ask, type Reply } from "./ask.ts";
import { splitBody } from "./fill.ts";
import type { Exchange, ExchangeResult, ExchangeTools, Forwarding, Stored } from "./forwarding.ts";
import { drop, forget, heed, keep, PASSED } from "./keep.ts";
import { OriginError } from "./origin.ts";
import { answerFailure, note, standIn, stillStanding } from "./stand-in.ts";
import { judge, type Case, type Verdict } from "./verdict.ts";

/** Asks the origin, answers with what comes, and keeps it where the rules allow. */
export function exchange(tools: ExchangeTools, forwarding: Forwarding): Exchange {
  const { promise: result, resolve } = Promise.withResolvers<ExchangeResult>();
  forwarding.waitUntil(result);
  const answer = conduct(tools, forwarding, resolve).catch(async (error: unknown) => {
    const unusable = new OriginError(502, "The origin's answer cannot be used");
    const { status, message } = error instanceof OriginError ? error : unusable;
    resolve({ outcome: "failed", status, reason: message });
    return answerFailure(tools, forwarding, status, message);
  });
  return { answer, result };
}

async function conduct(tools: ExchangeTools, forwarding: Forwarding, resolve: Settle): Promise<Response> {
  const reply = await ask(tools, forwarding);
  const current = await stillStanding(tools, forwarding);
  // This 304 answers a condition of ours, about a response that may not be used any more.
  const isMoot = reply.facts.status === 304 && current.validated !== forwarding.validated;
  const verdict = isMoot ? ({ action: "ask-again" } as const) : judge(reply.facts, caseOf(tools, current));
  if (verdict.action === "complete") {
    const completed = await complete(tools, forwarding, reply, verdict);
    if (completed === undefined) return askAgain(tools, forwarding, resolve);
    resolve(completed.result);
    return completed.answer;
  }
  if (verdict.action === "ask-again") {
    await reply.body?.cancel();
    return askAgain(tools, forwarding, resolve);
  }
  const [response, later] = carryOut(tools, current, reply, verdict);
  resolve(later);
  return response;
}

/** What was asked for did not fit what is stored: the whole is fetched. */
function askAgain(tools: ExchangeTools, forwarding: Forwarding, resolve: Settle): Promise<Response> {
  const { validated: _, held: __, missing: ___, ...rest } = forwarding;
  return conduct(tools, { ...rest, kind: "fill" }, resolve);
}

/** Joins the bytes that were missing to the part that is held; `undefined` if they do not make a whole. */
async function complete(
  tools: ExchangeTools,
  forwarding: Forwarding,
  reply: Reply,
  { facts, keepFor }: Extract<Verdict<Stored>, { action: "complete" }>,
): Promise<{ answer: Response; result: Promise<ExchangeResult> } | undefined> {
  if (reply.body === null) return undefined;
  const { toClient, whole } = split(tools, reply, reply.body);
  void toClient.cancel();
  const got = await whole;
  const joined =
    "body" in got ? assemble({ facts, body: got.body }, forwarding.held, tools.rules) : undefined;
  if (joined === undefined || joined.facts.part !== null) return undefined;
  const told = note(tools, forwarding, joined.facts, { fwdStatus: reply.facts.status, stored: true });
  const answer = answerFromStored(forwarding.request, joined, told);
  return { answer, result: keep(tools, { ...forwarding, held: undefined }, joined, keepFor) };
}

function split({ maxBodyBytes, budget }: ExchangeTools, { facts }: Reply, body: ReadableStream<Uint8Array>) {
  return splitBody(body, {
    length: lengthOf(facts.headers.get("content-length")),
    limit: maxBodyBytes,
    budget,
  });
}

type Settle = (result: ExchangeResult | Promise<ExchangeResult>) => void;

function caseOf(
  { rules, groups }: ExchangeTools,
  { resource, facts: request, kind, validated, held, missing, snapshot }: Forwarding,
): Case<Stored> {
  return {
    resource,
    request,
    validated: kind === "fill" ? validated : undefined,
    completing: missing === undefined ? undefined : held,
    isPart: kind === "part",
    mayKeep: kind !== "pass" && snapshot !== undefined,
    rules,
    labels: { groups },
  };
}

/** Does what the verdict says: the client's answer, and what becomes of the store after it. */
function carryOut(
  tools: ExchangeTools,
  forwarding: Forwarding,
  reply: Reply,
  verdict: Exclude<Verdict<Stored>, { action: "ask-again" | "complete" }>,
): [answer: Response, result: ExchangeResult | Promise<ExchangeResult>] {
  const { request } = forwarding;
  const { status } = reply.facts;
  switch (verdict.action) {
    case "keep":
      return fill(tools, forwarding, reply, verdict);
    case "pass": {
      const age = { initialAge: initialAge(reply.facts), responseAt: reply.facts.responseAt };
      const told = note(
        tools,
        forwarding,
        age,
        verdict.detail === undefined ? {} : { detail: verdict.detail },
      );
      const answer = passOn(forwarding, reply, told);
      if (verdict.detail !== undefined) tools.refusals.note(forwarding.resource, verdict.detail);
      const { headed } = forwarding;
      if (headed !== undefined) return [answer, heed(tools, forwarding, headed, reply.facts)];
      return [answer, verdict.supersedes ? forget(tools, forwarding) : PASSED];
    }
    case "renew": {
      const { facts, keepFor, stored } = verdict;
      const told = note(tools, forwarding, facts, { fwdStatus: status, stored: true });
      return [
        answerFromStored(request, { facts, body: stored.body }, told),
        keep(tools, forwarding, { facts, body: stored.body }, keepFor),
      ];
    }
    case "last-use": {
      const { facts, stored } = verdict;
      const told = note(tools, forwarding, facts, { fwdStatus: status });
      return [answerFromStored(request, { facts, body: stored.body }, told), forget(tools, forwarding)];
    }
    case "stand-in": {
      void reply.body?.cancel();
      const result = { outcome: "failed", status: 502, reason: `The origin answered ${status}` } as const;
      return [standIn(tools, forwarding, verdict.stored, { fwdStatus: status }), result];
    }
  }
}

/** Sends an answer on. A fill was asked for without the client's conditions: they are the edge's to answer. */
function passOn({ request, kind }: Forwarding, { facts, body }: Reply, told: AnswerNote): Response {
  const { status, fields } = facts;
  if (kind !== "fill" || !isNotModified(request, validatorsOf(facts)))
    return answerFromOrigin(request, { status, fields, body }, told);
  void body?.cancel();
  return answerNotModified(fields, told);
}

/** Sends a body on and keeps a copy of it. */
function fill(
  tools: ExchangeTools,
  forwarding: Forwarding,
  reply: Reply,
  { facts, keepFor }: Extract<Verdict<Stored>, { action: "keep" }>,
): [answer: Response, result: ExchangeResult | Promise<ExchangeResult>] {
  const { request } = forwarding;
  const { body } = reply;
  const { status, fields, headers } = reply.facts;
  const length = lengthOf(headers.get("content-length"));
  if (length !== undefined && length > tools.maxBodyBytes) {
    const told = note(tools, forwarding, facts, { stored: false, detail: "too-large" });
    return [answerFromOrigin(request, { status, fields, body }, told), drop(tools, forwarding, "too-large")];
  }
  const told = note(tools, forwarding, facts, { stored: true });
  if (body === null) {
    const empty = { facts, body: new Uint8Array() };
    return [
      answerFromOrigin(request, { status, fields, body }, told),
      keep(tools, forwarding, empty, keepFor),
    ];
  }
  const { toClient, whole } = split(tools, reply, body);
  const result = whole.then((got) =>
    "body" in got
      ? keep(tools, forwarding, { facts, body: got.body }, keepFor)
      : drop(tools, forwarding, got.dropped),
  );
  if (!isNotModified(request, facts))
    return [answerFromOrigin(request, { status, fields, body: toClient }, told), result];
  void toClient.cancel();
  return [answerFromStored(request, { facts, body: new Uint8Array() }, told), result];
}

function lengthOf(contentLength: string | null): number | undefined {
  return contentLength !== null && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : undefined;
}
