import { afterEach, beforeAll, afterAll, describe, expect, test } from "vitest";

import type { CountryDetails, EditAnswer, ErrorAnswer, SearchResult } from "../../demo/api.ts";
import { createOrigin } from "../../demo/origin/origin.ts";
import { createPurge } from "../../demo/origin/purge.ts";
import { bodyOf, patch, startAt, startOrigin, startPurgeEndpoint } from "./support.ts";
import type { PurgeEndpoint, TestOrigin } from "./support.ts";

let origin: TestOrigin;
beforeAll(() => {
  origin = startOrigin();
}, 60_000);
afterAll(() => origin.close());

async function details(code: string, language = "en"): Promise<CountryDetails> {
  const response = await origin.app.request(`/api/countries/${code}`, {
    headers: { "Accept-Language": language },
  });
  return bodyOf(response);
}

describe("PATCH /api/countries/:code", () => {
  test("changes the named fields, leaves the others, and is stored nowhere", async () => {
    const before = await details("pt");
    const response = await origin.app.request(
      "/api/countries/pt",
      patch({ note: "Land of the west", capital: "Porto" }),
    );
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const { country } = await bodyOf<EditAnswer>(response);
    expect(country).toEqual({ ...before, note: "Land of the west", capital: "Porto" });
    expect(await details("pt")).toEqual(country);
  });

  test("edits the name in the language of its body, English when it says none", async () => {
    await origin.app.request("/api/countries/es", patch({ name: { common: "Hispania" } }));
    await origin.app.request(
      "/api/countries/es",
      patch({ name: { common: "Ibérie" } }, { "Content-Language": "fr" }),
    );
    expect((await details("es")).name).toEqual({ common: "Hispania", official: "Kingdom of Spain" });
    expect((await details("es", "fr")).name.common).toBe("Ibérie");
    const found = await origin.app.request("/api/search?q=iberie");
    const { countries } = await bodyOf<SearchResult>(found);
    expect(countries[0]).toMatchObject({ code: "ES", name: "Hispania", matched: "Ibérie" });
  });

  test("purges the country and whatever shows countries, however the code was written", async () => {
    origin.purged.length = 0;
    await origin.app.request("/api/countries/NO", patch({ note: "Fjords" }));
    expect(origin.purged).toEqual([["country:no", "countries"]]);
  });

  test("gives the changed answers new entity tags", async () => {
    const etag = async (path: string) => (await origin.app.request(path)).headers.get("ETag");
    const paths = [
      "/api/countries/se",
      "/api/countries",
      "/api/regions/europe/stats",
      "/api/search?q=sweden",
    ];
    const before = await Promise.all(paths.map(etag));
    await origin.app.request("/api/countries/se", patch({ name: { common: "Sweden, again" } }));
    const after = await Promise.all(paths.map(etag));
    for (const [index, path] of paths.entries()) expect(after[index], path).not.toBe(before[index]);
  });

  test("Last-Modified follows an edit, but only once its second is over", async () => {
    const read = async () => (await origin.app.request("/api/countries/fi")).headers.get("Last-Modified");
    origin.clock.now = startAt + 10_400;
    await origin.app.request("/api/countries/fi", patch({ note: "Lakes" }));
    origin.clock.now = startAt + 10_900;
    expect(await read()).toBeNull();
    origin.clock.now = startAt + 11_400;
    expect(await read()).toBe(new Date(startAt + 10_000).toUTCString());
  });

  test("null and the empty text both empty a field that may be empty", async () => {
    for (const empty of [null, "  "]) {
      await origin.app.request("/api/countries/dk", patch({ note: "Islands" }));
      await origin.app.request("/api/countries/dk", patch({ note: empty }));
      expect((await details("dk")).note).toBeNull();
    }
  });

  const refused: [body: unknown, field: string | undefined][] = [
    ["not json", undefined],
    [[], undefined],
    [null, undefined],
    [{}, undefined],
    [{ population: 1 }, "population"],
    [{ __proto__x: 1 }, "__proto__x"],
    [{ name: "France" }, "name"],
    [{ name: {} }, "name"],
    [{ name: { common: "" } }, "name.common"],
    [{ name: { common: null } }, "name.common"],
    [{ name: { common: 7 } }, "name.common"],
    [{ name: { common: "x".repeat(101) } }, "name.common"],
    [{ name: { short: "F" } }, "name.short"],
    [{ capital: ["Paris"] }, "capital"],
    [{ note: "x".repeat(501) }, "note"],
    [{ note: "a\u0000b" }, "note"],
  ];

  test.each(refused)("refuses %j with 400 and names %s", async (body, field) => {
    origin.purged.length = 0;
    const before = await details("fr");
    const response = await origin.app.request("/api/countries/fr", patch(body));
    expect(response.status).toBe(400);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const answer = await bodyOf<ErrorAnswer>(response);
    expect(answer.error.field).toBe(field);
    expect(answer.error.reason).not.toBe("");
    expect(await details("fr")).toEqual(before);
    expect(origin.purged).toEqual([]);
  });

  test("refuses other content types, large bodies, unknown languages and unknown countries", async () => {
    const note = { note: "x" };
    const form = patch(note, { "Content-Type": "text/plain" });
    expect((await origin.app.request("/api/countries/fr", form)).status).toBe(415);
    const large = patch({ note: "x".repeat(20_000) });
    expect((await origin.app.request("/api/countries/fr", large)).status).toBe(413);
    const breton = patch(note, { "Content-Language": "br" });
    expect(await (await origin.app.request("/api/countries/fr", breton)).json()).toMatchObject({
      error: { status: 400, field: "Content-Language" },
    });
    expect((await origin.app.request("/api/countries/xx", patch(note))).status).toBe(404);
  });
});

