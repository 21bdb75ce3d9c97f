import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { RegionStats, SearchResult } from "../../demo/api.ts";
import { fold } from "../../demo/origin/fold.ts";
import { bodyOf, startOrigin } from "./support.ts";
import type { TestOrigin } from "./support.ts";

let origin: TestOrigin;
beforeAll(() => {
  origin = startOrigin();
}, 60_000);
afterAll(() => origin.close());

async function get(path: string): Promise<Response> {
  return origin.app.request(path);
}

describe("GET /api/search", () => {
  async function search(query: string): Promise<SearchResult> {
    return bodyOf(get(`/api/search?${new URLSearchParams({ q: query })}`));
  }

  test.each(["reykjavik", "REYKJAVÍK", "  Reykjavík "])("finds Reykjavík by %j", async (query) => {
    expect((await search(query)).cities[0]).toMatchObject({
      name: "Reykjavík",
      code: "IS",
      country: "Iceland",
    });
  });

  test("finds a country by its name in any language", async () => {
    expect((await search("Allemagne")).countries).toMatchObject([
      { code: "DE", name: "Germany", matched: "Allemagne" },
    ]);
    expect((await search("ドイツ")).countries).toMatchObject([{ code: "DE", matched: "ドイツ" }]);
  });

  test.each(["york", "paris", "lund"])(
    "puts exact names before prefixes, and those before parts: %s",
    async (query) => {
      const names = (await search(query)).cities.map(({ name }) => fold(name));
      const ranks = names.map((name) => (name === query ? 0 : name.startsWith(query) ? 1 : 2));
      expect(ranks).toEqual(ranks.toSorted());
      expect(new Set(ranks).size, "the query tells something apart").toBeGreaterThan(1);
    },
  );

  test("gives at most 12 countries and 20 cities", async () => {
    const { countries, cities } = await search("a");
    expect(countries).toHaveLength(12);
    expect(cities).toHaveLength(20);
  });

  test("takes the query as text, never as a pattern", async () => {
    for (const query of ["%", "_", "'; DROP TABLE city; --"]) {
      expect((await search(query)).cities).toEqual([]);
    }
  });

  test("carries the tag that every edit purges", async () => {
    expect((await get("/api/search?q=a")).headers.get("Cache-Tag")).toBe("countries, search");
  });

  test.each(["/api/search", "/api/search?q=", "/api/search?q=%20", `/api/search?q=${"a".repeat(101)}`])(
    "refuses row %# and names the field",
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(400);
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(await response.json()).toMatchObject({ error: { field: "q" } });
    },
  );
});

describe("GET /api/regions/:region/stats", () => {
  test("agrees with the same statistics computed by hand", async () => {
    const stats = await bodyOf<RegionStats>(get("/api/regions/oceania/stats"));
    const rows = origin.database
      .prepare(
        `SELECT code, population FROM city JOIN country USING (code)
         WHERE region_slug = 'oceania' AND population > 0`,
      )
      .all()
      .map(({ code, population }) => ({ code, population: Number(population) }));
    const all = rows.map(({ population }) => population).toSorted((a, b) => a - b);
    expect(stats.cities).toBe(all.length);
    expect(stats.cityPopulation).toBe(all.reduce((sum, population) => sum + population, 0));
    for (const { percentile, population } of stats.percentiles) {
      expect(population, `percentile ${percentile}`).toBe(
        all[Math.ceil((all.length * percentile) / 100) - 1],
      );
    }
    for (const country of stats.countries) {
      const own = rows.filter(({ code }) => code === country.code).map(({ population }) => population);
      own.sort((a, b) => a - b);
      expect(country.cities).toBe(own.length);
      expect(country.medianPopulation, country.name).toBe(own[Math.ceil(own.length / 2) - 1]);
      expect(country.largest.population).toBe(own.at(-1));
    }
  });

  test("puts the most populous country first and names its largest city", async () => {
    const stats = await bodyOf<RegionStats>(get("/api/regions/Europe/stats"));
    expect(stats.region).toEqual({ slug: "europe", name: "Europe" });
    expect(stats.countries[0]).toMatchObject({ code: "RU", largest: { name: "Moscow" } });
  });

  test("carries the tags of the region and of every edit", async () => {
    const response = await get("/api/regions/europe/stats");
    expect(response.headers.get("Cache-Tag")).toBe("countries, stats, region:europe");
  });

  test("an unknown region is 404 and names the known ones", async () => {
    const response = await get("/api/regions/atlantis/stats");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { reason: expect.stringContaining("africa, americas") },
    });
  });
});
