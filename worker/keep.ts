import {
  assemble,
  decideHead,
  labelsOf,
  report,
  type FillDrop,
  type ResponseFacts,
  type Seconds,
  type StoredFacts,
} from "../src/index.ts";
import type { ExchangeResult, ExchangeTools, Forwarding, Stored } from "./forwarding.ts";

/** Sent on, and nothing of it kept. */
export const PASSED: ExchangeResult = { outcome: "passed" };

/** Stores a response under the mark that was taken before the origin was asked. */
export async function keep(
  tools: ExchangeTools,
  forwarding: Forwarding,
  sent: { readonly facts: StoredFacts; readonly body: Uint8Array },
  keepFor: Seconds,
): Promise<ExchangeResult> {
  const { responses, view, rules } = tools;
  const { snapshot, resource, waitUntil, held } = forwarding;
  const whole = assemble(sent, held, rules);
  if (whole === undefined) return drop(tools, forwarding, "length-mismatch");
  const { facts, body } = whole;
  const point = await (forwarding.mark ?? snapshot);
  const latest = await view.read({ waitUntil });
  const labels = labelsOf(resource, facts.fields, tools);
  if (point === undefined || latest === undefined || labels === undefined) return PASSED;
  const mark = { epoch: point.epoch, position: point.position, labels };
  await responses.put(resource, { facts, body, mark }, { keepFor, snapshot: latest, waitUntil });
  return { outcome: "stored" };
}

/** What is stored for the resource is out of date. */
export async function forget(
  { responses }: ExchangeTools,
  { resource }: Forwarding,
): Promise<ExchangeResult> {
  await responses.remove(resource);
  return PASSED;
}

/** The body could not be kept. */
export function drop({ onEvent }: ExchangeTools, { resource }: Forwarding, reason: FillDrop): ExchangeResult {
  report(onEvent, { type: "fill-dropped", key: resource, reason });
  return PASSED;
}

/** RFC 9111, 4.3.5: what the answer to a HEAD tells of the stored answer to a GET. */
export async function heed(
  tools: ExchangeTools,
  forwarding: Forwarding,
  headed: Stored,
  answer: ResponseFacts,
): Promise<ExchangeResult> {
  const { rules, responses, view } = tools;
  const { facts: request, resource, waitUntil } = forwarding;
  const update = decideHead(request, headed.facts, answer, rules);
  if (update.action === "update")
    return keep(tools, forwarding, { facts: update.facts, body: headed.body }, update.keepFor);
  const snapshot = await view.read({ waitUntil });
  if (update.action === "outdate" && snapshot !== undefined) {
    await responses.put(
      resource,
      { ...headed, facts: update.facts },
      { keepFor: rules.keep, snapshot, waitUntil },
    );
  }
  return PASSED;
}
