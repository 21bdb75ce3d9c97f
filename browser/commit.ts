import type { Change, Core } from "./core.ts";
import { ResponseError } from "./response-error.ts";

/**
 * Waits for a change that a layer shows, and asks anew. Resolves to what there is then; rejects with what the change
 * failed with, once the layer is gone.
 */
export async function settle(
  { overlays, partition, obtain }: Core,
  { layer, asked, work, isKnown }: Change,
): Promise<unknown> {
  const { url, resource } = asked;
  const place = partition();
  try {
    const outcome = await work;
    if (outcome instanceof Response && !outcome.ok) throw new ResponseError(outcome);
  } catch (error) {
    overlays.remove(layer);
    throw error;
  }
  layer.isMade = true;
  if (!isKnown()) await place?.changed(url, null);
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
