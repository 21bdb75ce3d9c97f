import { dehydrate } from "../../browser/index.ts";
import type { Representation } from "./answer.ts";
import { parseHttpOrigin } from "./config.ts";
import { answerReading } from "./gallery-reading.ts";
import type { Room } from "./gallery-rooms.ts";
import { thingOf } from "./gallery-things.ts";

const name = "seeded";
const place = "<!-- seed -->";

/** Where the visitor asked: as the edge tells it, if that makes an address, or else here. */
export function siteOf({ url, headers }: Request): URL {
  const told = `${headers.get("X-Forwarded-Proto")}://${headers.get("X-Forwarded-Host")}`;
  return parseHttpOrigin(told) ?? new URL(url);
}

/**
 * The document with the reading in it that its script will ask for.
 *
 * @param site where the visitor sees the API, which is not where this server runs
 */
export async function seedPage(
  template: Representation,
  room: Room,
  { site, now }: { site: URL; now: number },
): Promise<Representation> {
  const url = new URL(`/api/gallery/${room.id}/things/${name}`, site);
  const thing = thingOf(name);
  if (thing === undefined) throw new Error(`Cannot seed ${name}: there is no such thing`);
  const wanted = { room, name, thing, asked: 0, user: null };
  const response = answerReading(new Request(url), wanted, now);
  // A data block is never run; what could end its element is written otherwise.
  const seed = JSON.stringify(await dehydrate([[url, response]], { clock: () => now })).replaceAll(
    "<",
    "\\u003c",
  );
  const element = `<script type="application/json" id="seed">${seed}</script>`;
  return {
    ...template,
    body: String(template.body).replace(place, () => element),
    cacheControl: "private, no-store",
  };
}
