import type { SQLOutputValue } from "node:sqlite";

/** One row as SQLite gives it. The readers below turn a wrong column into an error, not a wrong answer. */
export type Row = Record<string, SQLOutputValue>;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string")
    throw new TypeError(`Cannot read ${column}: it is not text, got ${typeof value}`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number")
    throw new TypeError(`Cannot read ${column}: it is not a number, got ${typeof value}`);
  return value;
}
