import { h } from "../dom.ts";
import { formatSeconds, formatTook } from "../format.ts";
import { placeText } from "../places.ts";
import type { Provenance } from "../provenance.ts";
import { createSoundings } from "./soundings.ts";

/** One answer, as far as its own fields and the clock tell of it. */
export interface Traced {
  /** What was asked for, where a card asks for more than one thing. */
  readonly label: string | undefined;
  /** 0 = there was no answer. */
  readonly status: number;
  /** Whether the body came to its end. */
  readonly isWhole: boolean;
  /** Milliseconds until the parsed body was in hand. */
  readonly took: number;
  readonly provenance: Provenance;
  readonly cacheStatus: string;
}

export interface Trace {
  readonly element: HTMLElement;
  /** Adds an answer, and returns what takes the origin's count for it. */
  add(traced: Traced): (asked: number | undefined) => void;
  /** A line between answers that says what happened there. */
  note(text: string): void;
  /** How often the origin says that it was asked; `undefined` = it cannot be reached. */
  asked(count: number | undefined): void;
}

const maxRows = 30;
const stateLabel = { stale: "stale", revalidated: "confirmed" } as const;

/** The answers of one card: as soundings, and as a list with all that is known, the newest first. */
export function createTrace(title: string): Trace {
  const soundings = createSoundings();
  const total = h("b", { "data-testid": "origin-asked", "data-asked": "0" }, "0");
  const list = h("ol", {
    class: "trace-list",
    "data-testid": "trace",
    "aria-label": `Answers of ${title}, the newest first`,
    tabindex: "0",
  });
  const element = h(
    "div",
    { class: "trace" },
    soundings.element,
    h("p", { class: "asked" }, "Requests that reached the origin, by its own count: ", total),
    list,
  );

  function prepend(row: HTMLElement): void {
    list.prepend(row);
    while (list.children.length > maxRows) list.lastElementChild?.remove();
  }

  function asked(count: number | undefined): void {
    if (count === undefined) return;
    total.dataset["asked"] = String(count);
    total.textContent = String(count);
  }

  return {
    element,
    asked,
    add(traced) {
      const origin = h("span", {}, "origin …");
      const row = rowOf(traced, origin);
      soundings.add(traced.provenance);
      prepend(row);
      return (count) => {
        row.dataset["asked"] = count === undefined ? "unknown" : String(count);
        origin.textContent = count === undefined ? "origin out of reach" : `origin asked ${count}×`;
        asked(count);
      };
    },
    note(text) {
      prepend(h("li", { class: "note", "data-testid": "trace-note" }, text));
    },
  };
}

/** One line for each cache on the way. */
function membersOf(cacheStatus: string): HTMLElement[] {
  return cacheStatus.split(/,\s*(?=[\w-]+;)/).map((member) => h("span", {}, member));
}

function rowOf(traced: Traced, origin: HTMLElement): HTMLElement {
  const { label, status, isWhole, took, provenance, cacheStatus } = traced;
  const { place, state, age, isShared } = provenance;
  return h(
    "li",
    {
      "data-testid": "trace-row",
      "data-place": place,
      "data-state": state,
      "data-status": String(status),
      "data-whole": String(isWhole),
      "data-age": age === undefined ? undefined : String(age),
      "data-shared": isShared ? "true" : undefined,
      "data-cache-status": cacheStatus,
    },
    h(
      "div",
      { class: "trace-place" },
      h("b", {}, placeText(place).label),
      label === undefined ? undefined : h("span", { class: "trace-label" }, label),
      state === "fresh" ? undefined : h("span", { class: "state", "data-state": state }, stateLabel[state]),
      isShared ? h("span", { class: "state" }, "one request for all") : undefined,
      h("span", { class: "took" }, formatTook(took)),
    ),
    h(
      "div",
      { class: "trace-facts" },
      isWhole ? undefined : h("span", { class: "broken" }, "body broke off"),
      status < 400 ? undefined : h("span", { class: "broken" }, `status ${status}`),
      h("span", {}, age === undefined ? "no age" : `age ${formatSeconds(age)}`),
      origin,
    ),
    cacheStatus === "" ? undefined : h("code", {}, ...membersOf(cacheStatus)),
  );
}
