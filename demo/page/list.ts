import type { CountrySummary, SearchResult } from "../api.ts";
import { button, find, h } from "./dom.ts";
import { flagOf } from "./flag.ts";
import { formatCompact, formatCount } from "./format.ts";

export interface CountryList {
  showAll(countries: readonly CountrySummary[]): void;
  showFound(result: SearchResult): void;
  showProblem(sentence: string): void;
  /** Marks the chosen country wherever it stands in the list. */
  mark(code: string | undefined): void;
}

/** The list on the left: all countries, or what a search found. Arrow keys walk through it. */
export function createList(onChoose: (code: string) => void): CountryList {
  const list = find("list", HTMLUListElement);
  const summary = find("list-summary", HTMLParagraphElement);
  let chosen: string | undefined;

  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.findIndex((element) => element === document.activeElement);
    buttons[at + step]?.focus();
    event.preventDefault();
  });
  find("search", HTMLInputElement).addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") list.querySelector("button")?.focus();
  });

  function item(code: string, flag: string, name: string, detail: string): HTMLElement {
    const lower = code.toLowerCase();
    return h(
      "li",
      {},
      button(
        { "data-testid": "country", "data-code": lower },
        () => onChoose(lower),
        flagOf(code, flag),
        h("span", { class: "item-name" }, name),
        h("span", { class: "item-detail" }, detail),
      ),
    );
  }

  function show(items: readonly HTMLElement[], sentence: string): void {
    list.replaceChildren(...items);
    summary.textContent = sentence;
    markChosen();
  }

  function markChosen(): void {
    for (const element of list.querySelectorAll("button")) {
      if (element.dataset["code"] === chosen) element.setAttribute("aria-current", "true");
      else element.removeAttribute("aria-current");
    }
  }

  return {
    showAll(countries) {
      const items = countries.map(({ code, flag, name, capital }) => item(code, flag, name, capital ?? ""));
      show(items, `${formatCount(countries.length)} countries and territories`);
    },
    showFound({ query, countries, cities }) {
      const items = [
        ...countries.map(({ code, flag, name, matched }) =>
          item(code, flag, name, matched === name ? "" : matched),
        ),
        ...cities.map((city) =>
          item(
            city.code,
            city.flag,
            city.name,
            city.population > 0 ? `${city.country}, ${formatCompact(city.population)}` : city.country,
          ),
        ),
      ];
      const found = `${formatCount(countries.length)} countries, ${formatCount(cities.length)} cities`;
      show(items, items.length === 0 ? `Nothing is called “${query}”` : found);
    },
    showProblem(sentence) {
      show([], sentence);
    },
    mark(code) {
      chosen = code;
      markChosen();
    },
  };
}
