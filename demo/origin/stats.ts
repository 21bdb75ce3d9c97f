import type { DatabaseSync } from "node:sqlite";

import type { CountryStats, RegionStats } from "../api.ts";
import { defaultLanguage } from "./language.ts";
import { number, text } from "./rows.ts";

export interface Regions {
  slugs(): string[];
  /** `undefined` when there is no such region. */
  stats(slug: string): RegionStats | undefined;
}

/* Places without a known population would drag every median to zero. */
const citiesOfRegion = `
  SELECT city.code, city.population
  FROM country JOIN city ON city.code = country.code
  WHERE country.region_slug = :region AND city.population > 0
`;

/* Equal populations are counted before they are ranked, which halves what has to be sorted. */
const percentilesSql = `
  WITH wanted (percentile) AS (VALUES (10), (25), (50), (75), (90), (99)),
  sizes AS MATERIALIZED (
    SELECT population, count(*) AS cities FROM (${citiesOfRegion}) GROUP BY population
  ),
  ranked AS (
    SELECT population, sum(cities) OVER (ORDER BY population) AS place,
      (SELECT sum(cities) FROM sizes) AS total
    FROM sizes
  )
  SELECT percentile, min(population) AS population
  FROM wanted JOIN ranked ON place * 100 >= total * percentile
  GROUP BY percentile ORDER BY percentile
`;

const countriesSql = `
  WITH ranked AS (
    SELECT code, population,
      row_number() OVER (PARTITION BY code ORDER BY population DESC) AS place,
      count(*) OVER (PARTITION BY code) AS total
    FROM (${citiesOfRegion})
  ),
  sums AS (
    SELECT code, total AS cities, sum(population) AS city_population,
      max(CASE WHEN place = total / 2 + 1 THEN population END) AS median,
      max(population) AS largest_population
    FROM ranked GROUP BY code
  )
  SELECT sums.*, english.common AS name, country.flag,
    (SELECT name FROM city WHERE city.code = sums.code ORDER BY population DESC, id LIMIT 1) AS largest
  FROM sums
  JOIN country ON country.code = sums.code
  JOIN country_name AS english ON english.code = sums.code AND english.language = '${defaultLanguage}'
  ORDER BY city_population DESC
`;

/**
 * Statistics of a region's cities, computed by SQLite on every call: tens of milliseconds, for Europe's
 * 63,000 cities about a hundred. That is what a cache in front of it is for.
 */
export function createRegions(database: DatabaseSync): Regions {
  const listRegions = database.prepare("SELECT DISTINCT region_slug FROM country ORDER BY region_slug");
  const findRegion = database.prepare("SELECT region FROM country WHERE region_slug = ? LIMIT 1");
  const percentilesOf = database.prepare(percentilesSql);
  const countriesOf = database.prepare(countriesSql);

  function stats(slug: string): RegionStats | undefined {
    const region = findRegion.get(slug);
    if (region === undefined) return undefined;
    const countries = countriesOf.all({ region: slug }).map((row): CountryStats => ({
      code: text(row, "code"),
      name: text(row, "name"),
      flag: text(row, "flag"),
      cities: number(row, "cities"),
      cityPopulation: number(row, "city_population"),
      medianPopulation: number(row, "median"),
      largest: { name: text(row, "largest"), population: number(row, "largest_population") },
      largestShare: round(number(row, "largest_population") / number(row, "city_population")),
    }));
    return {
      region: { slug, name: text(region, "region") },
      cities: countries.reduce((sum, country) => sum + country.cities, 0),
      cityPopulation: countries.reduce((sum, country) => sum + country.cityPopulation, 0),
      percentiles: percentilesOf.all({ region: slug }).map((row) => ({
        percentile: number(row, "percentile"),
        population: number(row, "population"),
      })),
      countries,
    };
  }

  return { slugs: () => listRegions.all().map((row) => text(row, "region_slug")), stats };
}

function round(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
