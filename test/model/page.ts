import { parseToken, TOKEN_FIELD } from "../../src/index.ts";
import { createApiCache } from "../../browser/api-cache.ts";
import type { ApiCache } from "../../browser/api-types.ts";
// Pages fetch it when they begin; here it is there already, so that time is the model's alone.
import "../../browser/fed-purges.ts";
import "../../browser/forward.ts";
import { FEED, type Isolate } from "./isolate.ts";
import type { Party } from "./oracle.ts";
import type { Scene } from "./scene.ts";

/** A page with the browser module, and the isolate that its network leads to at the moment. */
export interface Page {
  readonly party: Party;
  readonly cache: ApiCache;
  at: number;
}

export function page(
  { mail, truth }: Scene,
  party: Party,
  { isolateAt, maxBlind }: { isolateAt(index: number): Isolate; maxBlind: number },
): Page {
  let at = 0;

  async function network(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const isolate = isolateAt(at);
    const isFeed = request.url.startsWith(FEED);
    const question = isFeed ? truth.asks(party) : undefined;
    try {
      await mail.sent(`${party.name} asks ${isolate.party.name}${isFeed ? " for purges" : ""}`, true);
      const response = await isolate.answer(request);
      await mail.sent(`${isolate.party.name} answers ${party.name}`, true);
      const point = parseToken(response.headers.get(TOKEN_FIELD));
      if (response.ok && point !== undefined) question?.heard(point);
      else question?.failed();
      return response;
    } catch (error) {
      question?.failed();
      throw error;
    }
  }

  const cache = createApiCache({
    disk: false,
    purges: FEED,
    bound: party.bound / 1_000,
    offline: { maxStale: maxBlind },
    clock: mail.now,
    fetch: network,
  });
  return {
    party,
    cache,
    get at() {
      return at;
    },
    set at(index) {
      at = index;
    },
  };
}
