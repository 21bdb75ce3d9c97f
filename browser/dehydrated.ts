import {
  currentAge,
  decideResponse,
  endToEndFields,
  fieldReader,
  plainRules,
  systemClock,
  type Clock,
  type Instant,
  type StoredFacts,
} from "../src/index.ts";
import { withoutFragment } from "./request.ts";

/** Responses as JSON carries them from a server to a page, or from page to page. */
export interface Dehydrated {
  /** When it was made, by the clock of who made it: ages count on from there. */
  readonly at: Instant;
  readonly responses: readonly DehydratedResponse[];
}

export interface DehydratedResponse {
  /** Absolute. */
  readonly url: string;
  readonly facts: StoredFacts;
  readonly body: string;
}

export interface DehydrateOptions {
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
}

/** Fields by which a response is one user's own. */
const PERSONAL: ReadonlySet<string> = new Set(["authorization", "cookie"]);

/**
 * What a server has fetched to render a page, for the page's `seed`. Takes responses to plain GET requests, with the URL
 * that the page will ask for where that is not the response's own; reads their bodies. Leaves out what a page's cache
 * would not store, what has no time to live, and what is `private` or differs by cookies or by token: the document that
 * carries it may be kept by caches.
 *
 * @returns what `JSON.stringify` takes; mind `<` where it goes into a script element
 */
export async function dehydrate(
  responses: Iterable<Response | readonly [url: string | URL, response: Response]>,
  { clock = systemClock }: DehydrateOptions = {},
): Promise<Dehydrated> {
  const at = clock();
  const rules = plainRules({ shared: false });
  const dried = [...responses].map(async (item): Promise<DehydratedResponse | undefined> => {
    const [address, response] = item instanceof Response ? [item.url, item] : item;
    const url = withoutFragment(String(address));
    const fields = endToEndFields(response.headers);
    const request = { method: "GET", url, headers: fieldReader([]) };
    const answer = {
      status: response.status,
      fields,
      headers: response.headers,
      requestAt: at,
      responseAt: at,
    };
    const decision = decideResponse(request, answer, rules);
    if (decision.action !== "store" || !isForAll(decision.facts)) return undefined;
    const body = await response.text();
    return currentAge(decision.facts, at) < decision.facts.lifetime
      ? { url, facts: decision.facts, body }
      : undefined;
  });
  return { at, responses: (await Promise.all(dried)).filter((one) => one !== undefined) };
}

/** Whether a response may be shown to whoever gets the page: as far as it says itself. */
export function isForAll({ fields, nominated }: StoredFacts): boolean {
  const isPrivate = fields.some(([name, value]) => name === "cache-control" && /\bprivate\b/i.test(value));
  return !isPrivate && !nominated.some(([name]) => PERSONAL.has(name));
}
