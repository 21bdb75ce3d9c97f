import type { FieldReader, Fields } from "../../../src/http/fields.ts";

/*
 * The plain reading of fields, slow and easy to see through: what the fast one is held against.
 */

export function plainReader(fields: Fields): FieldReader {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { get: (name) => values.get(name.toLowerCase()) ?? null };
}

/** RFC 9110, 5.6.1: commas divide, but not those in quotes; empty members do not count. */
export function plainMembers(value: string): string[] {
  const members = [""];
  let quoted = false;
  let escaped = false;
  for (const char of value) {
    if (char === "," && !quoted) members.push("");
    else members[members.length - 1] += char;
    if (char === '"' && !escaped) quoted = !quoted;
    escaped = quoted && !escaped && char === "\\";
  }
  return members.map(plainTrim).filter((member) => member !== "");
}

export function plainTrim(text: string): string {
  return text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
}

export function isPlainToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}
