import type { DatabaseSync } from "node:sqlite";

import type { CountryDetails, CountryEdit, CountryFacts, CountrySummary } from "../api.ts";
import { fold } from "./fold.ts";
import { defaultLanguage } from "./language.ts";
import { number, text, textOrNull } from "./rows.ts";
import type { Row } from "./rows.ts";

/** A representation and the instant it last changed. */
export interface Dated<T> {
  value: T;
  modifiedAt: number;
}

export interface Countries {
  list(): Dated<CountrySummary[]>;
  /** The code may be in either case; `undefined` when no country has it. */
  find(code: string, language: string): Dated<CountryDetails> | undefined;
  /** Applies a checked edit in one transaction; false when no country has the code. */
  edit(code: string, language: string, edit: CountryEdit, now: number): boolean;
}

const listSql = `
  SELECT country.code, name.common, country.region, country.capital, country.flag,
    country.city_population, country.modified_at
  FROM country JOIN country_name AS name ON name.code = country.code AND name.language = ?
  ORDER BY name.folded
`;

const findSql = `
  SELECT country.*, name.common, name.official
  FROM country JOIN country_name AS name ON name.code = country.code AND name.language = ?
  WHERE country.code = ?
`;

const largestSql =
  "SELECT id, name, population FROM city WHERE code = ? ORDER BY population DESC, id LIMIT 10";

/** Reads and edits countries. Statements are prepared once. */
export function createCountries(database: DatabaseSync): Countries {
  const listAll = database.prepare(listSql);
  const findOne = database.prepare(findSql);
  const largest = database.prepare(largestSql);
  const setName = database.prepare(
    "UPDATE country_name SET common = ?, official = ?, folded = ? WHERE code = ? AND language = ?",
  );
  const setCountry = database.prepare(
    "UPDATE country SET capital = ?, note = ?, modified_at = ? WHERE code = ?",
  );

  function list(): Dated<CountrySummary[]> {
    const rows = listAll.all(defaultLanguage);
    return {
      value: rows.map(summaryOf),
      modifiedAt: rows.reduce((latest, row) => Math.max(latest, number(row, "modified_at")), 0),
    };
  }

  function find(code: string, language: string): Dated<CountryDetails> | undefined {
    const row = findOne.get(language, code.toUpperCase());
    if (row === undefined) return undefined;
    const cities = largest.all(text(row, "code"));
    return { value: detailsOf(row, language, cities), modifiedAt: number(row, "modified_at") };
  }

  function edit(code: string, language: string, change: CountryEdit, now: number): boolean {
    const before = find(code, language)?.value;
    if (before === undefined) return false;
    const name = { ...before.name, ...change.name };
    const { capital = before.capital, note = before.note } = change;
    database.exec("BEGIN IMMEDIATE");
    try {
      setName.run(name.common, name.official, fold(name.common), before.code, language);
      setCountry.run(capital, note, now, before.code);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
    return true;
  }

  return { list, find, edit };
}

function summaryOf(row: Row): CountrySummary {
  return {
    code: text(row, "code"),
    name: text(row, "common"),
    region: text(row, "region"),
    capital: textOrNull(row, "capital"),
    flag: text(row, "flag"),
    cityPopulation: number(row, "city_population"),
  };
}

function detailsOf(row: Row, language: string, cities: readonly Row[]): CountryDetails {
  const facts: CountryFacts = JSON.parse(text(row, "facts"));
  return {
    code: text(row, "code"),
    language,
    name: { common: text(row, "common"), official: text(row, "official") },
    capital: textOrNull(row, "capital"),
    note: textOrNull(row, "note"),
    region: { slug: text(row, "region_slug"), name: text(row, "region") },
    subregion: text(row, "subregion"),
    flag: text(row, "flag"),
    area: number(row, "area"),
    cities: number(row, "city_count"),
    cityPopulation: number(row, "city_population"),
    largestCities: cities.map((city) => ({
      id: number(city, "id"),
      name: text(city, "name"),
      population: number(city, "population"),
    })),
    facts,
  };
}
