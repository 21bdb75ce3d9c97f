// `npm run bench`: measures beside others of the trade what must be fast. Nothing here is a test: figures depend on the
// machine and on what else it does, ratios less so.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { hold, type Effort, type Race, type Subject } from "./measure.ts";
import { markdown, raceTable, sheetTable, type Report, type SubjectReport } from "./report.ts";
import type { Sheet } from "./sheet.ts";
import { SUBJECTS } from "./subjects.ts";
import { surroundings } from "./surroundings.ts";

const USAGE = `Usage: npm run bench [-- ${[...SUBJECTS.keys()].join(" | ")} ...] [--rounds 15] [--milliseconds 40] [--scale 1] [--json] [--write]
Without a name everything is measured. --scale 0.01 makes crowds and stocks a hundredth as large. --json prints figures for programs; --write writes what was measured into docs/benchmarks.md.`;

const OUT = resolve(import.meta.dirname, "../docs/benchmarks.md");

interface BenchArguments {
  readonly subjects: readonly [string, Subject][];
  readonly effort: Effort;
  readonly isJson: boolean;
  readonly isWritten: boolean;
}

function readArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "15" },
      milliseconds: { type: "string", default: "40" },
      scale: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  const names = positionals.length === 0 ? [...SUBJECTS.keys()] : positionals;
  return {
    subjects: names.map((name) => [name, subjectOf(name)]),
    effort: {
      rounds: positive(values.rounds, "--rounds"),
      milliseconds: positive(values.milliseconds, "--milliseconds"),
      scale: fraction(values.scale),
    },
    isJson: values.json,
    isWritten: values.write,
  };
}

function subjectOf(name: string): Subject {
  const subject = SUBJECTS.get(name);
  if (subject === undefined)
    throw new Error(`Cannot measure: there is no subject ${JSON.stringify(name)}\n${USAGE}`);
  return subject;
}

function positive(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new RangeError(
      `Cannot measure: ${option} must be a positive whole number, got ${JSON.stringify(text)}`,
    );
  }
  return number;
}

function fraction(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 1)) {
    throw new RangeError(
      `Cannot measure: --scale must be a number above 0 and at most 1, got ${JSON.stringify(text)}`,
    );
  }
  return number;
}

async function main(): Promise<void> {
  const { subjects, effort, isJson, isWritten } = readArguments(process.argv.slice(2));
  // The load is that of others: taken before there is ours.
  const around = surroundings();
  const reports: SubjectReport[] = [];
  for (const [name, { title, about, run }] of subjects) {
    const races: SubjectReport["races"][number][] = [];
    const sheets: Sheet[] = [];
    const holdAndTell = async (race: Race): Promise<void> => {
      const outcome = { title: race.title, results: await hold(race, effort) };
      races.push(outcome);
      if (!isJson) console.log(`${raceTable(`${title}: ${race.title}`, outcome.results)}\n`);
    };
    const show = (sheet: Sheet): void => {
      sheets.push(sheet);
      if (!isJson) console.log(`${sheetTable({ ...sheet, title: `${title}: ${sheet.title}` })}\n`);
    };
    await run(holdAndTell, show, effort);
    reports.push({ name, title, about, races, sheets });
  }
  const report: Report = { ...around, effort, subjects: reports };
  if (isJson) console.log(JSON.stringify(report, undefined, 2));
  if (!isWritten) return;
  const earlier = existsSync(OUT) ? readFileSync(OUT, "utf8") : "";
  writeFileSync(OUT, markdown(report, earlier));
  if (!isJson) console.log(`wrote ${OUT}`);
}

await main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
