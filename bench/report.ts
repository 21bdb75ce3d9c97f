import type { Effort, Result } from "./measure.ts";
import { duration, factor, sheetCells, type Sheet } from "./sheet.ts";
import type { Surroundings } from "./surroundings.ts";

/** What came of a subject. */
export interface SubjectReport {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly races: readonly { readonly title: string; readonly results: readonly Result[] }[];
  readonly sheets: readonly Sheet[];
}

/** What `--json` prints: times in nanoseconds per operation, other figures in the unit that stands beside them. */
export interface Report extends Surroundings {
  readonly effort: Effort;
  readonly subjects: readonly SubjectReport[];
}

/** Rows of cells, the head first. */
type Rows = readonly (readonly string[])[];

/** A race for a terminal. */
export function raceTable(title: string, results: readonly Result[]): string {
  return plain(raceCells(title, results));
}

/** A sheet for a terminal. */
export function sheetTable(sheet: Sheet): string {
  return plain(sheetCells(sheet));
}

function plain(rows: Rows): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return rows.map(line).join("\n");
}

/**
 * What was measured, as a page of the documentation. Sections of an earlier page that were not measured again stay as they
 * are, each with its own date.
 *
 * @param earlier the page that there is
 */
export function markdown(report: Report, earlier = ""): string {
  const { machine, versions, subjects } = report;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const sections = new Map(sectionsOf(earlier).map((text) => [titleOf(text), text]));
  for (const subject of subjects) sections.set(subject.title, section(subject, report));
  return `# Benchmarks

Written by \`npm run bench -- --write\`, last on ${machine}, with
${used.join(", ")}.

Contestants take turns: so many rounds, so many milliseconds for each in every round. A time is the median of the rounds, beside
it the best one; _times ours_ is the median of what a contestant took in a round, divided by what we took in the same one.
Times depend on the machine and on what else it did, ratios less so; where the load is above the number of threads, the best
round is the one to look at. Run it on your own.

${[...sections.values()].join("\n")}`;
}

function sectionsOf(page: string): readonly string[] {
  const texts = page.split(/^(?=## )/m).filter((text) => text.startsWith("## "));
  return texts.map((text) => `${text.trimEnd()}\n`);
}

function titleOf(text: string): string {
  return text.slice("## ".length, text.indexOf("\n"));
}

function section({ title, about, races, sheets }: SubjectReport, { date, load, effort }: Report): string {
  const { rounds, milliseconds, scale } = effort;
  const tables = [...races.map((race) => raceCells(race.title, race.results)), ...sheets.map(sheetCells)];
  const scaled = scale === 1 ? "" : `, crowds and stocks scaled by ${scale}`;
  const when = `_${date}, load ${load.toFixed(1)}, ${rounds} rounds of ${milliseconds} ms${scaled}_`;
  return `${`## ${title}\n\n${about}\n\n${when}\n\n${tables.map(piped).join("\n")}`.trimEnd()}\n`;
}

function piped([head = [], ...rows]: Rows): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return `${[head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
}

function raceCells(title: string, results: readonly Result[]): Rows {
  const cells = ({ name, median, best, ratio }: Result): readonly string[] => [
    name,
    duration(median),
    duration(best),
    factor(ratio),
  ];
  return [[title, "median", "best", "times ours"], ...results.map(cells)];
}
