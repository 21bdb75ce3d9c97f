import {
  decideResponse,
  decideValidation,
  fieldReader,
  isServerFailure,
  MARK_FIELD,
  report,
  standing,
  type CacheRules,
  type Clock,
  type Fields,
  type FillDrop,
  type Mark,
  type OnEvent,
  type ResponseFacts,
  type Seconds,
  type Snapshot,
  type StoredResponse,
} from "../src/index.ts";
import type { Body } from "./body.ts";
import type { ApiCacheEvent } from "./events.ts";
import { answeredFields, guarded, isLengthOfBody, isOpenToUs, keptFor, statedLength } from "./keeping.ts";
import { follow, outgoing } from "./outgoing.ts";
import type { Purges } from "./purges.ts";
import { isEndless, readBody, toBody } from "./read-body.ts";
import type { CacheableRequest } from "./request.ts";
import type { Fill, Shelf } from "./shelf.ts";

/** What an exchange needs of the cache that it belongs to. */
export interface ExchangeTools {
  readonly rules: CacheRules;
  readonly shelf: Shelf;
  readonly purges: Purges;
  readonly network: typeof globalThis.fetch;
  /** A longer body is passed on, not kept. */
  readonly maxBodyBytes: number;
  /** How long past its freshness a response is kept for when there is no network. */
  readonly maxStale: Seconds;
  readonly isPartitioned: boolean;
  /** Whether the user is still the one whose partition this is: a request carries the cookies of whoever is logged in. */
  readonly isCurrent: () => boolean;
  /** Hears of a response that took another one's place and is fresh: `written` settles when it is on disk too. */
  readonly onUpdated: (url: string, written: Promise<unknown>) => void;
  readonly clock: Clock;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
}

/** One question to the network. */
export interface Question {
  readonly asked: CacheableRequest;
  /** The purges known before it is asked. `undefined` = nothing may be kept. */
  readonly snapshot: Snapshot | undefined;
  /** What the origin is asked about. */
  readonly stored?: StoredResponse<Body> | undefined;
  /** Whether it may stand in for an error of the server. */
  readonly staleIfError?: boolean;
}

/** A response with its body, whether it is kept or not. */
export type Whole = Pick<StoredResponse<Body>, "facts" | "body">;

/** What the network said. `status` is its own: 304 where the stored body still holds. */
export type Outcome =
  | {
      readonly kind: "whole";
      readonly response: Whole;
      readonly isStored: boolean;
      /** Settles when it is on disk, or nowhere. */
      readonly written: Promise<unknown>;
      readonly status: number;
      readonly statusText: string;
    }
  /** An error of the server, for which the stored response may stand in. */
  | { readonly kind: "failing"; readonly status: number }
  /** Not kept: passed on as it comes, with its body from the start. */
  | { readonly kind: "open"; readonly response: Response; readonly body: Response["body"] }
  /** Not to be touched: its URL or its type would be lost. */
  | { readonly kind: "foreign"; readonly response: Response };

/** A question under way. */
interface Asking extends Question {
  readonly fill: Fill;
}

interface Answer {
  readonly response: Response;
  readonly facts: ResponseFacts;
  /** Ends the fetch, or what is left of its body. */
  readonly controller: AbortController;
}

/**
 * Makes the function that asks the network and keeps the answer if it may be kept. A fetch has a signal of its own, so
 * that one caller's abort leaves it to the others; only a body that is for one caller alone follows that caller's
 * signal. Rejects as fetch does.
 */
