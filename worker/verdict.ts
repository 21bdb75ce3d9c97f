import {
  decideResponse,
  decideValidation,
  isServerFailure,
  labelsOf,
  mayCombine,
  type CacheRules,
  type LabelOptions,
  type RefusalReason,
  type RequestFacts,
  type ResponseFacts,
  type Seconds,
  type StoredFacts,
} from "../src/index.ts";
import { isFormatSelected } from "./format.ts";

/** What the origin's answer means for the client and for the store. */
export type Verdict<Stored> =
  /** 304: the stored body answers with these facts, and is kept on. */
  | {
      readonly action: "renew";
      readonly stored: Stored;
      readonly facts: StoredFacts;
      readonly keepFor: Seconds;
    }
  /** 304, but the response may not be kept any longer: it answers this once. */
  | { readonly action: "last-use"; readonly stored: Stored; readonly facts: StoredFacts }
  /** The origin cannot answer now, and the stale response stands in. */
  | { readonly action: "stand-in"; readonly stored: Stored }
  /** 304, but for another response than the stored one: the whole has to be fetched. */
  | { readonly action: "ask-again" }
  /** The bytes that were missing: with the part that is held they are the whole, which answers and is kept. */
  | { readonly action: "complete"; readonly facts: StoredFacts; readonly keepFor: Seconds }
  /** Sent on and kept. */
  | { readonly action: "keep"; readonly facts: StoredFacts; readonly keepFor: Seconds }
  /** Sent on only; `detail` says why, `supersedes` that what is stored is out of date now. */
  | {
      readonly action: "pass";
      readonly detail: RefusalReason | "format" | "tags" | undefined;
      readonly supersedes: boolean;
    };

/** A stored response under validation. */
export interface Validated<Stored> {
  readonly stored: Stored;
  /** Whether it may stand in for an error, and for an origin that cannot be reached. */
  readonly staleIfError: boolean;
  readonly staleIfLost: boolean;
}

/** What the verdict rests on besides the origin's answer. */
export interface Case<Stored> {
  readonly resource: string;
  readonly request: RequestFacts;
  readonly validated: Validated<Stored> | undefined;
  /** The part that the request was to complete. */
  readonly completing: Stored | undefined;
  /** The client's own Range went along: only bytes, or the whole, are an answer for others too. */
  readonly isPart: boolean;
  /** `false` = nothing may be kept, whatever the answer says. */
  readonly mayKeep: boolean;
  readonly rules: CacheRules;
  readonly labels: LabelOptions;
}

/** Judges an answer of the origin. Pure: all that is done with the answer follows from the verdict. */
export function judge<Stored extends { readonly facts: StoredFacts }>(
  reply: ResponseFacts,
  { resource, request, validated, completing, isPart, mayKeep, rules, labels }: Case<Stored>,
): Verdict<Stored> {
  if (validated !== undefined) {
    const { stored, staleIfError } = validated;
    const validation = decideValidation(request, stored.facts, reply, { rules, staleIfError });
    if (validation.action === "ask-again") return { action: "ask-again" };
    if (validation.action === "serve-stale") return { action: "stand-in", stored };
    if (validation.action === "update") {
      const { store, fields } = validation;
      return store.action === "store" && mayKeep && labelsOf(resource, fields, labels) !== undefined
        ? { action: "renew", stored, facts: store.facts, keepFor: store.keepFor }
        : { action: "last-use", stored, facts: { ...stored.facts, fields } };
    }
  }
  const supersedes = validated !== undefined && !isServerFailure(reply.status);
  const isForOne = isPart && reply.status !== 200 && reply.status !== 206;
  if (!mayKeep || isForOne) return { action: "pass", detail: undefined, supersedes };
  if (completing !== undefined && reply.status === 416) return { action: "ask-again" };
  const decision = decideResponse(request, reply, rules);
  if (completing !== undefined && reply.status === 206) {
    const fits = decision.action === "store" && mayCombine(decision.facts, completing.facts);
    return fits
      ? { action: "complete", facts: decision.facts, keepFor: decision.keepFor }
      : { action: "ask-again" };
  }
  if (decision.action === "pass") {
    // That a method is not stored is what its being forwarded says already.
    const detail = decision.reason === "method" ? undefined : decision.reason;
    return { action: "pass", detail, supersedes };
  }
  if (rules.profile === "safe" && !isFormatSelected(request.headers, decision.facts)) {
    return { action: "pass", detail: "format", supersedes };
  }
  if (labelsOf(resource, reply.fields, labels) === undefined)
    return { action: "pass", detail: "tags", supersedes };
  return { action: "keep", facts: decision.facts, keepFor: decision.keepFor };
}