describe("the purge an edit sends", () => {
  let endpoint: PurgeEndpoint | undefined;
  afterEach(() => endpoint?.close());

  async function edit(
    answer: Parameters<typeof startPurgeEndpoint>[0],
    options: { token?: string; limit?: number } = { token: "secret" },
  ): Promise<EditAnswer> {
    endpoint = await startPurgeEndpoint(answer);
    const purge = createPurge({ edgeUrl: endpoint.url, token: options.token, limit: options.limit ?? 3_000 });
    const app = createOrigin({ database: origin.database, purge });
    const response = await app.request("/api/countries/it", patch({ note: `Edited at ${Math.random()}` }));
    expect(response.status).toBe(200);
    return bodyOf(response);
  }

  test("goes to the edge with the token and the tags, and its outcome is in the answer", async () => {
    const { purge } = await edit({ status: 200, body: '{"success":true,"result":{"token":"3f2a.17"}}' });
    expect(endpoint?.seen).toEqual([
      {
        method: "POST",
        url: "/_tidemark/purge",
        authorization: "Bearer secret",
        contentType: "application/json",
        body: '{"tags":["country:it","countries"]}',
      },
    ]);
    expect(purge).toEqual({ ok: true, tags: ["country:it", "countries"], token: "3f2a.17" });
  });

  const failures: [name: string, answer: { status: number; body: string }, reason: RegExp][] = [
    ["the edge refuses it", { status: 401, body: "{}" }, /answered 401/],
    ["the edge fails", { status: 500, body: "oops" }, /answered 500/],
    ["the edge does not confirm", { status: 200, body: '{"success":false}' }, /did not confirm/],
    ["the edge answers no JSON", { status: 200, body: "<html>" }, /did not confirm/],
    ["the edge answers null", { status: 200, body: "null" }, /did not confirm/],
  ];

  test.each(failures)("never fails the edit when %s", async (_, answer, reason) => {
    expect((await edit(answer)).purge).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  test("is not carried on to where a redirect points", async () => {
    const redirect = { status: 307, body: "", headers: { Location: "/elsewhere" } };
    expect((await edit(redirect)).purge).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/could not be reached/),
    });
    expect(endpoint?.seen).toHaveLength(1);
  });

  test("gives up on a silent edge when its time is over", async () => {
    const { purge } = await edit(undefined, { token: "secret", limit: 100 });
    expect(purge).toMatchObject({ ok: false, reason: expect.stringMatching(/did not answer within 0.1 s/) });
  });

  test("is not sent without a token, and the answer says so", async () => {
    const { purge } = await edit({ status: 200, body: "{}" }, {});
    expect(purge).toMatchObject({ ok: false, reason: "the purge was not sent: PURGE_TOKEN is not set" });
    expect(endpoint?.seen).toEqual([]);
  });

  test("says so when nobody listens there", async () => {
    const gone = await startPurgeEndpoint(undefined);
    await gone.close();
    const purge = createPurge({ edgeUrl: gone.url, token: "secret" });
    expect(await purge(["a"])).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/could not be reached/),
    });
  });
});
