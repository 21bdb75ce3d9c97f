import { h } from "../dom.ts";
import { formatSeconds } from "../format.ts";

/** Longer than this no timer waits; nobody looks at a card for so long. */
const longestWait = 3_600;

/** A word on whether what is shown is fresh, which changes by itself when its time is over. */
export function createFreshness(): { element: HTMLElement; start(seconds: number | undefined): void } {
  const element = h(
    "span",
    { class: "freshness", "data-testid": "freshness", "data-freshness": "none" },
    "–",
  );
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(state: string, word: string): void {
    element.dataset["freshness"] = state;
    element.textContent = word;
  }
  const stale = (): void => set("stale", "past its time");

  return {
    element,
    start(seconds) {
      clearTimeout(timer);
      if (seconds === undefined) return set("none", "not kept");
      if (seconds <= 0) return stale();
      set("fresh", `fresh for ${formatSeconds(seconds)}`);
      if (seconds < longestWait) timer = setTimeout(stale, seconds * 1_000 + 50);
    },
  };
}
