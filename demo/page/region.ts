import type { RegionStats } from "../api.ts";
import { bar, button, find, h } from "./dom.ts";
import { flagOf } from "./flag.ts";
import { formatCompact, formatCount, formatShare } from "./format.ts";

export interface RegionPanel {
  show(stats: RegionStats): void;
  /** Marks the region that was asked for, before its answer is there. */
  mark(slug: string): void;
  showProblem(sentence: string): void;
}

const regions: readonly [slug: string, name: string][] = [
  ["africa", "Africa"],
  ["americas", "Americas"],
  ["antarctic", "Antarctic"],
  ["asia", "Asia"],
  ["europe", "Europe"],
  ["oceania", "Oceania"],
];

/** How large the cities of a region are: percentiles over all of them, then country by country. */
export function createRegionPanel(onRegion: (slug: string) => void): RegionPanel {
  const body = find("region-body", HTMLDivElement);
  const choices = new Map(
    regions.map(([slug, name]) => [
      slug,
      button(
        { "data-testid": "region-choice", "data-region": slug, "aria-pressed": "false" },
        () => onRegion(slug),
        name,
      ),
    ]),
  );
  find("regions", HTMLDivElement).replaceChildren(...choices.values());

  return {
    mark(slug) {
      for (const [other, choice] of choices) choice.setAttribute("aria-pressed", String(other === slug));
    },
    show(stats) {
      body.dataset["region"] = stats.region.slug;
      body.replaceChildren(
        h(
          "p",
          { class: "lead" },
          `${formatCount(stats.cities)} cities, home to ${formatCompact(stats.cityPopulation)} people.`,
        ),
        ...percentiles(stats),
        table(stats),
      );
    },
    showProblem(sentence) {
      body.replaceChildren(h("p", { class: "problem", role: "alert" }, sentence));
    },
  };
}

/** On a scale of powers: from a village to a metropolis is a factor of a thousand. */
function percentiles({ percentiles: all }: RegionStats): HTMLElement[] {
  const most = Math.log10(Math.max(10, ...all.map(({ population }) => population)));
  const rows = all.map(({ percentile, population }) =>
    h(
      "li",
      {},
      h("span", { class: "item-name" }, percentile === 50 ? "half are below" : `${percentile}% are below`),
      bar(Math.log10(Math.max(1, population)) / most),
      h("span", { class: "figure" }, formatCompact(population)),
    ),
  );
  return rows.length === 0 ? [] : [h("ol", { class: "bars" }, ...rows)];
}

function table({ countries, region }: RegionStats): HTMLElement {
  const rows = countries.map((country) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, flagOf(country.code, country.flag), ` ${country.name}`),
      h("td", {}, formatCount(country.cities)),
      h("td", {}, formatCompact(country.medianPopulation)),
      h("td", { class: "largest" }, `${country.largest.name}, ${formatShare(country.largestShare)}`),
    ),
  );
  const heads = ["Country", "Cities", "Median", "Largest, share"];
  return h(
    "div",
    { class: "table-box", tabindex: "0", role: "region", "aria-label": `Countries of ${region.name}` },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows),
    ),
  );
}
