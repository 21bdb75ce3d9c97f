import type { CountryDetails, CountryEdit, EditAnswer } from "../api.ts";
import { explain } from "./client.ts";
import type { Client } from "./client.ts";
import { find } from "./dom.ts";

export interface EditForm {
  /** Fills the form with what is now true. What is being typed for the same country stays. */
  fill(country: CountryDetails): void;
  hide(): void;
}

export interface EditFormOptions {
  client: Client;
  languageName: (language: string) => string;
  /** Hears of an edit the origin took, so that the page reads again. */
  onSaved: (code: string) => void;
}

/** The form that changes a country. It sends only what differs, in the language that is shown. */
export function createEditForm({ client, languageName, onSaved }: EditFormOptions): EditForm {
  const section = find("edit", HTMLElement);
  const form = find("edit-form", HTMLFormElement);
  const outcome = find("edit-outcome", HTMLParagraphElement);
  let shown: CountryDetails | undefined;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (shown !== undefined) void save(shown);
  });

  async function save(before: CountryDetails): Promise<void> {
    const edit = changesOf(before, form);
    if (Object.keys(edit).length === 0) return say("none", "Nothing has changed.");
    say("pending", "Saving …");
    const reply = await client.ask<EditAnswer>(`/api/countries/${before.code.toLowerCase()}`, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "Content-Language": before.language },
      body: JSON.stringify(edit),
    });
    switch (reply.kind) {
      case "answer": {
        const { country, purge } = reply.body;
        shown = undefined;
        fill(country);
        const tags = purge.tags.join(", ");
        if (purge.ok)
          say(
            "ok",
            `Saved. The edge dropped ${tags}${purge.token === null ? "" : ` at mark ${purge.token}`}.`,
          );
        else
          say(
            "unpurged",
            `Saved, but ${purge.reason}. Until its time is up the edge may show the old state.`,
          );
        onSaved(country.code.toLowerCase());
        return;
      }
      case "refused":
        markField(reply.field);
        return say(
          "refused",
          reply.field === undefined ? explain(reply) : `${reply.field}: ${reply.reason}.`,
        );
      case "unreachable":
        return say("unreachable", "Not saved: an edit needs the origin, and it cannot be reached.");
      case "dropped":
        return;
    }
  }

  function fill(country: CountryDetails): void {
    const same = shown?.code === country.code && shown.language === country.language;
    if (same && shown !== undefined && Object.keys(changesOf(shown, form)).length > 0) return;
    if (!same) say("none", "");
    shown = country;
    section.hidden = false;
    find("edit-language", HTMLElement).textContent = `in ${languageName(country.language)}`;
    for (const [name, value] of Object.entries(valuesOf(country))) inputOf(form, name).value = value;
  }

  function say(state: string, sentence: string): void {
    if (state !== "refused") markField(undefined);
    outcome.dataset["outcome"] = state;
    outcome.textContent = sentence;
  }

  function markField(field: string | undefined): void {
    for (const name of ["name.common", "capital", "note"]) {
      inputOf(form, name).setAttribute("aria-invalid", String(name === field));
    }
  }

  return {
    fill,
    hide() {
      section.hidden = true;
      shown = undefined;
    },
  };
}

function valuesOf(country: CountryDetails): Record<"name.common" | "capital" | "note", string> {
  return { "name.common": country.name.common, capital: country.capital ?? "", note: country.note ?? "" };
}

function changesOf(before: CountryDetails, form: HTMLFormElement): CountryEdit {
  const old = valuesOf(before);
  const now = (name: keyof typeof old): string => inputOf(form, name).value.trim();
  const edit: CountryEdit = {};
  if (now("name.common") !== old["name.common"]) edit.name = { common: now("name.common") };
  if (now("capital") !== old.capital) edit.capital = now("capital") || null;
  if (now("note") !== old.note) edit.note = now("note") || null;
  return edit;
}

function inputOf(form: HTMLFormElement, name: string): HTMLInputElement | HTMLTextAreaElement {
  const element = form.elements.namedItem(name);
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) return element;
  throw new TypeError(`Cannot find the field ${name}: the form has none`);
}
