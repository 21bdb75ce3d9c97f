/**
 * What the demo API says, as both sides see it: the origin writes these bodies, the page reads them.
 * Types only; nothing here runs.
 */

export interface CountrySummary {
  /** ISO 3166-1 alpha-2, upper case. Addresses and tags use lower case. */
  code: string;
  name: string;
  region: string;
  capital: string | null;
  flag: string;
  /** Inhabitants of the cities in the data, which is less than the country's population. */
  cityPopulation: number;
}

export interface CountryDetails {
  code: string;
  /** The language the names are in: the outcome of the negotiation. */
  language: string;
  name: { common: string; official: string };
  capital: string | null;
  note: string | null;
  region: { slug: string; name: string };
  subregion: string;
  flag: string;
  /** Square kilometres. */
  area: number;
  cities: number;
  cityPopulation: number;
  largestCities: { id: number; name: string; population: number }[];
  facts: CountryFacts;
}

/** What nobody edits or searches. */
export interface CountryFacts {
  /** Names in the country's own languages. */
  native: string[];
  languages: string[];
  currencies: { code: string; name: string; symbol: string }[];
  /** Codes of the neighbours. */
  borders: string[];
  domains: string[];
  landlocked: boolean;
  position: { latitude: number; longitude: number };
}

export interface SearchResult {
  /** The query as it was compared: without accents, in lower case. */
  query: string;
  /** `matched` is the name that was found, in whatever language. */
  countries: { code: string; name: string; flag: string; matched: string }[];
  cities: CityFound[];
}

export interface CityFound {
  id: number;
  name: string;
  code: string;
  country: string;
  flag: string;
  population: number;
}

export interface RegionStats {
  region: { slug: string; name: string };
  cities: number;
  cityPopulation: number;
  /** City population at each percentile, by nearest rank. */
  percentiles: { percentile: number; population: number }[];
  countries: CountryStats[];
}

export interface CountryStats {
  code: string;
  name: string;
  flag: string;
  cities: number;
  cityPopulation: number;
  medianPopulation: number;
  largest: { name: string; population: number };
  /** Part of the country's city population that lives in its largest city, 0 to 1. */
  largestShare: number;
}

/** The body of a PATCH: only the fields to change. `null` empties a field that may be empty. */
export interface CountryEdit {
  name?: { common?: string; official?: string };
  capital?: string | null;
  note?: string | null;
}

export interface EditAnswer {
  country: CountryDetails;
  purge: PurgeOutcome;
}

/** What became of a purge. A failed one never fails the edit that asked for it. */
export type PurgeOutcome =
  | { ok: true; tags: readonly string[]; token: string | null }
  | { ok: false; tags: readonly string[]; reason: string };

export interface ErrorAnswer {
  error: { status: number; reason: string; field?: string };
}
