import type { CountryDetails } from "../api.ts";
import { bar, button, find, h } from "./dom.ts";
import type { Child } from "./dom.ts";
import { flagOf } from "./flag.ts";
import { formatCompact, formatCount } from "./format.ts";

export interface CountryPanel {
  show(country: CountryDetails): void;
  showProblem(sentence: string): void;
}

export interface CountryPanelOptions {
  onCountry: (code: string) => void;
  onRegion: (slug: string) => void;
}

const rightToLeft: ReadonlySet<string> = new Set(["ar", "fa", "ur"]);

/** The chosen country, its names in the language that was negotiated. */
export function createCountryPanel({ onCountry, onRegion }: CountryPanelOptions): CountryPanel {
  const panel = find("country", HTMLElement);
  const title = find("country-title", HTMLHeadingElement);
  const body = find("country-body", HTMLDivElement);

  function show(country: CountryDetails): void {
    const { facts, language } = country;
    const direction = rightToLeft.has(language) ? "rtl" : "ltr";
    panel.dataset["code"] = country.code.toLowerCase();
    panel.dataset["language"] = language;
    title.replaceChildren(
      flagOf(country.code, country.flag),
      " ",
      h("span", { lang: language, dir: direction, "data-testid": "country-name" }, country.name.common),
    );
    body.replaceChildren(
      h("p", { class: "official", lang: language, dir: direction }, country.name.official),
      ...(country.note === null
        ? []
        : [h("p", { class: "country-note", "data-testid": "country-note" }, country.note)]),
      h(
        "dl",
        { class: "facts" },
        ...fact("Capital", h("span", { "data-testid": "country-capital" }, country.capital ?? "none")),
        ...fact("Region", regionLink(country)),
        ...fact("Own names", facts.native.join(", ") || "none listed"),
        ...fact("Languages", facts.languages.join(", ") || "none listed"),
        ...fact(
          "Currency",
          facts.currencies.map(({ name, symbol }) => `${name} (${symbol})`).join(", ") || "none",
        ),
        ...fact("Area", `${formatCount(country.area)} km²${facts.landlocked ? ", landlocked" : ""}`),
        ...fact("Cities", `${formatCount(country.cities)}, home to ${formatCompact(country.cityPopulation)}`),
        ...fact("Neighbours", neighbours(facts.borders)),
      ),
      ...largestCities(country),
    );
  }

  function regionLink({ region, subregion }: CountryDetails): Child {
    return h(
      "span",
      {},
      button({ class: "link" }, () => onRegion(region.slug), region.name),
      subregion === "" || subregion === region.name ? "" : ` · ${subregion}`,
    );
  }

  function neighbours(codes: readonly string[]): Child {
    if (codes.length === 0) return "none by land";
    const links = codes.map((code) =>
      button({ class: "link", "aria-label": `Neighbour ${code}` }, () => onCountry(code.toLowerCase()), code),
    );
    return h("span", { class: "links" }, ...links);
  }

  return {
    show,
    showProblem(sentence) {
      delete panel.dataset["code"];
      title.textContent = "A country";
      body.replaceChildren(h("p", { class: "problem", role: "alert" }, sentence));
    },
  };
}

function fact(name: string, value: Child): [HTMLElement, HTMLElement] {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function largestCities({ largestCities: cities }: CountryDetails): HTMLElement[] {
  const most = cities[0]?.population ?? 0;
  if (most === 0) return [];
  const rows = cities.map(({ name, population }) =>
    h(
      "li",
      {},
      h("span", { class: "item-name" }, name),
      bar(population / most),
      h("span", { class: "figure" }, formatCompact(population)),
    ),
  );
  return [h("h3", {}, "Largest cities"), h("ol", { class: "bars" }, ...rows)];
}
