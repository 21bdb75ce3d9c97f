import { h } from "../dom.ts";
import type { Provenance } from "../provenance.ts";

const columns = 16;

const marks: readonly [place: string, label: string][] = [
  ["memory", "memory"],
  ["disk", "disk"],
  ["edge-hot", "edge"],
  ["origin", "origin"],
];

/** How far down each of the last answers lay, as a lead line would have told: the newest at the right. */
export function createSoundings(): { element: HTMLElement; add(provenance: Provenance): void } {
  const water = h(
    "div",
    { class: "water" },
    ...marks.map(([place, label]) => h("span", { class: "fathom", "data-place": place }, label)),
  );
  const lines = h("div", { class: "lines" });
  const element = h("div", { class: "soundings", "aria-hidden": "true" }, water, lines);
  return {
    element,
    add({ place, state }) {
      lines.append(h("span", { class: "line", "data-place": place, "data-state": state }));
      while (lines.children.length > columns) lines.firstElementChild?.remove();
    },
  };
}
