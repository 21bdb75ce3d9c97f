import { currentAge, standing, type CacheStatus, type LedgerPoint, type StoredFacts } from "../src/index.ts";
import { answerFromStored, answerWithError, type AnswerNote } from "./answer.ts";
import type { ExchangeTools, Forwarding, Stored } from "./forwarding.ts";

/** Without what was to be validated, if a purge has covered it while the origin was asked: it is not to be used at all. */
export async function stillStanding({ view }: ExchangeTools, forwarding: Forwarding): Promise<Forwarding> {
  const { validated, waitUntil } = forwarding;
  if (validated === undefined) return forwarding;
  const latest = await view.read({ waitUntil });
  const isGone = latest === undefined || standing(validated.stored.mark, latest) === "gone";
  return isGone ? { ...forwarding, validated: undefined } : forwarding;
}

/** The origin gave no answer: the stale response if it may stand in (RFC 5861, 4), an error otherwise. */
export async function answerFailure(
  tools: ExchangeTools,
  forwarding: Forwarding,
  status: 502 | 504,
  reason: string,
): Promise<Response> {
  const { validated } = await stillStanding(tools, forwarding);
  if (validated?.staleIfLost) return standIn(tools, forwarding, validated.stored, {});
  const born = { initialAge: 0, responseAt: tools.clock() };
  return answerWithError(status, reason, note(tools, forwarding, born, { detail: "origin-unreachable" }));
}

/** What stands in keeps its own mark: the origin has not confirmed it, and a soft purge may lie above it. */
export function standIn(tools: ExchangeTools, forwarding: Forwarding, stored: Stored, more: Told): Response {
  const told = note(tools, forwarding, stored.facts, { ...more, detail: "stale-if-error" }, stored.mark);
  return answerFromStored(forwarding.request, stored, told);
}

/** What Cache-Status says of a forwarded request, besides why it was. */
export type Told = Omit<Extract<CacheStatus, { hit: false }>, "hit" | "fwd">;

/** What an answer to a forwarded request says of itself. */
export function note(
  { cache, clock }: ExchangeTools,
  { reason, collapsed, snapshot }: Forwarding,
  of: Pick<StoredFacts, "initialAge" | "responseAt">,
  more: Told,
  mark: LedgerPoint | undefined = snapshot,
): AnswerNote {
  const status: CacheStatus = {
    hit: false,
    fwd: reason,
    ...(collapsed !== undefined && { collapsed }),
    ...more,
  };
  return { cache, status, age: currentAge(of, clock()), mark };
}
