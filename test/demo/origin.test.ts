import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CountryDetails, CountrySummary } from "../../demo/api.ts";
import { bodyOf, startAt, startOrigin } from "./support.ts";
import type { TestOrigin } from "./support.ts";

let origin: TestOrigin;
beforeAll(() => {
  origin = startOrigin();
}, 60_000);
afterAll(() => origin.close());

async function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return origin.app.request(path, { method, headers });
}

describe("GET /api/countries", () => {
  test("lists every country with its name, region, capital, flag and city population", async () => {
    const response = await get("/api/countries");
    expect(response.status).toBe(200);
    const { countries } = await bodyOf<{ countries: CountrySummary[] }>(response);
    expect(countries).toHaveLength(250);
    expect(countries.find(({ code }) => code === "FR")).toMatchObject({
      name: "France",
      region: "Europe",
      capital: "Paris",
      flag: "🇫🇷",
      cityPopulation: expect.toSatisfy((population: number) => population > 30_000_000),
    });
    expect(countries.slice(0, 3).map(({ name }) => name)).toEqual([
      "Afghanistan",
      "Åland Islands",
      "Albania",
    ]);
  });

  test("does not vary, and carries the tag that every edit purges", async () => {
    const response = await get("/api/countries", { "Accept-Language": "fr" });
    expect(response.headers.get("Vary")).toBeNull();
    expect(response.headers.get("Cache-Tag")).toBe("countries");
  });
});

describe("GET /api/countries/:code", () => {
  test("answers in the language that was asked for, says so, and varies by it", async () => {
    const response = await get("/api/countries/de", { "Accept-Language": "fr-CH, en;q=0.5" });
    expect(response.headers.get("Content-Language")).toBe("fr");
    expect(response.headers.get("Vary")).toBe("Accept-Language");
    expect(await response.json()).toMatchObject({
      code: "DE",
      language: "fr",
      name: { common: "Allemagne" },
    });
  });

  test("gives each language its own entity tag", async () => {
    const tags = await Promise.all(
      ["en", "fr", "ja"].map(async (language) => {
        const response = await get("/api/countries/de", { "Accept-Language": language });
        return response.headers.get("ETag");
      }),
    );
    expect(new Set(tags).size).toBe(3);
    for (const tag of tags) expect(tag).toMatch(/^"[^"]+"$/);
  });

  test("carries the tags of the country and its region", async () => {
    const response = await get("/api/countries/fr");
    expect(response.headers.get("Cache-Tag")).toBe("country:fr, region:europe");
  });

  test("names the largest cities, the largest first", async () => {
    const { largestCities } = await bodyOf<CountryDetails>(get("/api/countries/fr"));
    expect(largestCities).toHaveLength(10);
    expect(largestCities[0]).toMatchObject({ name: "Paris" });
    const sizes = largestCities.map(({ population }) => population);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  test("takes the code in either case", async () => {
    const [lower, upper] = await Promise.all([get("/api/countries/fr"), get("/api/countries/FR")]);
    expect(upper.headers.get("ETag")).toBe(lower.headers.get("ETag"));
    expect(upper.headers.get("Cache-Tag")).toBe(lower.headers.get("Cache-Tag"));
  });

  test("an unknown code is 404 with a reason, kept for a moment only", async () => {
    const response = await get("/api/countries/xx");
    expect(response.status).toBe(404);
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=10");
    expect(await response.json()).toEqual({ error: { status: 404, reason: 'no country has the code "xx"' } });
  });
});

describe("validators", () => {
  const paths = ["/api/countries", "/api/countries/fr", "/api/search?q=paris", "/api/regions/oceania/stats"];

  test.each(paths)("%s answers its own ETag with 304 and the same cache fields", async (path) => {
    const full = await get(path);
    const etag = full.headers.get("ETag") ?? "";
    const conditional = await get(path, { "If-None-Match": etag });
    expect(conditional.status).toBe(304);
    expect(await conditional.text()).toBe("");
    expect(conditional.headers.get("Content-Type")).toBeNull();
    for (const field of ["ETag", "Cache-Control", "Vary", "Cache-Tag", "Last-Modified", "Date"]) {
      expect(conditional.headers.get(field), field).toBe(full.headers.get(field));
    }
  });

  const conditions: [condition: (etag: string) => string, status: number, because: string][] = [
    [(etag) => `W/${etag}`, 304, "the comparison is weak"],
    [(etag) => `"other", ${etag}`, 304, "one of a list is enough"],
    [(etag) => `"a,b",${etag}`, 304, "a comma may stand inside a tag"],
    [() => "*", 304, "there is a representation"],
    [() => '"other"', 200, "it is another one"],
    [(etag) => etag.slice(1, -1), 200, "without quotes it is no tag"],
    [() => "", 200, "an empty list names nothing"],
  ];

  test.each(conditions)("If-None-Match row %#: %s answers %i, %s", async (condition, status) => {
    const etag = (await get("/api/countries/fr")).headers.get("ETag") ?? "";
    const response = await get("/api/countries/fr", { "If-None-Match": condition(etag) });
    expect(response.status).toBe(status);
  });

  test("If-Modified-Since decides only where there is no If-None-Match", async () => {
    const since = (await get("/api/countries/fr")).headers.get("Last-Modified") ?? "";
    expect((await get("/api/countries/fr", { "If-Modified-Since": since })).status).toBe(304);
    const both = { "If-Modified-Since": since, "If-None-Match": '"other"' };
    expect((await get("/api/countries/fr", both)).status).toBe(200);
    expect((await get("/api/countries/fr", { "If-Modified-Since": "yesterday" })).status).toBe(200);
  });
});

describe("every answer", () => {
  test("may be shared, and be used stale while a new one is fetched or when nobody answers", async () => {
    for (const path of [
      "/api/countries",
      "/api/countries/fr",
      "/api/search?q=rome",
      "/api/regions/asia/stats",
    ]) {
      const response = await get(path);
      expect(response.headers.get("Cache-Control")).toBe(
        "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400",
      );
      expect(response.headers.get("Date")).toBe(new Date(startAt).toUTCString());
    }
  });

  test("to HEAD has the fields of the GET and no body", async () => {
    const [full, head] = await Promise.all([get("/api/countries/fr"), get("/api/countries/fr", {}, "HEAD")]);
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    expect([...head.headers]).toEqual([...full.headers]);
  });

  test("to an unknown path is 404 as JSON", async () => {
    const response = await get("/api/nothing");
    expect(response.status).toBe(404);
    expect(response.headers.get("Content-Type")).toMatch("application/json");
    expect(await response.json()).toMatchObject({ error: { reason: "there is nothing at /api/nothing" } });
  });

  test("to a method that has no meaning is 405 and names those that have", async () => {
    const response = await get("/api/countries/fr", {}, "DELETE");
    expect(response.status).toBe(405);
    expect(response.headers.get("Allow")).toBe("GET, HEAD, PATCH");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
  });
});
