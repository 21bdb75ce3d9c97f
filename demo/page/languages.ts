import { find, h } from "./dom.ts";

/** The languages the origin has names in, as HTTP tags. */
const languages: readonly string[] = [
  "en",
  "ar",
  "cs",
  "de",
  "es",
  "et",
  "fa",
  "fi",
  "fr",
  "hr",
  "hu",
  "it",
  "ja",
  "ko",
  "nl",
  "pl",
  "pt",
  "ru",
  "sk",
  "sr",
  "sv",
  "tr",
  "ur",
  "zh",
];

export function languageName(language: string): string {
  return new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? language;
}

/** Fills the selector and starts it on `wanted`, else on the first of the browser's languages we have. */
export function createLanguageSelect(
  wanted: string | null,
  onChange: (language: string) => void,
): { value(): string } {
  const select = find("language", HTMLSelectElement);
  select.replaceChildren(
    ...languages.map((language) => h("option", { value: language }, languageName(language))),
  );
  const preferred = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  select.value = [wanted ?? "", ...preferred].find((language) => languages.includes(language)) ?? "en";
  select.addEventListener("change", () => onChange(select.value));
  return { value: () => select.value };
}
