import { LRUCache } from "lru-cache";
import {
  appendCacheStatus,
  decideRequest,
  standing,
  type CacheRules,
  type Clock,
  type PeekingStore,
  type Seconds,
  type Snapshot,
  type StoredFacts,
} from "../src/index.ts";
import { answerHeader, BODILESS, earlierStatus, type Teller } from "./answer.ts";
import { FORMAT_FIELDS } from "./format.ts";
import type { Stored } from "./forwarding.ts";
import { isPlainlyConnected } from "./connected.ts";
import type { Place } from "./place.ts";
import { isSelective } from "./selection.ts";

/** Fields of requests that want something else than the whole of a response (RFC 9110, 13.1, 14.2). */
const UNUSUAL = ["if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "range"];

export interface QuickTools {
  readonly cache: Teller;
  readonly rules: CacheRules;
  readonly responses: Pick<PeekingStore<Uint8Array>, "peek">;
  /** What answers call the nearest tier. */
  readonly nearest: string;
  readonly clock: Clock;
}

/** Answers a request at once; `undefined` = the long way has to. */
export type QuickAnswer = (request: Request, place: Place, snapshot: Snapshot) => Response | undefined;

/**
 * Makes the way that nearly every hit takes: a GET that wants no more than the whole, for what is fresh in the nearest
 * tier. It answers as the long way would, letter by letter, or leaves it to that.
 */
export function quickAnswer({ cache, rules, responses, nearest, clock }: QuickTools): QuickAnswer {
  const unusual = rules.profile === "rfc" ? UNUSUAL : [...UNUSUAL, ...FORMAT_FIELDS];
  const headerOf = preparedHeaders(cache, nearest);
  return (request, place, snapshot) => {
    const { method, headers, url } = request;
    const isUsual = method === "GET" && !isSelective(place.route) && isPlainlyConnected(headers);
    if (!isUsual || unusual.some((name) => headers.has(name))) return undefined;
    const now = clock();
    const found = responses.peek(place, headers, (mark) => standing(mark, snapshot), now);
    if (found === undefined || BODILESS.has(found.response.facts.status)) return undefined;
    const { response, softPurged } = found;
    const decision = decideRequest({ method, headers, url }, response.facts, { rules, now, softPurged });
    if (decision.action !== "serve" || decision.refresh) return undefined;
    return new Response(response.body, {
      status: response.facts.status,
      headers: headerOf(response, decision.age, decision.timeLeft),
      encodeBody: "manual",
    });
  };
}

/** A header as it was sent last. */
interface Prepared {
  readonly headers: Headers;
  readonly mark: Stored["mark"];
  readonly before: string | null;
  age: Seconds;
  timeLeft: Seconds;
}

/** Headers that are kept, of what is asked for most. */
const PREPARED = 1_000;

/**
 * The platform copies a header that it has made before at a fraction of what it takes to make one of texts, and from hit to
 * hit no more of it changes than the seconds.
 */
function preparedHeaders(
  cache: Teller,
  tier: string,
): (response: Stored, age: Seconds, timeLeft: Seconds) => Headers {
  // By facts, which have no body: what the store has dropped must not stay in memory for this.
  const kept = new LRUCache<StoredFacts, Prepared>({ maxSize: PREPARED, sizeCalculation: () => 1 });

  return ({ facts, mark }, exactAge, exactTimeLeft) => {
    const age = Math.floor(exactAge);
    const timeLeft = Math.floor(exactTimeLeft);
    const status = { hit: true, ttl: timeLeft, detail: tier } as const;
    const prepared = kept.get(facts);
    if (prepared === undefined || prepared.mark !== mark) {
      const headers = new Headers(answerHeader(facts.fields, { cache, status, age, mark }));
      kept.set(facts, { headers, mark, before: earlierStatus(facts.fields), age, timeLeft });
      return headers;
    }
    const { headers } = prepared;
    if (prepared.age !== age) headers.set("age", String((prepared.age = age)));
    if (prepared.timeLeft !== timeLeft) {
      prepared.timeLeft = timeLeft;
      headers.set("cache-status", appendCacheStatus(prepared.before, cache.name, status));
    }
    return headers;
  };
}
