import { TOKEN_FIELD, parseToken, type Decision, type Snapshot } from "../src/index.ts";
import type { Code } from "./code.ts";
import type { ForwarderTools } from "./forward.ts";
import { finder, type FinderTools, type Found } from "./lookup.ts";
import type { CacheableRequest } from "./request.ts";
import { refuse, sendStored } from "./respond.ts";

type Serving = Extract<Decision, { action: "serve" }>;

/**
 * Makes the function that answers requests: it decides, and then does what was decided. Rejects only where plain fetch
 * would have rejected too.
 */
export function answerer(
  tools: Omit<ForwarderTools, "finder"> & FinderTools & Pick<Code, "forwarder">,
): (asked: CacheableRequest) => Promise<Response> {
  const { purges, counts } = tools;
  const lookup = finder(tools);
  const network = tools.forwarder({ ...tools, finder: lookup });

  function serve(
    asked: CacheableRequest,
    found: Found,
    { age, timeLeft, refresh }: Serving,
    snapshot: Snapshot,
  ) {
    const { response, tier } = found;
    counts[tier === "disk" ? "diskHits" : "memoryHits"] += 1;
    if (timeLeft <= 0) counts.stale += 1;
    if (refresh && !asked.isOffline) network.refreshLater(asked, found, snapshot);
    return sendStored(asked, response, { hit: true, ttl: timeLeft, detail: tier }, age);
  }

  return async (asked) => {
    const snapshot = await purges.read(parseToken(asked.facts.headers.get(TOKEN_FIELD)));
    if (snapshot === undefined) return asked.isOffline ? refuse(asked.url) : network.bypass(asked);
    const known = await lookup.find(asked, snapshot);
    const decision = lookup.decide(asked, known);
    const found = known.outcome === "found" ? known : undefined;
    const { flight } = known;
    switch (decision.action) {
      case "refuse":
        return refuse(asked.url);
      case "serve":
        // Only what was found can be served.
        return found === undefined ? refuse(asked.url) : serve(asked, found, decision, snapshot);
      case "forward":
        return network.forward({ asked, snapshot, flight, reason: decision.reason, staleIfError: false });
      case "revalidate":
        return network.forward({ ...decision, asked, snapshot, flight, found });
    }
  };
}