export function exchanger(tools: ExchangeTools): (question: Question) => Promise<Outcome> {
  const {
    rules,
    shelf,
    purges,
    network,
    maxBodyBytes,
    maxStale,
    isPartitioned,
    isCurrent,
    onUpdated,
    clock,
    onEvent,
  } = tools;

  async function ask(asking: Asking): Promise<Outcome> {
    const { asked, stored, snapshot } = asking;
    const controller = new AbortController();
    const requestAt = clock();
    // The answer is for whoever is logged in when it is asked for.
    if (!isCurrent()) asking.fill.isOutdated = true;
    const response = await network(
      outgoing(asked, stored?.facts, purges.isFed ? snapshot : undefined, controller.signal),
    );
    const responseAt = clock();
    if (!isOpenToUs(response)) {
      follow(controller, asked.request.signal);
      return { kind: "foreign", response };
    }
    const fields = answeredFields(response, asked, isPartitioned);
    const facts = { status: response.status, fields, headers: fieldReader(fields), requestAt, responseAt };
    const answer = { response, facts, controller };
    return (stored && (await validated(asking, stored, answer))) ?? received(asking, answer);
  }

  /** What the answer means for the response it was asked about; `undefined` = it is another one. */
  async function validated(
    asking: Asking,
    stored: StoredResponse<Body>,
    answer: Answer,
  ): Promise<Outcome | undefined> {
    const { asked, staleIfError = false } = asking;
    const { status, statusText } = answer.response;
    const validation = decideValidation(asked.facts, stored.facts, answer.facts, { rules, staleIfError });
    if (validation.action === "serve-stale") {
      answer.controller.abort();
      return { kind: "failing", status };
    }
    if (validation.action === "ask-again") return ask({ ...asking, stored: undefined });
    if (validation.action === "replace") return undefined;
    const { store, fields } = validation;
    const isKept = store.action === "store";
    const facts = isKept ? guarded(store.facts, isPartitioned) : { ...stored.facts, fields };
    const response = { facts, body: stored.body };
    const mark = isKept ? await markOf(asking, answer, fields) : undefined;
    const isStored = isKept && (await keep(asking, response, mark, store.keepFor));
    if (!isStored) await shelf.forget(asked);
    return { kind: "whole", response, isStored, written: asking.fill.written, status, statusText };
  }

  async function received(asking: Asking, answer: Answer): Promise<Outcome> {
    const { asked, stored } = asking;
    const { response, facts } = answer;
    const decision = decideResponse(asked.facts, facts, rules);
    const mark = decision.action === "store" ? await markOf(asking, answer, facts.fields) : undefined;
    const isTooLarge = (statedLength(response) ?? 0) > maxBodyBytes;
    if (
      decision.action === "pass" ||
      decision.facts.part !== null ||
      mark === undefined ||
      isTooLarge ||
      isEndless(facts.headers.get("content-type"))
    ) {
      if (mark !== undefined && isTooLarge) drop(asking, "too-large");
      // What is stored has been overtaken, unless the server merely failed.
      if (stored !== undefined && !isServerFailure(response.status)) await shelf.forget(asked);
      return passed(asking, answer, response.body);
    }
    const read = await readBody(response.body, maxBodyBytes);
    if (read.kind === "open") {
      drop(asking, read.reason);
      return passed(asking, answer, read.stream);
    }
    const body = toBody(read.bytes, facts.headers.get("content-type"));
    const whole = { facts: guarded(decision.facts, isPartitioned), body };
    const stated = isLengthOfBody(response) ? statedLength(response) : undefined;
    const isComplete = stated === undefined || stated === read.bytes.byteLength;
    if (!isComplete) drop(asking, "length-mismatch");
    const isStored = isComplete && (await keep(asking, whole, mark, decision.keepFor));
    // One that is stale at once would be asked for again by whoever hears of it, and so on for ever.
    const isFresh = whole.facts.lifetime > whole.facts.initialAge;
    if (isStored && isFresh && stored !== undefined && stored.body !== body)
      onUpdated(asked.url, asking.fill.written);
    return {
      kind: "whole",
      response: whole,
      isStored,
      written: asking.fill.written,
      status: response.status,
      statusText: response.statusText,
    };
  }

  function passed({ asked }: Asking, { controller, response }: Answer, body: Response["body"]): Outcome {
    follow(controller, asked.request.signal);
    return { kind: "open", response, body };
  }

  function markOf(
    { asked: { url }, snapshot }: Asking,
    { facts }: Answer,
    fields: Fields,
  ): ReturnType<Purges["markOf"]> {
    return snapshot && purges.markOf({ url, fields, edge: facts.headers.get(MARK_FIELD) }, snapshot);
  }

  /** Resolves to whether the response is kept. */
  async function keep(
    { fill, snapshot }: Asking,
    whole: Whole,
    mark: Mark | undefined,
    keepFor: Seconds,
  ): Promise<boolean> {
    if (mark === undefined || snapshot === undefined || fill.isOutdated || !isCurrent()) return false;
    const known = mark.epoch === snapshot.epoch ? snapshot : await purges.read();
    if (known === undefined || standing(mark, known) === "gone") return false;
    await shelf.put(fill, { ...whole, mark }, known, keptFor(whole.facts, keepFor, maxStale));
    return true;
  }

  function drop({ asked }: Asking, reason: FillDrop): void {
    report(onEvent, { type: "fill-dropped", key: asked.resource, reason });
  }

  return async (question) => {
    const fill = shelf.begin(question.asked);
    try {
      return await ask({ ...question, fill });
    } finally {
      shelf.end(fill);
    }
  };
}
