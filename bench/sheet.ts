/** What a column's numbers count. */
export type Unit = "ns" | "bytes" | "count" | "per second" | "times" | "share" | "bytes per second";

/** Figures that no race yields: of loads, sizes, crowds. The first row is ours. */
export interface Sheet {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly unit: Unit }[];
  readonly rows: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** A sheet as text, its head first. */
export function sheetCells({ title, columns, rows }: Sheet): readonly (readonly string[])[] {
  const head = [title, ...columns.map(({ name }) => name)];
  const body = rows.map(({ name, values }) => [
    name,
    ...columns.map(({ unit }, index) => WORDS[unit](values[index] ?? Number.NaN)),
  ]);
  return [head, ...body];
}

/** A factor, such as a time as a multiple of another. */
export function factor(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

export function duration(nanoseconds: number): string {
  if (nanoseconds < 10_000) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 10_000_000) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}

/** The value below which a share of all lies; `share` from 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const WORDS: Readonly<Record<Unit, (value: number) => string>> = {
  ns: duration,
  bytes: (value) =>
    value < 1e6 ? `${Math.round(value).toLocaleString("en")} B` : `${(value / 1e6).toFixed(1)} MB`,
  count: (value) => Math.round(value).toLocaleString("en"),
  "per second": (value) => `${Math.round(value).toLocaleString("en")}/s`,
  times: factor,
  "bytes per second": (value) => `${Math.round(value / 1e6).toLocaleString("en")} MB/s`,
  share: (value) => `${(100 * value).toFixed(2)} %`,
};
