import {
  decideRequest,
  responsePeek,
  standing,
  type CacheRules,
  type Clock,
  type Peeked,
  type Seconds,
  type Snapshot,
  type StoredResponse,
} from "../src/index.ts";
import type { Body } from "./body.ts";
import type { Forgotten } from "./forgotten.ts";
import type { MemoryTier } from "./memory.ts";
import type { Sought } from "./request.ts";

/** The mark of what a page was begun with, until anything is known of purges: see `seeding`. */
export const UNVERIFIED = "";

/** What memory has for a request and may be used now, without asking. */
export interface Held {
  /** Where memory has it. */
  readonly key: string;
  readonly response: StoredResponse<Body>;
  readonly age: Seconds;
  /** What is left of its freshness; 0 or less = it is stale. */
  readonly timeLeft: Seconds;
  /** It is to be fetched anew behind its back. */
  readonly refresh: boolean;
}

export interface LookerTools {
  readonly rules: CacheRules;
  readonly memory: Pick<MemoryTier, "peek">;
  readonly spaced: (key: string) => string;
  readonly forgotten: Forgotten;
  readonly clock: Clock;
}

/** Looks in memory, at once. */
export interface Looker {
  /** What would be used if it were fresh enough. `snapshot` = the purges to heed; `undefined` = none are known yet. */
  find(sought: Sought, snapshot: Snapshot | undefined): Peeked<Body> | undefined;
  /** What may be used now. */
  look(sought: Sought, snapshot: Snapshot | undefined): Held | undefined;
}

export function looker({ rules, memory, spaced, forgotten, clock }: LookerTools): Looker {
  const peek = responsePeek({ peek: memory.peek, spaced, selecting: rules.selecting });

  function find({ resource, facts }: Sought, snapshot: Snapshot | undefined): Peeked<Body> | undefined {
    const found = peek(resource, facts.headers, (mark) => {
      if (snapshot !== undefined) return standing(mark, snapshot);
      return mark.epoch === UNVERIFIED ? "current" : "gone";
    });
    return found === undefined || forgotten.covers(found.response) ? undefined : found;
  }

  return {
    find,
    look(sought, snapshot) {
      const found = sought.isReload ? undefined : find(sought, snapshot);
      if (found === undefined) return undefined;
      const { key, response, softPurged } = found;
      const decision = decideRequest(sought.facts, response.facts, { rules, now: clock(), softPurged });
      if (decision.action !== "serve") return undefined;
      const { age, timeLeft, refresh } = decision;
      return { key, response, age, timeLeft, refresh };
    },
  };
}
