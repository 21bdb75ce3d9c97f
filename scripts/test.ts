// `npm test`: brings what the suites need, then runs vitest over all of them. Arguments go to vitest:
//   npm test -- --project core
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHROMIUM, ensureTool, MEMCACHED, REDIS, type Tool } from "./ensure-tool.ts";

/** Which projects of vitest.config.ts cannot run without which tool. */
const NEEDS: readonly { readonly tool: Tool; readonly projects: readonly string[] }[] = [
  { tool: CHROMIUM, projects: ["browser", "bindings", "e2e"] },
  { tool: REDIS, projects: ["redis", "worker-redis", "e2e"] },
  { tool: MEMCACHED, projects: ["memcached"] },
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = join(root, ".tidemark", "test-report.json");
const args = process.argv.slice(2);

/** Whether these arguments let the project run; a pattern might name any. */
function isChosen(project: string): boolean {
  const chosen = args.flatMap((arg, index) => {
    const [, value] = /^(?:--project|-p)(?:=(.*))?$/.exec(arg) ?? [];
    if (value !== undefined) return [value];
    return arg === "--project" || arg === "-p" ? [args[index + 1] ?? "*"] : [];
  });
  return chosen.length === 0 || chosen.some((name) => name === project || /[*!]/.test(name));
}

/** Projects that cannot run here, each with what is missing. */
function missingTools(): Map<string, string> {
  const skipped = new Map<string, string>();
  for (const { tool, projects } of NEEDS) {
    const chosen = projects.filter(isChosen);
    const missing = chosen.length === 0 ? undefined : ensureTool(tool);
    if (missing !== undefined) for (const project of chosen) skipped.set(project, missing);
  }
  return skipped;
}

/** Runs vitest to its end and returns its exit code. */
function runVitest(without: readonly string[]): number {
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  const { status, error } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...without.flatMap((project) => ["--project", `!${project}`]),
      ...args,
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: {
        ...process.env,
        // The Node version of package.json comes first for what tests start, however this script was started.
        PATH: [join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_SEND_METRICS: "false",
      },
    },
  );
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** How many tests of the last run were skipped; none when the run wrote no report. */
function skippedTests(): number {
  try {
    const { numPendingTests } = JSON.parse(readFileSync(report, "utf8")) as { numPendingTests?: unknown }; // Checked next.
    return typeof numPendingTests === "number" ? numPendingTests : 0;
  } catch {
    return 0;
  }
}

const skipped = missingTools();
const status = runVitest([...skipped.keys()]);
for (const [project, missing] of skipped) console.error(`skipped: ${project}. ${missing}.`);

const incomplete = skipped.size + skippedTests();
const isStrict = process.env["CI"] === "true";
if (isStrict && incomplete > 0)
  console.error(`Under CI every test must run, but ${incomplete} suites or tests did not.`);
process.exitCode = status !== 0 ? status : isStrict && incomplete > 0 ? 1 : 0;
