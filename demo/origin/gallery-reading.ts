import { createHash } from "node:crypto";

import type { Reading } from "../gallery-api.ts";
import { answer } from "./answer.ts";
import type { Room } from "./gallery-rooms.ts";
import { galleryLanguages, levelOf, titleIn } from "./gallery-things.ts";
import type { Thing } from "./gallery-things.ts";
import { negotiateLanguage } from "./language.ts";

export interface Wanted {
  readonly room: Room;
  readonly name: string;
  readonly thing: Thing;
  /** How often it has been asked for, this time included. */
  readonly asked: number;
  readonly user: string | null;
}

/** The gauge's reading of this moment, with what its card's caches may do with it. */
export function answerReading(request: Request, wanted: Wanted, now: number): Response {
  const { room, name, thing, asked, user } = wanted;
  const language = thing.byLanguage
    ? negotiateLanguage(request.headers.get("Accept-Language") ?? undefined, galleryLanguages)
    : undefined;
  const reading = 1 + (room.changed.get(name) ?? 0) + (thing.renewed === "each time" ? asked - 1 : 0);
  const body: Reading = {
    thing: name,
    reading,
    level: levelOf(reading),
    title: titleIn(language ?? "en"),
    ...(language === undefined ? {} : { language }),
    ...(thing.isPersonal ? { user } : {}),
    ...(thing.bulk === undefined ? {} : { bulk: noise(thing.bulk, `${request.url} ${reading}`) }),
  };
  const representation = {
    body: JSON.stringify(body),
    contentType: "application/json; charset=utf-8",
    cacheControl: thing.cacheControl,
    ...(thing.tagged ? { tags: [tagOf(room, name)] } : {}),
    ...(language === undefined ? {} : { language }),
    ...(thing.isPersonal ? { headers: { Vary: "Cookie" } } : {}),
  };
  return answer(request, representation, now);
}

export function tagOf({ id }: Room, name: string): string {
  return `gallery:${id}:${name}`;
}

/** Text as good as random, and always the same for the same seed. */
function noise(length: number, seed: string): string {
  const outputLength = Math.ceil((length * 3) / 4);
  return createHash("shake256", { outputLength }).update(seed).digest("base64").slice(0, length);
}
