import type { DatabaseSync } from "node:sqlite";

import { Hono } from "hono";
import type { Context } from "hono";

import { answer, notFound, refusal, shared, unstored } from "./answer.ts";
import type { Representation } from "./answer.ts";
import { createCountries } from "./countries.ts";
import { parseEdit } from "./edit.ts";
import { createRooms } from "./gallery-rooms.ts";
import { createGallery } from "./gallery.ts";
import { defaultLanguage, languages, negotiateLanguage } from "./language.ts";
import type { Purge } from "./purge.ts";
import { createSearch } from "./search.ts";
import { seedPage, siteOf } from "./seeded-page.ts";
import { createRegions } from "./stats.ts";

export interface OriginOptions {
  database: DatabaseSync;
  /** Tells the edge what an edit changed. */
  purge: Purge;
  clock?: () => number;
  /** The demo page's files by path. Left out, there is only the API. */
  page?: ReadonlyMap<string, Representation>;
  /** Hears of what went wrong inside; the client is only told that something did. */
  onError?: (error: unknown) => void;
}

/** More than any honest edit needs. */
const maxBodyBytes = 16_384;
const maxQueryLength = 100;

/** The whole origin as one Hono app: an API on real data, and the demo page. */
export function createOrigin(options: OriginOptions): Hono {
  const {
    database,
    purge,
    clock = Date.now,
    page = new Map<string, Representation>(),
    onError = () => {},
  } = options;
  const countries = createCountries(database);
  const regions = createRegions(database);
  const search = createSearch(database);

  const json = (
    c: Context,
    body: unknown,
    rest: Omit<Representation, "body" | "contentType" | "cacheControl">,
  ) =>
    answer(
      c.req.raw,
      {
        body: JSON.stringify(body),
        contentType: "application/json; charset=utf-8",
        cacheControl: shared,
        ...rest,
      },
      clock(),
    );

  const app = new Hono();

  app.get("/api/countries", (c) => {
    const { value, modifiedAt } = countries.list();
    return json(c, { countries: value }, { tags: ["countries"], modifiedAt });
  });

  app.get("/api/countries/:code", (c) => {
    const code = c.req.param("code");
    const found = countries.find(code, negotiateLanguage(c.req.header("Accept-Language")));
    if (found === undefined) return notFound(`no country has the code ${JSON.stringify(code)}`, clock());
    const { value, modifiedAt } = found;
    const tags = [countryTag(value.code), `region:${value.region.slug}`];
    return json(c, value, { tags, language: value.language, modifiedAt });
  });

  app.patch("/api/countries/:code", async (c) => {
    const refuse = (status: number, reason: string, field?: string): Response =>
      refusal(status, reason, clock(), field === undefined ? {} : { field });
    // The name that is edited is the one in the language of the body, which HTTP lets the client say.
    const language = c.req.header("Content-Language")?.trim().toLowerCase() ?? defaultLanguage;
    if (!languages.includes(language)) {
      return refuse(
        400,
        `there are no names in this language; there are in ${languages.join(", ")}`,
        "Content-Language",
      );
    }
    // Anything else could be sent by a form on a foreign page without the browser asking first.
    if (!/^application\/(?:[a-z.-]+\+)?json\s*(?:;|$)/i.test(c.req.header("Content-Type") ?? "")) {
      return refuse(415, "the body must be sent as application/json");
    }
    const body = await readBody(c.req.raw);
    if (body === undefined) return refuse(413, `the body must have at most ${maxBodyBytes} bytes`);
    const decision = parseEdit(parseJson(body));
    if (!decision.ok) return refuse(400, decision.reason, decision.field);
    const code = c.req.param("code");
    if (!countries.edit(code, language, decision.edit, clock())) {
      return refuse(404, `no country has the code ${JSON.stringify(code)}`);
    }
    const outcome = await purge([countryTag(code), "countries"]);
    const edited = countries.find(code, language)?.value;
    return unstored(200, { country: edited, purge: outcome }, clock());
  });

  app.get("/api/search", (c) => {
    const query = (c.req.query("q") ?? "").trim();
    if (query === "" || query.length > maxQueryLength) {
      return refusal(400, `q must be a text of 1 to ${maxQueryLength} characters`, clock(), { field: "q" });
    }
    return json(c, search(query), { tags: ["countries", "search"] });
  });

  app.get("/api/regions/:region/stats", (c) => {
    const stats = regions.stats(c.req.param("region").toLowerCase());
    if (stats === undefined)
      return notFound(`there is no such region; there are ${regions.slugs().join(", ")}`, clock());
    return json(c, stats, { tags: ["countries", "stats", `region:${stats.region.slug}`] });
  });

  const rooms = createRooms();
  app.route("/api/gallery", createGallery({ rooms, purge, clock }));
  app.get("/gallery/seeded/:room", async (c) => {
    const room = rooms.of(c.req.param("room"));
    const template = page.get("/gallery/seeded");
    if (room === undefined || template === undefined)
      return notFound(`there is nothing at ${c.req.path}`, clock());
    return answer(
      c.req.raw,
      await seedPage(template, room, { site: siteOf(c.req.raw), now: clock() }),
      clock(),
    );
  });

  for (const [path, file] of page) {
    app.get(path, (c) => answer(c.req.raw, file, clock()));
    app.all(path, (c) => otherMethod(c, "GET, HEAD", clock()));
  }
  for (const path of ["/api/countries", "/api/search", "/api/regions/:region/stats"]) {
    app.all(path, (c) => otherMethod(c, "GET, HEAD", clock()));
  }
  app.all("/api/countries/:code", (c) => otherMethod(c, "GET, HEAD, PATCH", clock()));

  app.notFound((c) => notFound(`there is nothing at ${c.req.path}`, clock()));
  app.onError((error) => {
    onError(error);
    return refusal(500, "the origin failed to answer", clock());
  });
  return app;
}

function countryTag(code: string): string {
  return `country:${code.toLowerCase()}`;
}

function otherMethod(c: Context, allow: string, now: number): Response {
  if (c.req.method === "OPTIONS") return new Response(null, { status: 204, headers: { Allow: allow } });
  return refusal(405, `${c.req.method} is not allowed here`, now, { headers: { Allow: allow } });
}

/** The body as text, or `undefined` as soon as it is longer than allowed, whatever its length field says. */
async function readBody(request: Request): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
