import type { ApiCache } from "../../../browser/index.ts";
import { h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "variants",
  title: "Variants side by side",
  promise: "One URL has several answers, and each is kept: a browser’s own cache keeps only the last.",
  text: "Choose a language, then another, then the first one again. Each is fetched once, and all of them stay.",
  code: `await api.fetch(url, { headers: { "Accept-Language": "de" } });
await api.fetch(url, { headers: { "Accept-Language": "es" } });
await api.fetch(url, { headers: { "Accept-Language": "de" } }); // hit
// Vary: Accept-Language`,
};

const languages: readonly [tag: string, name: string][] = [
  ["en", "English"],
  ["de", "Deutsch"],
  ["fr", "Français"],
  ["es", "Español"],
];

export function variantsCard(room: OriginRoom, api: Pick<ApiCache, "fetch">): Card {
  const frame = createFrame(text);
  const reader = createReader({ frame, room, thing: "variants", api: () => api });
  const choices = languages.map(([tag, name]) => {
    const input = h("input", {
      type: "radio",
      name: "language",
      value: tag,
      "data-testid": `language-${tag}`,
    });
    input.addEventListener(
      "change",
      () => void reader.read({ label: tag, headers: { "Accept-Language": tag } }),
    );
    return h("label", { class: "choice" }, input, h("span", { lang: tag }, name));
  });
  frame.add(h("fieldset", { class: "choice-row" }, h("legend", {}, "Language"), ...choices));
  return { frame, begin: reader.begin };
}
