import type { Seconds } from "../src/index.ts";
import type { ApiCache } from "./api-types.ts";
import { untilAborted } from "./outgoing.ts";
import type { Overlays } from "./overlays.ts";
import type { Partition } from "./partition.ts";
import { plainly, type CacheableRequest, type Sought } from "./request.ts";
import { originOf } from "./respond.ts";
import { ResponseError } from "./response-error.ts";
import type { Counts } from "./stats.ts";
import { frozen, parsed } from "./value.ts";

/** A value in memory that may be used now. */
export interface HeldValue {
  readonly value: unknown;
  readonly age: Seconds;
  readonly isStale: boolean;
  readonly refresh: boolean;
}

/** A value that an answer brought. */
export interface Obtained {
  readonly value: unknown;
  readonly isStale: boolean;
}

export interface ValuesTools {
  readonly partition: () => Partition | undefined;
  readonly read: (input: RequestInfo | URL, init?: RequestInit) => CacheableRequest | undefined;
  readonly fetch: ApiCache["fetch"];
  readonly overlays: Overlays;
  readonly counts: Counts;
}

/** Answers as JSON values, without what changes that are not made yet show in their place. */
export interface Values {
  json(input: RequestInfo | URL, init?: RequestInit): Promise<unknown>;
  peek(input: RequestInfo | URL): unknown;
  /** What memory has, by the purges heard of so far. What is no JSON is nothing: a fetch says that better. */
  heldNow(sought: Sought): HeldValue | undefined;
  obtain(asked: CacheableRequest): Promise<Obtained>;
}

export function values({ partition, read, fetch, overlays, counts }: ValuesTools): Values {
  /** What the cache may be asked about without making a Request, if that can be. */
  function soughtBy(input: RequestInfo | URL, init?: RequestInit): Sought | undefined {
    const isPlain = init === undefined && !(input instanceof Request);
    return isPlain ? plainly(String(input)) : read(input, init);
  }

  /** What memory has. `isSure` = heeds the purges that a fetch would, or finds nothing; else those heard of so far. */
  function held(sought: Sought, isSure: boolean): HeldValue | undefined {
    const place = partition();
    const seen = place?.look(sought, isSure);
    if (place === undefined || seen === undefined) return undefined;
    const { key, response, age, timeLeft, refresh } = seen;
    if (sought.facts.method !== "GET" || !isOk(response.facts.status)) return undefined;
    const kept = place.valueOf(key, response.body);
    return kept && { value: kept.value, age, isStale: timeLeft <= 0, refresh };
  }

  function heldNow(sought: Sought): HeldValue | undefined {
    try {
      return held(sought, false);
    } catch {
      return undefined;
    }
  }

  async function obtain(asked: CacheableRequest): Promise<Obtained> {
    const place = partition();
    const { signal } = asked.request;
    signal.throwIfAborted();
    const response = await (place === undefined
      ? fetch(asked.request)
      : untilAborted(place.answer(asked), signal));
    return valueOf(response, asked, place);
  }

  async function valueOf(response: Response, asked?: CacheableRequest, place?: Partition): Promise<Obtained> {
    if (!response.ok) throw new ResponseError(response);
    const origin = originOf(response);
    if (origin === undefined) return { value: frozen(await response.json()), isStale: false };
    const { body, isStale } = origin;
    const kept = asked && place?.keptValue(asked, body);
    return { value: kept ? kept.value : parsed(body), isStale };
  }

  return {
    obtain,
    async json(input, init) {
      const sought = soughtBy(input, init);
      const seen = sought && !isAborted(sought) ? held(sought, true) : undefined;
      if (sought !== undefined && seen !== undefined && !seen.refresh) {
        counts.memoryHits += 1;
        if (seen.isStale) counts.stale += 1;
        return overlays.over(sought.resource, seen.value);
      }
      const asked = sought && (isWhole(sought) ? sought : read(input, init));
      if (asked === undefined) return (await valueOf(await fetch(input, init))).value;
      return overlays.over(asked.resource, (await obtain(asked)).value);
    },
    heldNow,
    peek(input) {
      const sought = soughtBy(input);
      return sought && overlays.over(sought.resource, heldNow(sought)?.value);
    },
  };
}

function isWhole(sought: Sought): sought is CacheableRequest {
  return "request" in sought;
}

function isAborted(sought: Sought): boolean {
  return isWhole(sought) && sought.request.signal.aborted;
}

function isOk(status: number): boolean {
  return status >= 200 && status <= 299;
}
