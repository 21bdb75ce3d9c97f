import {
  broadLabelsOf,
  parseToken,
  standing,
  type LedgerPoint,
  type Mark,
  type Snapshot,
} from "../src/index.ts";
import type { Answered, Purges } from "./purges.ts";

/**
 * An answer's place in the ledger: see {@link Purges.markOf}. What comes from another ledger than the one known before is
 * checked against what is known of that one by now.
 *
 * @param defaultTags tags of answers that name none
 */
export function markOf(
  { url, fields, edge }: Answered,
  snapshot: Snapshot,
  read: Purges["read"],
  defaultTags: readonly string[],
): Mark | undefined | Promise<Mark | undefined> {
  const labels = broadLabelsOf(url, fields, defaultTags);
  const point = pointOf(snapshot, edge);
  if (labels === undefined || point === undefined) return undefined;
  const { epoch, position } = point;
  const mark = { epoch, position, labels };
  const living = (known: Snapshot | undefined): Mark | undefined =>
    known !== undefined && standing(mark, known) !== "gone" ? mark : undefined;
  return epoch === snapshot.epoch ? living(snapshot) : Promise.resolve(read(point)).then(living);
}

/**
 * The position an answer is good for: the lower one of what this page knew before it asked and what the edge knew
 * before *it* asked. An edge that is behind may send a body from before a purge that this page has heard of: the lower
 * position tells. `undefined` = nowhere that we could tell.
 */
function pointOf(asked: LedgerPoint, edge: string | null): LedgerPoint | undefined {
  if (edge === null) return asked;
  const point = parseToken(edge);
  if (point === undefined || point.epoch !== asked.epoch) return point;
  return { epoch: asked.epoch, position: Math.min(asked.position, point.position) };
}
