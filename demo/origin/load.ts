import type { DatabaseSync } from "node:sqlite";

import type { CountryFacts } from "../api.ts";
import { fold } from "./fold.ts";
import { defaultLanguage, languageTag } from "./language.ts";
import { sourceCities, sourceCountries } from "./sources.ts";
import type { SourceCountry } from "./sources.ts";

/** Fills the empty tables from the two packages. The caller holds the transaction. */
export function loadCountries(database: DatabaseSync, now: number, report: (line: string) => void): void {
  const countries = sourceCountries();
  const cities = sourceCities();
  report(`loading ${format(countries.length)} countries and ${format(cities.length)} cities ...`);

  const addCity = database.prepare(
    "INSERT INTO city (id, code, name, folded, population, latitude, longitude) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const sums = new Map<string, { count: number; population: number }>();
  for (const [index, city] of cities.entries()) {
    const [longitude, latitude] = city.loc.coordinates;
    addCity.run(city.cityId, city.country, city.name, fold(city.name), city.population, latitude, longitude);
    const sum = sums.get(city.country) ?? { count: 0, population: 0 };
    sums.set(city.country, { count: sum.count + 1, population: sum.population + city.population });
    if ((index + 1) % 50_000 === 0)
      report(`loading ${format(index + 1)} of ${format(cities.length)} cities ...`);
  }

  const addCountry = database.prepare(`
    INSERT INTO country (code, region, region_slug, subregion, capital, flag, area, note, facts,
      city_count, city_population, modified_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?)
  `);
  const addName = database.prepare(
    "INSERT INTO country_name (code, language, common, official, folded) VALUES (?, ?, ?, ?, ?)",
  );
  const codeOf = new Map(countries.map((country) => [country.cca3, country.cca2]));
  for (const country of countries) {
    const { count, population } = sums.get(country.cca2) ?? { count: 0, population: 0 };
    addCountry.run(
      country.cca2,
      country.region,
      regionSlug(country.region),
      country.subregion,
      country.capital.join(", ") || null,
      country.flag,
      country.area,
      JSON.stringify(factsOf(country, codeOf)),
      count,
      population,
      now,
    );
    for (const [language, { common, official }] of namesOf(country)) {
      addName.run(country.cca2, language, common, official, fold(common));
    }
  }
}

/** The form of a region's name that stands in addresses and tags. */
function regionSlug(region: string): string {
  return fold(region).replaceAll(" ", "-");
}

function namesOf(country: SourceCountry): [language: string, name: { common: string; official: string }][] {
  const translated = Object.entries(country.translations).flatMap(
    ([code, name]): [string, { common: string; official: string }][] => {
      const language = languageTag(code);
      return language === undefined ? [] : [[language, name]];
    },
  );
  return [[defaultLanguage, country.name], ...translated];
}

/** What nobody edits or searches; kept as JSON and answered as it stands. */
function factsOf(country: SourceCountry, codeOf: ReadonlyMap<string, string>): CountryFacts {
  return {
    native: Object.values(country.name.native).map(({ common }) => common),
    languages: Object.values(country.languages),
    currencies: Object.entries(country.currencies).map(([code, { name, symbol }]) => ({
      code,
      name,
      symbol,
    })),
    borders: country.borders.flatMap((cca3) => codeOf.get(cca3) ?? []),
    domains: country.tld,
    landlocked: country.landlocked,
    position: { latitude: country.latlng[0], longitude: country.latlng[1] },
  };
}

function format(count: number): string {
  return count.toLocaleString("en");
}
