import type { Reading } from "../../gallery-api.ts";
import { h } from "../dom.ts";
import type { Child } from "../dom.ts";
import { createFreshness } from "./freshness.ts";
import { createTrace } from "./trace.ts";
import type { Trace } from "./trace.ts";

/** What stands on a card before anything has happened. */
export interface CardText {
  readonly id: string;
  readonly title: string;
  /** What the card shows to hold, in one sentence. */
  readonly promise: string;
  /** How to see it. */
  readonly text: string;
  /** The code that a page needs for it. */
  readonly code: string;
}

/** A card: text and controls on one side, what happened on the other. */
export interface Frame {
  readonly element: HTMLElement;
  readonly title: string;
  readonly trace: Trace;
  /** Puts controls, and whatever else a card shows, between the text and the reading. */
  add(...children: readonly Child[]): void;
  show(reading: Reading): void;
  /** Empties the gauge: there is nothing to show. */
  empty(): void;
  /** One sentence on what has just happened, which is read out too. */
  say(sentence: string): void;
  /** Seconds of freshness left to what is shown; `undefined` = it is not kept. */
  left(seconds: number | undefined): void;
}

function nameOf(user: string | null): string {
  return user === null ? "nobody" : user.charAt(0).toUpperCase() + user.slice(1);
}

/** Metres at the top of the gauge. */
const fullGauge = 5.2;

export function createFrame({ id, title, promise, text, code }: CardText): Frame {
  const controls = h("div", { class: "card-controls" });
  const number = h("b", { "data-testid": "reading" }, "No reading yet");
  const level = h("span", { class: "level" }, "–");
  const gauge = h("span", { class: "gauge", "aria-hidden": "true" });
  const freshness = createFreshness();
  const outcome = h(
    "p",
    { class: "outcome", role: "status", "data-testid": "outcome" },
    "Nothing asked yet.",
  );
  const trace = createTrace(title);
  const element = h(
    "section",
    { class: "panel card", id, "aria-labelledby": `${id}-title`, "data-testid": `card-${id}` },
    h(
      "div",
      { class: "card-side" },
      h("h3", { id: `${id}-title` }, title),
      h("p", { class: "promise" }, promise),
      h("p", { class: "card-text" }, text),
      controls,
      h("div", { class: "shown" }, gauge, h("p", { class: "shown-text" }, number, level, freshness.element)),
      outcome,
      h("details", { class: "code" }, h("summary", {}, "The code for it"), h("pre", {}, h("code", {}, code))),
    ),
    trace.element,
  );

  function fill(share: number): void {
    gauge.style.setProperty("--level", String(Math.min(1, Math.max(0, share))));
  }
  fill(0);

  return {
    element,
    title,
    trace,
    add: (...children) => controls.append(...children.filter((child) => child !== undefined)),
    show({ reading, level: metres, title: name, language, user }) {
      element.dataset["reading"] = String(reading);
      number.textContent = `Reading ${reading}${user === undefined ? "" : ` for ${nameOf(user)}`}`;
      level.textContent = `${metres.toFixed(2)} m · ${name}`;
      if (language !== undefined) level.lang = language;
      fill(metres / fullGauge);
    },
    empty() {
      delete element.dataset["reading"];
      number.textContent = "Nothing to show";
      level.textContent = "–";
      freshness.start(undefined);
      fill(0);
    },
    say(sentence) {
      outcome.textContent = sentence;
    },
    left: freshness.start,
  };
}
