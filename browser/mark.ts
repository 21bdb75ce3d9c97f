import { parseToken, standing, type LedgerPoint, type Mark, type Snapshot } from "../src/index.ts";

/** Where an answer stands in the ledger: at a point, in another ledger, or nowhere that we could tell. */
export type Origin =
  | { readonly kind: "known"; readonly point: LedgerPoint }
  | { readonly kind: "other-epoch"; readonly point: LedgerPoint }
  | { readonly kind: "unreadable" };

/**
 * The position an answer is good for: the lower one of what this page knew before it asked and what the edge knew
 * before *it* asked. An edge that is behind may send a body from before a purge that this page has heard of: the lower
 * position tells.
 *
 * @param asked what this page knew before the fetch
 * @param field the answer's `Tidemark-Mark`; without one, this page's own knowledge counts
 */
export function originOf(asked: LedgerPoint, field: string | null): Origin {
  if (field === null) return { kind: "known", point: asked };
  const edge = parseToken(field);
  if (edge === undefined) return { kind: "unreadable" };
  if (edge.epoch !== asked.epoch) return { kind: "other-epoch", point: edge };
  return { kind: "known", point: { epoch: asked.epoch, position: Math.min(asked.position, edge.position) } };
}

/** Whether a response may be kept: not if a purge that the snapshot knows of covers it. */
export function isLiving(mark: Mark, snapshot: Snapshot): boolean {
  return standing(mark, snapshot) !== "gone";
}
