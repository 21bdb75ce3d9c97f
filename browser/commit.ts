import type { MutateOptions } from "./api-types.ts";
import type { Core } from "./core.ts";
import type { Layer } from "./overlays.ts";
import type { CacheableRequest } from "./request.ts";
import { ResponseError } from "./response-error.ts";

/**
 * Makes the change that a layer shows, and asks anew. Resolves to what there is then; rejects with what the change failed
 * with, once the layer is gone.
 */
export async function commit(
  { fetch, overlays, partition, watchers, obtain }: Core,
  layer: Layer,
  asked: CacheableRequest,
  how: MutateOptions["commit"],
): Promise<unknown> {
  const { url, resource } = asked;
  const place = partition();
  let isKnown = false;
  // A change by `fetch` is known to all tabs already.
  const stop = watchers.add(url, ({ reason }) => (isKnown ||= reason === "changed"));
  try {
    const outcome = await (typeof how === "function" ? how() : how && fetch(url, how));
    if (outcome instanceof Response && !outcome.ok) throw new ResponseError(outcome);
  } catch (error) {
    overlays.remove(layer);
    throw error;
  } finally {
    stop();
  }
  layer.isMade = true;
  if (!isKnown) await place?.changed(url, null);
  try {
    const { value } = await obtain({ ...asked, isPatient: true });
    overlays.over(resource, value);
    overlays.remove(layer);
    return overlays.over(resource, value);
  } catch {
    // The change is made, so it is shown until an answer comes.
    return overlays.over(resource, undefined);
  }
}
