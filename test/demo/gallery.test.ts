import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Dehydrated } from "../../browser/index.ts";
import type { OriginReport, Reading } from "../../demo/gallery-api.ts";
import type { Room } from "../../demo/origin/gallery-rooms.ts";
import { seedPage, siteOf } from "../../demo/origin/seeded-page.ts";
import { bodyOf, startAt, startOrigin } from "./support.ts";
import type { TestOrigin } from "./support.ts";

let origin: TestOrigin;
beforeAll(() => {
  origin = startOrigin();
});
afterAll(() => origin.close());

let rooms = 0;
/** The address of a room that nobody has been in. */
const newRoom = (): string => `/api/gallery/test-room-${(rooms += 1)}`;

const read = (path: string, init?: RequestInit): Promise<Response> =>
  Promise.resolve(origin.app.request(path, init));
const reading = (path: string, init?: RequestInit): Promise<Reading> => bodyOf(read(path, init));
const post = (path: string): Promise<Response> => read(path, { method: "POST" });

describe("the gallery's origin", () => {
  test("counts for each visitor alone", async () => {
    const [one, other] = [newRoom(), newRoom()];
    await read(`${one}/things/fresh`);
    await read(`${one}/things/fresh`);
    expect((await bodyOf<OriginReport>(read(`${one}/report`))).asked).toEqual({ fresh: 2 });
    expect((await bodyOf<OriginReport>(read(`${other}/report`))).asked).toEqual({});
  });

  test("gives another reading each time, or only after a change", async () => {
    const room = newRoom();
    expect((await reading(`${room}/things/fresh`)).reading).toBe(1);
    expect((await reading(`${room}/things/fresh`)).reading).toBe(2);
    expect((await reading(`${room}/things/confirmed`)).reading).toBe(1);
    expect((await reading(`${room}/things/confirmed`)).reading).toBe(1);
    await post(`${room}/changes/confirmed`);
    expect((await reading(`${room}/things/confirmed`)).reading).toBe(2);
  });

  test("confirms by 304 what has not changed, and counts that too", async () => {
    const room = newRoom();
    const etag = (await read(`${room}/things/confirmed`)).headers.get("ETag") ?? "";
    const again = await read(`${room}/things/confirmed`, { headers: { "If-None-Match": etag } });
    expect(again.status).toBe(304);
    expect((await bodyOf<OriginReport>(read(`${room}/report`))).asked).toEqual({ confirmed: 2 });
  });

  test("answers by language, and says so", async () => {
    const response = await read(`${newRoom()}/things/variants`, { headers: { "Accept-Language": "de" } });
    expect(response.headers.get("Vary")).toBe("Accept-Language");
    expect(await bodyOf<Reading>(response)).toMatchObject({ language: "de", title: "Hochwasser am Hafen" });
  });

  test("knows who is logged in by a cookie of this room, which scripts cannot read", async () => {
    const room = newRoom();
    const cookie = (await post(`${room}/session/ada`)).headers.get("Set-Cookie") ?? "";
    expect(cookie).toBe(`gallery-user=ada; Path=${room}; HttpOnly; SameSite=Strict`);
    const response = await read(`${room}/things/me`, { headers: { Cookie: "gallery-user=ada" } });
    expect(response.headers.get("Cache-Control")).toMatch(/^private/);
    expect(await bodyOf<Reading>(response)).toMatchObject({ user: "ada" });
    expect(await reading(`${room}/things/me`)).toMatchObject({ user: null });
  });

  test("purges the tag of this visitor's thing, and of no other's", async () => {
    const room = newRoom();
    const tag = (await read(`${room}/things/purged`)).headers.get("Cache-Tag");
    origin.purged.length = 0;
    await post(`${room}/purges/purged`);
    expect(origin.purged).toEqual([[tag]]);
    expect(tag).toBe(`gallery:${room.split("/").at(-1)}:purged`);
  });

  test("fails and breaks off only for who wants it so", async () => {
    const [one, other] = [newRoom(), newRoom()];
    expect(await bodyOf(post(`${one}/switches/failing/on`))).toEqual({ failing: true, broken: true });
    expect((await read(`${one}/things/failing`)).status).toBe(503);
    expect((await read(`${other}/things/failing`)).status).toBe(200);
    await expect((await read(`${other}/things/broken`)).text()).rejects.toThrow("the line broke");
    await post(`${other}/switches/broken/off`);
    expect((await reading(`${other}/things/broken`)).reading).toBe(2);
  });

  test("refuses a change when asked to, and makes it otherwise", async () => {
    const path = `${newRoom()}/things/stock`;
    expect((await read(path, { method: "PUT", headers: { "Gallery-Refuse": "1" } })).status).toBe(409);
    expect((await reading(path)).reading).toBe(1);
    expect((await read(path, { method: "PUT" })).status).toBe(200);
    expect((await reading(path)).reading).toBe(2);
  });

  test("renders a document with the reading in it, which no cache may keep, and counts no request for it", async () => {
    const room: Room = {
      id: "test-room-seeded",
      asked: new Map(),
      changed: new Map([["seeded", 2]]),
      switches: { failing: false, broken: false },
    };
    const template = { body: "<p></p><!-- seed -->", contentType: "text/html", cacheControl: "no-cache" };
    const site = new URL("http://site.test");
    const { body, cacheControl } = await seedPage(template, room, { site, now: startAt });
    expect(cacheControl).toBe("private, no-store");
    const [, seed = ""] =
      /^<p><\/p><script type="application\/json" id="seed">([^<]*)<\/script>$/.exec(String(body)) ?? [];
    const { at, responses }: Dehydrated = JSON.parse(seed);
    expect(at).toBe(startAt);
    expect(responses.map(({ url }) => url)).toEqual([
      "http://site.test/api/gallery/test-room-seeded/things/seeded",
    ]);
    expect(JSON.parse(responses[0]?.body ?? "")).toMatchObject({ thing: "seeded", reading: 3 });
    expect(room.asked.size).toBe(0);
  });

  test.each([
    ["localhost:8787", "http", "http://localhost:8787/"],
    ["demo.example", "https", "https://demo.example/"],
    [undefined, undefined, "http://127.0.0.1:8788/page"],
    ["demo.example", undefined, "http://127.0.0.1:8788/page"],
    ["demo.example", "javascript", "http://127.0.0.1:8788/page"],
    ["a b", "http", "http://127.0.0.1:8788/page"],
    ["user@demo.example", "http", "http://127.0.0.1:8788/page"],
    ["demo.example/path", "http", "http://127.0.0.1:8788/page"],
    ["demo.example?query", "http", "http://127.0.0.1:8788/page"],
  ])("was asked at the host %s by %s: the visitor sees it at %s", (host, protocol, site) => {
    const headers = new Headers();
    if (host !== undefined) headers.set("x-forwarded-host", host);
    if (protocol !== undefined) headers.set("x-forwarded-proto", protocol);
    expect(siteOf(new Request("http://127.0.0.1:8788/page", { headers })).href).toBe(site);
  });

  test.each([
    ["GET", "/api/gallery/short/things/fresh", 400],
    ["GET", "/api/gallery/Has-Capitals/things/fresh", 400],
    ["GET", "/api/gallery/test-room-bad/things/constructor", 404],
    ["PUT", "/api/gallery/test-room-bad/things/nothing", 404],
    ["POST", "/api/gallery/test-room-bad/changes/nothing", 404],
    ["POST", "/api/gallery/test-room-bad/purges/nothing", 404],
    ["POST", "/api/gallery/test-room-bad/switches/gravity/off", 404],
    ["POST", "/api/gallery/test-room-bad/session/eve", 404],
    ["GET", "/gallery/seeded/short", 404],
  ])("%s %s is answered %i with a reason", async (method, path, status) => {
    const response = await read(path, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { status, reason: expect.any(String) } });
  });
});
