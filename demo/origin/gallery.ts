import { setTimeout as sleep } from "node:timers/promises";

import { Hono } from "hono";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

import type { OriginReport } from "../gallery-api.ts";
import { notFound, refusal, unstored } from "./answer.ts";
import { breakOff } from "./broken-body.ts";
import { answerReading, tagOf } from "./gallery-reading.ts";
import { countOne } from "./gallery-rooms.ts";
import type { Room, Rooms } from "./gallery-rooms.ts";
import { thingOf } from "./gallery-things.ts";
import type { Purge } from "./purge.ts";

export interface GalleryOptions {
  rooms: Rooms;
  purge: Purge;
  clock: () => number;
}

const users: readonly string[] = ["ada", "ben"];
const userCookie = "gallery-user";
/** How long a change takes, so that a page has something to be ahead of. */
const changeTakes = 900;

/** The gallery's API. Each visitor has a room, whose name stands in the path. */
export function createGallery({ rooms, purge, clock }: GalleryOptions): Hono {
  const gallery = new Hono();

  /** Runs a handler in the room that the path names. */
  const inRoom =
    (handle: (c: Context, room: Room) => Response | Promise<Response>) =>
    (c: Context): Response | Promise<Response> => {
      const room = rooms.of(c.req.param("room") ?? "");
      return room === undefined
        ? refusal(400, "the room must have 8 to 64 small letters, digits and hyphens", clock(), {
            field: "room",
          })
        : handle(c, room);
    };

  gallery.get(
    "/:room/things/:thing",
    inRoom(async (c, room) => {
      const name = c.req.param("thing") ?? "";
      const thing = thingOf(name);
      if (thing === undefined) return notFound(`there is no thing ${JSON.stringify(name)}`, clock());
      const asked = countOne(room.asked, name);
      if (thing.delay !== undefined) await sleep(thing.delay);
      if (name === "failing" && room.switches.failing)
        return refusal(503, "the gauge is being repaired", clock());
      const user = getCookie(c, userCookie) ?? null;
      const whole = answerReading(c.req.raw, { room, name, thing, asked, user }, clock());
      return name === "broken" && room.switches.broken ? breakOff(whole) : whole;
    }),
  );

  // A change that tells everyone on its way: an unsafe method makes what is stored for its URL invalid.
  gallery.put(
    "/:room/things/:thing",
    inRoom(async (c, room) => {
      const name = c.req.param("thing") ?? "";
      const thing = thingOf(name);
      if (thing === undefined) return notFound(`there is no thing ${JSON.stringify(name)}`, clock());
      await sleep(changeTakes);
      if (c.req.header("Gallery-Refuse") === "1") return refusal(409, "somebody else was faster", clock());
      countOne(room.changed, name);
      const outcome = thing.tagged ? await purge([tagOf(room, name)]) : undefined;
      return unstored(200, { changed: name, purge: outcome ?? null }, clock());
    }),
  );

  // A change of which no cache on the way hears.
  gallery.post(
    "/:room/changes/:thing",
    inRoom((c, room) => {
      const name = c.req.param("thing") ?? "";
      if (thingOf(name) === undefined) return notFound(`there is no thing ${JSON.stringify(name)}`, clock());
      return unstored(200, { changed: name, times: countOne(room.changed, name) }, clock());
    }),
  );

  gallery.post(
    "/:room/purges/:thing",
    inRoom(async (c, room) => {
      const name = c.req.param("thing") ?? "";
      if (!thingOf(name)?.tagged) return notFound(`${JSON.stringify(name)} has no tag`, clock());
      return unstored(200, await purge([tagOf(room, name)]), clock());
    }),
  );

  gallery.post(
    "/:room/switches/:name/:state",
    inRoom((c, room) => {
      const name = c.req.param("name");
      if (name !== "failing" && name !== "broken")
        return notFound("there are the switches failing and broken", clock());
      room.switches[name] = c.req.param("state") === "on";
      return unstored(200, room.switches, clock());
    }),
  );

  gallery.post(
    "/:room/session/:user",
    inRoom((c) => {
      const user = c.req.param("user") ?? "";
      if (user !== "nobody" && !users.includes(user))
        return notFound(`there are the users ${users.join(" and ")}`, clock());
      const path = c.req.path.replace(/\/session\/.*$/, "");
      const isOut = user === "nobody";
      setCookie(c, userCookie, isOut ? "" : user, {
        path,
        httpOnly: true,
        sameSite: "Strict",
        ...(isOut ? { maxAge: 0 } : {}),
      });
      return c.json({ user: isOut ? null : user }, 200, { "Cache-Control": "no-store" });
    }),
  );

  gallery.get(
    "/:room/report",
    inRoom((_c, { asked, switches }) => {
      const report: OriginReport = { asked: Object.fromEntries(asked), switches };
      return unstored(200, report, clock());
    }),
  );
  return gallery;
}
