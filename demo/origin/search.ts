import type { DatabaseSync } from "node:sqlite";

import type { SearchResult } from "../api.ts";
import { fold } from "./fold.ts";
import { defaultLanguage } from "./language.ts";
import { number, text } from "./rows.ts";

export type Search = (query: string) => SearchResult;

const limits = { countries: 12, cities: 20 };

/** An exact name comes first, then a prefix, then the start of a later word, then anywhere inside. */
const rank = (column: string): string => `
  CASE
    WHEN ${column} = :query THEN 0
    WHEN ${column} >= :query AND ${column} < :after THEN 1
    WHEN instr(${column}, :word) > 0 THEN 2
    ELSE 3
  END
`;

/*
 * A country is found by its name in any language of the data and shown by its English one, which also
 * wins a tie. `matched` comes from the row that min() chose: SQLite promises that for a bare column.
 */
const countriesSql = `
  SELECT found.code, found.matched, english.common AS name, country.flag, min(found.rank) AS rank
  FROM (
    SELECT code, common AS matched, 2 * (${rank("folded")}) + (language <> '${defaultLanguage}') AS rank
    FROM country_name WHERE instr(folded, :query) > 0
  ) AS found
  JOIN country ON country.code = found.code
  JOIN country_name AS english ON english.code = found.code AND english.language = '${defaultLanguage}'
  GROUP BY found.code
  ORDER BY rank, country.city_population DESC
  LIMIT ${limits.countries}
`;

const citiesSql = `
  SELECT city.id, city.name, city.code, city.population, english.common AS country, country.flag
  FROM (
    SELECT id, ${rank("folded")} AS rank FROM city
    WHERE instr(folded, :query) > 0
    ORDER BY rank, population DESC
    LIMIT ${limits.cities}
  ) AS found
  JOIN city ON city.id = found.id
  JOIN country ON country.code = city.code
  JOIN country_name AS english ON english.code = city.code AND english.language = '${defaultLanguage}'
  ORDER BY found.rank, city.population DESC
`;

/** Finds countries and cities by any part of a name, without regard to case and accents. */
export function createSearch(database: DatabaseSync): Search {
  const findCountries = database.prepare(countriesSql);
  const findCities = database.prepare(citiesSql);
  return function search(query) {
    const folded = fold(query);
    const parameters = { query: folded, after: `${folded}\u{10ffff}`, word: ` ${folded}` };
    return {
      query: folded,
      countries: findCountries.all(parameters).map((row) => ({
        code: text(row, "code"),
        name: text(row, "name"),
        flag: text(row, "flag"),
        matched: text(row, "matched"),
      })),
      cities: findCities.all(parameters).map((row) => ({
        id: number(row, "id"),
        name: text(row, "name"),
        code: text(row, "code"),
        country: text(row, "country"),
        flag: text(row, "flag"),
        population: number(row, "population"),
      })),
    };
  };
}
