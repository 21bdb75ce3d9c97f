import type { CountryEdit } from "../api.ts";

/** What became of a request body. `field` is the path of the offending field, "" for the whole body. */
export type EditDecision = { ok: true; edit: CountryEdit } | { ok: false; field: string; reason: string };

type Field = { ok: true; value: string | null } | { ok: false; reason: string };

const limits = { common: 100, official: 200, capital: 120, note: 500 };

/** Checks the body of an edit. Unknown fields are refused: a typing mistake must not look like success. */
export function parseEdit(body: unknown): EditDecision {
  if (!isObject(body)) return refuse("", "the body must be a JSON object");
  const edit: CountryEdit = {};
  for (const [field, value] of Object.entries(body)) {
    switch (field) {
      case "name": {
        const name = parseName(value);
        if (!name.ok) return name;
        edit.name = name.name;
        break;
      }
      case "capital":
      case "note": {
        const parsed = parseText(value, limits[field], { nullable: true });
        if (!parsed.ok) return refuse(field, parsed.reason);
        edit[field] = parsed.value;
        break;
      }
      default:
        return refuse(field, "this field is unknown; name, capital and note can be edited");
    }
  }
  if (Object.keys(edit).length === 0) return refuse("", "the body names no field to edit");
  return { ok: true, edit };
}

type NameDecision =
  | { ok: true; name: { common?: string; official?: string } }
  | Extract<EditDecision, { ok: false }>;

function parseName(value: unknown): NameDecision {
  if (!isObject(value)) return refuse("name", "it must be an object with common, official or both");
  const name: { common?: string; official?: string } = {};
  for (const [field, part] of Object.entries(value)) {
    if (field !== "common" && field !== "official") {
      return refuse(`name.${field}`, "this field is unknown; name.common and name.official can be edited");
    }
    const parsed = parseText(part, limits[field], { nullable: false });
    if (!parsed.ok) return refuse(`name.${field}`, parsed.reason);
    if (parsed.value !== null) name[field] = parsed.value;
  }
  if (Object.keys(name).length === 0) return refuse("name", "it must hold common, official or both");
  return { ok: true, name };
}

function parseText(value: unknown, limit: number, { nullable }: { nullable: boolean }): Field {
  if (value === null && nullable) return { ok: true, value: null };
  if (typeof value !== "string")
    return { ok: false, reason: nullable ? "it must be text or null" : "it must be text" };
  const trimmed = value.trim();
  if (trimmed === "")
    return nullable ? { ok: true, value: null } : { ok: false, reason: "it must not be empty" };
  if (trimmed.length > limit) return { ok: false, reason: `it must have at most ${limit} characters` };
  // Line breaks are welcome in a note; other control characters only ever arrive by mistake.
  if (/[^\P{Cc}\n\r\t]/u.test(trimmed)) return { ok: false, reason: "it must not hold control characters" };
  return { ok: true, value: trimmed };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(field: string, reason: string): { ok: false; field: string; reason: string } {
  return { ok: false, field, reason };
}
