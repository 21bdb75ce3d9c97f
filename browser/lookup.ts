import {
  decideRequest,
  report,
  type Clock,
  type CacheRules,
  type Decision,
  type Lookup,
} from "../src/index.ts";
import type { OnEvent, Snapshot } from "../src/index.ts";
import type { Body } from "./body.ts";
import type { ApiCacheEvent } from "./events.ts";
import type { Forgotten } from "./forgotten.ts";
import type { Purges } from "./purges.ts";
import type { CacheableRequest } from "./request.ts";
import { isSendable } from "./respond.ts";
import type { Shelf } from "./shelf.ts";

/** What is stored for a request, checked against all purges known by now. */
export type Known = Exclude<Lookup<Body>, { outcome: "ahead" }>;
export type Found = Extract<Known, { outcome: "found" }>;

export interface FinderTools {
  readonly rules: CacheRules;
  readonly shelf: Shelf;
  readonly purges: Purges;
  readonly forgotten: Forgotten;
  readonly clock: Clock;
  readonly onEvent: OnEvent<ApiCacheEvent> | undefined;
}

export interface Finder {
  find(asked: CacheableRequest, snapshot: Snapshot): Promise<Known>;
  /** What to do with a request for which this is stored. */
  decide(asked: CacheableRequest, known: Known): Decision;
}

/** Looks up what is stored, and never hands out what no Response could be made of. */
export function finder({ rules, shelf, purges, forgotten, clock, onEvent }: FinderTools): Finder {
  return {
    async find(asked, snapshot) {
      const missed = { outcome: "miss", flight: asked.resource, reason: "miss" } as const;
      // What memory gets from the disk must not come before it is known what to forget.
      if (forgotten.loading !== undefined) await forgotten.loading;
      let lookup = await shelf.find(asked, snapshot, true);
      if (lookup.outcome === "ahead") {
        // Another tab, or a page before this one, knew of purges that this one has not heard of.
        const newer = (await purges.read(lookup.point)) ?? snapshot;
        lookup = await shelf.find(asked, newer, false);
        if (lookup.outcome === "ahead") return missed;
      }
      if (lookup.outcome === "found" && forgotten.covers(lookup.response)) return missed;
      if (lookup.outcome === "miss" || lookup.tier !== "disk" || isSendable(lookup.response.facts))
        return lookup;
      report(onEvent, { type: "unreadable-entry", store: "disk", key: asked.resource });
      await shelf.forget(asked);
      return missed;
    },
    decide({ facts, isReload, isPatient = false }, known) {
      const now = clock();
      if (isReload) return { action: "forward", reason: "request" };
      if (known.outcome === "miss") return decideRequest(facts, known.reason, { rules, now });
      const { response, softPurged } = known;
      const decision = decideRequest(facts, response.facts, { rules, now, softPurged });
      if (!isPatient || decision.action !== "serve" || !decision.refresh) return decision;
      const staleIfError = -decision.timeLeft < response.facts.staleIfError;
      return { action: "revalidate", reason: "stale", staleIfError, staleIfLost: true };
    },
  };
}
