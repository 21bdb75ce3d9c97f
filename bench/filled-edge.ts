import { memoryLedger, memoryStore, type Fields } from "../src/index.ts";
import { createEdgeCache } from "../worker/edge-cache.ts";
import { inTurn, REQUEST_FIELDS, responseFields } from "./samples.ts";
import { supplyStreams } from "./workerd-streams.ts";

/** What all stored responses have as their body: a kilobyte. */
export const BODY: Uint8Array<ArrayBuffer> = new TextEncoder().encode(
  JSON.stringify({ text: "x".repeat(1_000) }),
);

/** The header of a stored response. */
export function storedFields(index: number, now: number): Fields {
  return responseFields(index, now).map(([name, value]) => [
    name,
    name === "content-length" ? String(BODY.byteLength) : value,
  ]);
}

export function urlOf(index: number): string {
  return `https://api.example.com/countries/${index}`;
}

/** An edge cache over a tier and a ledger in memory that answers a request for one URL after the other, all of them hits. */
export async function filledEdge(): Promise<() => Promise<Response>> {
  supplyStreams();
  const edge = createEdgeCache({ ledger: memoryLedger(), tiers: [{ name: "hot", store: memoryStore() }] });
  const start = Date.now();
  const headers = new Headers(REQUEST_FIELDS as [string, string][]); // The platform's type forbids read-only pairs.
  const fills: (() => Promise<unknown>)[] = [];
  const next = inTurn((index) => {
    const request = new Request(urlOf(index), { headers });
    fills.push(async () => {
      const background: Promise<unknown>[] = [];
      const origin = async (): Promise<Response> =>
        new Response(BODY, { headers: storedFields(index, start) as [string, string][] }); // As above.
      const answer = await edge.handle(request, { origin, waitUntil: (work) => void background.push(work) });
      await answer.arrayBuffer();
      while (background.length > 0) await background.shift();
    });
    return request;
  });
  // One after the other: what all bodies on their way may take together is bounded.
  for (const fill of fills) await fill();

  const origin = (): Promise<Response> => Promise.reject(new Error("Cannot measure: the origin was asked"));
  const context = { origin, waitUntil: () => {} };
  const answer = (): Promise<Response> => edge.handle(next(), context);
  const status = (await answer()).headers.get("cache-status") ?? "";
  if (!status.includes(";hit;")) throw new Error(`Cannot measure: no hit, ${status}`);
  return answer;
}

/**
 * What the platform alone needs to make the answer of a hit: its header, as the cache sends it and in the form that costs
 * the platform least, and its body.
 */
export async function platformAlone(hit: () => Promise<Response>): Promise<() => Response> {
  const headers = Object.fromEntries((await hit()).headers);
  return () => new Response(BODY, { status: 200, headers });
}
