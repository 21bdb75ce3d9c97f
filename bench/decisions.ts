import CachePolicy from "http-cache-semantics";
import {
  cacheRules,
  decideRequest,
  decideResponse,
  fieldReader,
  receivedFields,
  type Decision,
  type Fields,
  type StoredFacts,
} from "../src/index.ts";
import { isSelected } from "../src/http/vary.ts";
import { contestant, type Subject } from "./measure.ts";
import { inTurn, REQUEST_FIELDS, responseFields } from "./samples.ts";

const RULES = cacheRules({ shared: true });
const REQUEST = { method: "GET", headers: fieldReader(REQUEST_FIELDS), url: "https://api.example.com/" };
const PEER_REQUEST = { method: "GET", url: "/", headers: Object.fromEntries(REQUEST_FIELDS) };

/** Judges a response that has just come, as a shell does. */
function store(fields: Fields): StoredFacts {
  const now = Date.now();
  const response = { status: 200, fields, headers: fieldReader(fields), requestAt: now, responseAt: now };
  const decision = decideResponse(REQUEST, response, RULES);
  if (decision.action !== "store") throw new Error(`Cannot measure: not stored, ${decision.reason}`);
  return decision.facts;
}

function reuse(facts: StoredFacts): Decision {
  const decision = decideRequest(REQUEST, facts, { rules: RULES, now: Date.now() });
  if (decision.action !== "serve") throw new Error(`Cannot measure: not reused, ${decision.action}`);
  return decision;
}

function storeAsPeer(headers: CachePolicy.Headers): CachePolicy {
  const policy = new CachePolicy(PEER_REQUEST, { status: 200, headers });
  if (!policy.storable()) throw new Error("Cannot measure: the peer does not store");
  return policy;
}

function reuseAsPeer(policy: CachePolicy): number {
  if (!policy.satisfiesWithoutRevalidation(PEER_REQUEST))
    throw new Error("Cannot measure: the peer does not reuse");
  return policy.timeToLive();
}

export const decisionsSubject: Subject = {
  title: "Decisions",
  about:
    "Takes the header of a response (12 fields, other values each time), decides whether to store it and what to keep of " +
    "it, and then whether to answer a request with it: `decideResponse` and `decideRequest` here, `new CachePolicy`, " +
    "`storable`, `satisfiesWithoutRevalidation` and `timeToLive` there. The peer also compares the request with the stored " +
    "one's Vary; here the store does that before it decides, so it is added in a row of its own. Clocks are read " +
    "each time.",
  async run(hold) {
    const start = Date.now();
    const fields = inTurn((index) => responseFields(index, start));
    const objects = inTurn((index) => Object.fromEntries(responseFields(index, start)));
    const headers = inTurn((index) => new Headers(responseFields(index, start) as [string, string][])); // The platform's type forbids read-only pairs.
    await hold({
      title: "store and reuse, from fields",
      contestants: [
        contestant("tidemark", () => reuse(store(fields()))),
        contestant("tidemark, Vary compared too", () => {
          const facts = store(fields());
          return isSelected(facts, REQUEST.headers, RULES.selecting) && reuse(facts);
        }),
        contestant("http-cache-semantics", () => reuseAsPeer(storeAsPeer(objects()))),
      ],
    });
    await hold({
      title: "store and reuse, from the platform's `Headers`",
      contestants: [
        contestant("tidemark", () => reuse(store(receivedFields(headers(), Date.now())))),
        contestant("http-cache-semantics", () => reuseAsPeer(storeAsPeer(Object.fromEntries(headers())))),
        contestant("the platform's share: `[...headers]`", () => [...headers()]),
      ],
    });
    const facts = inTurn((index) => store(responseFields(index, start)));
    const policies = inTurn((index) => storeAsPeer(Object.fromEntries(responseFields(index, start))));
    await hold({
      title: "reuse alone",
      contestants: [
        contestant("tidemark", () => reuse(facts())),
        contestant("http-cache-semantics", () => reuseAsPeer(policies())),
      ],
    });
  },
};
