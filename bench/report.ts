import type { Effort, Result } from "./measure.ts";
import type { Surroundings } from "./surroundings.ts";

/** What came of a subject. */
export interface SubjectReport {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly races: readonly { readonly title: string; readonly results: readonly Result[] }[];
}

/** What `--json` prints: times in nanoseconds per operation. */
export interface Report extends Surroundings {
  readonly effort: Effort;
  readonly subjects: readonly SubjectReport[];
}

const HEAD = ["", "median", "best", "times ours"];

/** A race for a terminal. */
export function table(title: string, results: readonly Result[]): string {
  const rows = [[title, ...HEAD.slice(1)], ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return rows.map(line).join("\n");
}

/** Everything that was measured, as a page of the documentation. */
export function markdown({ date, machine, load, versions, effort, subjects }: Report): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# Benchmarks

Written by \`npm run bench -- --write\` on ${date}, on ${machine} (load ${load.toFixed(1)}), with
${used.join(", ")}.

Contestants take turns: ${effort.rounds} rounds, ${effort.milliseconds} ms for each in every round. A time is the median of the rounds, beside it the
best one; _times ours_ is the median of what a contestant took in a round, divided by what we took in the same one. Times
depend on the machine and on what else it did, ratios less so; where the load is above the number of threads, the best
round is the one to look at. Run it on your own.

${subjects.map(section).join("\n")}`;
}

function section({ title, about, races }: SubjectReport): string {
  const tables = races.map(({ title: race, results }) => {
    const rows = [HEAD.with(0, race), ["---", "--:", "--:", "--:"], ...results.map(cells)];
    return `${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
  });
  return `## ${title}\n\n${about}\n\n${tables.join("\n")}`;
}

function cells({ name, median, best, ratio }: Result): readonly string[] {
  return [name, duration(median), duration(best), ratio.toFixed(ratio < 10 ? 2 : 1)];
}

function duration(nanoseconds: number): string {
  return nanoseconds < 10_000 ? `${Math.round(nanoseconds)} ns` : `${(nanoseconds / 1_000).toFixed(1)} µs`;
}
