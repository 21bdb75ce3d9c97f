import type { Asked } from "./client.ts";
import { find, h } from "./dom.ts";
import { formatEtag, formatSeconds, formatTook } from "./format.ts";
import { places, placeText } from "./places.ts";
import type { Place } from "./places.ts";

export interface AnswersLog {
  add(asked: Asked): void;
  /** A line between answers that says what happened there. */
  note(text: string): void;
}

const maxRows = 60;

const stateLabel = { stale: "stale", revalidated: "confirmed" } as const;

/** The answers, the newest first, and the scale of depths that counts them. */
export function createLog(): AnswersLog {
  const list = find("log", HTMLOListElement);
  const announcement = find("announcement", HTMLParagraphElement);
  const latest = find("latest", HTMLAnchorElement);
  const scale = createScale();

  function prepend(row: HTMLElement): void {
    list.prepend(row);
    while (list.children.length > maxRows) list.lastElementChild?.remove();
  }

  return {
    add(asked) {
      const { label } = placeText(asked.provenance.place);
      prepend(rowOf(asked));
      scale.count(asked.provenance.place, asked.took);
      const took = formatTook(asked.took);
      announcement.textContent = `${asked.method} ${asked.url}: ${label}, ${took}`;
      latest.dataset["place"] = asked.provenance.place;
      latest.replaceChildren(h("b", {}, label), h("span", {}, shortUrl(asked.url)), h("span", {}, took));
      latest.hidden = false;
    },
    note(text) {
      prepend(h("li", { class: "note", "data-testid": "log-note" }, text));
      announcement.textContent = text;
    },
  };
}

function rowOf({ method, url, language, took, status, provenance }: Asked): HTMLElement {
  const { place, state, age, left, etag } = provenance;
  const facts = [
    status >= 400 ? `status ${status}` : undefined,
    age === undefined ? undefined : `age ${formatSeconds(age)}`,
    place === "none" ? undefined : timeLeft(left),
    etag === undefined ? undefined : `etag ${formatEtag(etag)}`,
  ].filter((fact) => fact !== undefined);
  return h(
    "li",
    {
      "data-testid": "log-row",
      "data-place": place,
      "data-state": state,
      "data-url": url,
      "data-method": method,
      "data-status": String(status),
      "data-etag": etag,
      "data-age": age === undefined ? undefined : String(age),
    },
    h(
      "div",
      { class: "log-place" },
      h("b", {}, placeText(place).label),
      state === "fresh" ? undefined : h("span", { class: "state", "data-state": state }, stateLabel[state]),
      h("span", { class: "took" }, formatTook(took)),
    ),
    h(
      "code",
      { title: url },
      method === "GET" ? undefined : h("strong", {}, `${method} `),
      shortUrl(url),
      language === undefined ? undefined : h("i", {}, ` ${language}`),
    ),
    h("div", { class: "log-facts" }, ...facts.map((fact) => h("span", {}, fact))),
  );
}

function timeLeft(left: number | undefined): string {
  if (left === undefined) return "not kept";
  return left >= 0 ? `${formatSeconds(left)} left` : `${formatSeconds(-left)} past its time`;
}

/** The address as a reader wants it: its escapes undone, where that is possible. */
function shortUrl(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

interface Step {
  step: HTMLElement;
  figures: HTMLElement;
  count: number;
  /** Milliseconds of the fastest answer from here. */
  best: number;
}

/** The legend of the places. It also counts: how many answers each gave, and how fast at best. */
function createScale(): { count(place: Place, took: number): void } {
  const steps = new Map(
    places.map(({ place, label, where }) => {
      const figures = h("span", { class: "figures" }, "–");
      const step = h(
        "li",
        { "data-testid": "legend-place", "data-place": place, "data-count": "0" },
        h("b", {}, label),
        h("span", { class: "where" }, where),
        figures,
      );
      const entry: [Place, Step] = [place, { step, figures, count: 0, best: Infinity }];
      return entry;
    }),
  );
  find("depths", HTMLOListElement).replaceChildren(...[...steps.values()].map(({ step }) => step));

  return {
    count(place, took) {
      for (const { step } of steps.values()) step.removeAttribute("data-latest");
      const entry = steps.get(place);
      if (entry === undefined) return;
      entry.count += 1;
      entry.best = Math.min(entry.best, took);
      entry.figures.textContent = `${entry.count}, from ${formatTook(entry.best)}`;
      entry.figures.title = `${entry.count} answers, the fastest in ${formatTook(entry.best)}`;
      entry.step.dataset["count"] = String(entry.count);
      entry.step.dataset["latest"] = "true";
    },
  };
}
