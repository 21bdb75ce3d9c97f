// `npm run conformance -- <checkout>`: puts the worker, as `npm run edge` starts it, between the origin and the client of
// the public HTTP cache test suite and writes down what the suite says. Ends what it started, on Ctrl-C too.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { processes, runClient, startEdge, startOrigin, type Processes } from "./conformance-processes.ts";
import { judge, report, score, showScore } from "./conformance-report.ts";
import { openSuite, type Results, type Suite } from "./conformance-suite.ts";

const USAGE = `Usage: npm run conformance -- CHECKOUT [--profile rfc|safe] [--tiers memory,cache,kv] [--out docs/conformance.md] [--id ID]
CHECKOUT is a checkout of github.com/http-tests/cache-tests. With --id, one test runs and its messages are shown; there is no report.`;

const ROOT = resolve(import.meta.dirname, "..");

interface ConformanceArguments {
  readonly checkout: string;
  readonly profile: string;
  readonly tiers: string;
  readonly out: string;
  readonly id: string | undefined;
}

function readArguments(args: readonly string[]): ConformanceArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      profile: { type: "string", default: "rfc" },
      tiers: { type: "string", default: "memory" },
      out: { type: "string", default: "docs/conformance.md" },
      id: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [checkout, ...more] = positionals;
  if (values.help) throw new Error(USAGE);
  if (checkout === undefined || more.length > 0)
    throw new Error(`Cannot run: name one checkout of the suite\n${USAGE}`);
  const { profile, tiers, out, id } = values;
  return { checkout, profile, tiers, out, id };
}

function readResults(lines: readonly string[]): Results {
  try {
    // Remarks may stand before the results.
    const from = lines.findIndex((line) => line.startsWith("{"));
    return JSON.parse(lines.slice(from).join("\n")) as Results; // Each one is unknown until it is judged.
  } catch (error) {
    throw new Error("Cannot judge: the suite's client did not print its results", { cause: error });
  }
}

function workerdVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(join(ROOT, "node_modules", "workerd", "package.json"), "utf8"),
  );
  return String((manifest as { version?: unknown }).version); // An npm package's manifest is an object.
}

function insistOnTest(suite: Suite, id: string): void {
  const test = suite.groups.flatMap(({ tests }) => tests).find((candidate) => candidate.id === id);
  if (test === undefined) throw new Error(`Cannot run: the suite has no test ${JSON.stringify(id)}`);
  if (test.browserOnly) throw new Error(`Cannot run: ${id} is put to a browser's own cache only`);
}

async function run(started: Processes, given: ConformanceArguments, temporary: string): Promise<void> {
  const { profile, tiers, id } = given;
  const suite = await openSuite(given.checkout);
  if (id !== undefined) insistOnTest(suite, id);
  const [origin, originUrl] = await startOrigin(started, suite, join(temporary, "origin.pid"));
  const [edge, base] = await startEdge(started, originUrl, given);
  const others = [origin, edge];
  if (id !== undefined) {
    await runClient(started, suite, { base, id, onLine: (line) => console.log(line) }, others);
    return;
  }
  console.log(`running ${suite.version} of the suite at ${base}, which takes a minute`);
  const lines: string[] = [];
  await runClient(started, suite, { base, id, onLine: (line) => lines.push(line) }, others);
  const groups = judge(suite, readResults(lines));
  const out = resolve(given.out);
  const date = new Date().toISOString().slice(0, 10);
  const text = report(suite, groups, {
    date,
    profile,
    tiers,
    workerd: workerdVersion(),
    node: process.version,
  });
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, text);
  console.log(`wrote ${out}`);
  for (const kind of ["required", "optimal"] as const)
    console.log(`${kind} ${showScore(score(groups, kind))}`);
}

/** Rejects when somebody asks this process to stop. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => reject(new Error(`Stopped by ${signal}`)));
  });
}

async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2));
  const started = processes();
  const temporary = mkdtempSync(join(tmpdir(), "tidemark-conformance-"));
  try {
    await Promise.race([run(started, given, temporary), interruption()]);
  } finally {
    await started.stop();
    rmSync(temporary, { recursive: true, force: true });
  }
}

await main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
