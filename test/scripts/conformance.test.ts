import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/conformance.ts", import.meta.url));
const folders: string[] = [];
const commands: ChildProcess[] = [];

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

// A test that failed halfway leaves no processes either: asked to, the command ends what it started.
afterEach(async () => {
  for (const command of commands.splice(0).filter(isRunning)) {
    command.kill("SIGTERM");
    await once(command, "exit");
  }
});

/** A folder with these files. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-conformance-test-"));
  folders.push(folder);
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
  return folder;
}

/** Each test asks twice; it passes if the second answer has number `expect`, so 1 for a stored one. */
const TESTS = `export default [
  { name: "Storing", id: "storing", tests: [
    { id: "stores", field: "max-age=60", expect: 1 },
    { id: "refused", field: "no-store", expect: 1 },
    { id: "for-browsers", browser_only: true },
    { id: "for-cdns", cdn_only: true, kind: "optimal", field: "max-age=60", expect: 1 },
  ] },
  { name: "Depending", id: "depending", tests: [
    { id: "on-passed", kind: "optimal", depends_on: ["stores"], field: "max-age=60", expect: 1 },
    { id: "on-refused", kind: "optimal", depends_on: ["refused"], field: "max-age=60", expect: 1 },
    { id: "on-both", depends_on: ["stores", "on-refused"], field: "max-age=60", expect: 1 },
    { id: "interim-103", kind: "optimal", field: "no-store", expect: 1 },
    { id: "says-yes", kind: "check", field: "max-age=60", expect: 1 },
    { id: "says-no", kind: "check", field: "no-store", expect: 1 },
  ] },
];`;

/** Counts the requests for each path and notes where it listens. */
const SERVER = `import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
const asked = new Map();
const server = createServer(({ url, headers }, response) => {
  const count = (asked.get(url) ?? 0) + 1;
  asked.set(url, count);
  response.writeHead(200, { "cache-control": headers["x-field"] ?? "no-store" }).end(String(count));
});
if (process.env.npm_config_protocol !== "http") throw new Error("Not http");
server.listen(process.env.npm_config_port, () => {
  writeFileSync(process.env.npm_config_pidfile, String(process.pid));
  writeFileSync("server.json", JSON.stringify({ pid: process.pid, address: server.address().address }));
});`;

/** Like the suite's: results on standard output, or a trace of the one test that it was asked for. */
function clientOf(testsModule: string): string {
  return `import { existsSync, writeFileSync } from "node:fs";
import groups from "${testsModule}";
const { npm_config_base: base, npm_config_id: id, npm_package_config_id: fallback } = process.env;
writeFileSync("client.json", JSON.stringify({ pid: process.pid, base }));
if (existsSync("fail")) throw new TypeError("The client has broken");
if (existsSync("hang")) await new Promise((resolve) => setTimeout(resolve, 600_000));
async function outcome({ id, field, expect }) {
  const ask = async () => Number(await (await fetch(base + "/test/" + id, { headers: { "x-field": field } })).text());
  await ask();
  const got = await ask();
  return got === expect || ["Assertion", "Response | 2 is number " + got];
}
const tests = groups.flatMap(({ tests }) => tests);
if ((id || fallback) !== "") {
  console.log("Running " + id, JSON.stringify(await outcome(tests.find((test) => test.id === id))));
} else {
  const results = {};
  for (const test of tests) if (!test.browser_only) results[test.id] = await outcome(test);
  console.log("A remark");
  console.log(JSON.stringify(results, null, 2));
}`;
}

/** Rules in a module of the suite's; they give a verdict as the suite does, by its symbols. */
const JUDGING = `const symbols = { pass: ["", "", "✅"], no: ["", "", "⛔️"], dependency: ["", "", "⚪️"], none: ["-", "", "-"] };
export function determineTestResult(groups, id, results) {
  const test = groups.flatMap(({ tests }) => tests).find((candidate) => candidate.id === id);
  if (results[id] === undefined) return symbols.none;
  for (const on of test.depends_on ?? [])
    if (determineTestResult(groups, on, results) !== symbols.pass) return symbols.dependency;
  return results[id] === true ? symbols.pass : symbols.no;
}`;

const MANIFEST = `{ "name": "http-cache-tests", "version": "9.8.7" }`;

const CURRENT = {
  "package.json": MANIFEST,
  "tests/index.mjs": TESTS,
  "test-engine/cli.mjs": clientOf("../tests/index.mjs"),
  "test-engine/server/server.mjs": SERVER,
  "test-engine/lib/results.mjs": JUDGING,
};

const OLDER = {
  "package.json": MANIFEST,
  "tests/index.mjs": TESTS,
  "cli.mjs": clientOf("./tests/index.mjs"),
  "server/server.mjs": SERVER,
  "results/index.mjs": `export default [
    { file: "fox.json", name: "Fox", type: "browser", version: "1" },
    { file: "proxy.json", name: "Proxy", type: "rev-proxy", version: "2.0" },
  ];`,
  "results/fox.json": `{ "stores": true }`,
  "results/proxy.json": `{ "stores": true, "refused": true, "on-both": true, "on-passed": ["Assertion", "No"], "on-refused": true }`,
};

interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly complaints: string;
}

function isRunning(command: ChildProcess): boolean {
  return command.exitCode === null && command.signalCode === null;
}

function start(...args: readonly string[]): { command: ChildProcess; outcome: Promise<Outcome> } {
  const command = spawn(process.execPath, [SCRIPT, ...args], {
    cwd: tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  commands.push(command);
  const ended = once(command, "exit");
  const said = Promise.all([text(command.stdout), text(command.stderr)]);
  const outcome = said.then(async ([output, complaints]) => {
    const [code] = await ended;
    return { code: code as number | null, lines: output.trim().split("\n"), complaints }; // As Node documents the event.
  });
  return { command, outcome };
}

function conformance(...args: readonly string[]): Promise<Outcome> {
  return start(...args).outcome;
}

function noteOf(checkout: string, name: "server" | "client"): { pid: number; address: string; base: string } {
  return JSON.parse(readFileSync(join(checkout, `${name}.json`), "utf8"));
}

/** Origin and client are gone, and nobody listens where the edge was. */
async function expectNothingLeft(checkout: string): Promise<void> {
  const { pid, base } = noteOf(checkout, "client");
  for (const process_ of [pid, noteOf(checkout, "server").pid])
    expect(() => process.kill(process_, 0)).toThrow("ESRCH");
  await expect(fetch(base)).rejects.toThrow("fetch failed");
}

describe("a run over a checkout of today's layout", () => {
  const checkout = folderWith(CURRENT);
  const out = join(checkout, "made", "report.md");
  let outcome: Outcome;
  let report: string;

  beforeAll(async () => {
    outcome = await conformance(checkout, "--out", out);
    report = existsSync(out) ? readFileSync(out, "utf8") : "";
  });

  test("ends well, with the totals as its last lines", () => {
    expect(outcome).toMatchObject({ code: 0, complaints: "" });
    expect(outcome.lines.slice(-2)).toEqual(["required 1 of 3", "optimal 2 of 4"]);
  });

  test("says what was run, and with what", () => {
    expect(report).toContain(`- Date: ${new Date().toISOString().slice(0, 10)}`);
    expect(report).toContain("- Suite: version 9.8.7");
    expect(report).toContain("- Profile: rfc, tiers: memory");
    expect(report).toMatch(
      new RegExp(`^- Runtime: workerd 1\\.\\d+\\.\\d+; .* Node ${process.version}$`, "m"),
    );
  });

  test("counts by kind and by group, without what is for browsers alone", () => {
    for (const row of [
      "| required | 1 of 3 |",
      "| optimal | 2 of 4 |",
      "| check | 1 of 2 |",
      "| Storing | 1 of 2 | 1 of 1 |",
      "| Depending | 0 of 1 | 1 of 3 |",
    ])
      expect(report).toContain(row);
    expect(report).not.toContain("for-browsers");
    expect(report).not.toContain("Beside others");
  });

  test("tells what did not pass: why, and on what it depends; a check's no is no failure", () => {
    const [, rows = ""] = report.split("| Test | Kind | Why |\n| --- | --- | --- |\n");
    const number2 = "`Response \\| 2 is number 2`";
    expect(rows.trim().split("\n")).toEqual([
      `| \`refused\` | required | ${number2} |`,
      "| `on-refused` | optimal | Depends on `refused`, which did not pass. By itself it passes. |",
      "| `on-both` | required | Depends on `on-refused`, which did not pass. By itself it passes. |",
      `| \`interim-103\` | optimal | ${number2}<br>workerd does not relay 1xx responses. |`,
    ]);
  });

  test("had the suite's origin on loopback alone, and has left nothing running", async () => {
    expect(noteOf(checkout, "server").address).toBe("127.0.0.1");
    await expectNothingLeft(checkout);
  });
});

test("an older layout without rules in a module is judged alike, beside published results", async () => {
  const checkout = folderWith(OLDER);
  const out = join(checkout, "report.md");
  const { code, lines } = await conformance(checkout, "--out", out, "--profile", "safe");
  expect(code).toBe(0);
  expect(lines.slice(-2)).toEqual(["required 1 of 3", "optimal 2 of 4"]);
  const report = readFileSync(out, "utf8");
  expect(report).toContain("- Profile: safe, tiers: memory");
  expect(report).toContain("| Tidemark | 1 of 3 | 2 of 4 | 0 |");
  expect(report).toContain("| Proxy 2.0 | 3 of 3 | 1 of 4 | 2 |");
  expect(report).not.toContain("Fox");
  await expectNothingLeft(checkout);
});

test("one test shows what the client says of it and writes no report", async () => {
  const checkout = folderWith(CURRENT);
  const out = join(checkout, "report.md");
  const { code, lines } = await conformance(checkout, "--id", "refused", "--out", out);
  expect(code).toBe(0);
  expect(lines).toEqual([`Running refused ["Assertion","Response | 2 is number 2"]`]);
  expect(existsSync(out)).toBe(false);
});

test.each(["SIGINT", "SIGTERM"] as const)("on %s it ends all that it started", async (signal) => {
  const checkout = folderWith({ ...CURRENT, hang: "" });
  const { command, outcome } = start(checkout, "--out", join(checkout, "report.md"));
  while (!existsSync(join(checkout, "client.json")) && isRunning(command)) await sleep(50);
  command.kill(signal);
  expect(await outcome).toMatchObject({ code: 1, complaints: `Stopped by ${signal}\n` });
  await expectNothingLeft(checkout);
});

test("when the client breaks, it says so and ends all the same", async () => {
  const checkout = folderWith({ ...CURRENT, fail: "" });
  const { code, complaints } = await conformance(checkout, "--out", join(checkout, "report.md"));
  expect(code).toBe(1);
  expect(complaints).toBe(
    "Cannot run: the suite's client ended (exit code 1): TypeError: The client has broken\n",
  );
  expect(existsSync(join(checkout, "report.md"))).toBe(false);
  await expectNothingLeft(checkout);
});

test("the suite's own rules have the word: a verdict of theirs that is unknown here is not guessed", async () => {
  const rules = `export const determineTestResult = () => ["", "", "?"];`;
  const checkout = folderWith({ ...CURRENT, "test-engine/lib/results.mjs": rules });
  const { code, complaints } = await conformance(checkout, "--out", join(checkout, "report.md"));
  expect(code).toBe(1);
  expect(complaints).toBe("Cannot judge: the suite's verdict on stores is not known here\n");
  await expectNothingLeft(checkout);
});

describe("what cannot run is told in one sentence", () => {
  const { "package.json": _, ...withoutManifest } = CURRENT;
  const { "tests/index.mjs": __, ...withoutTests } = CURRENT;
  const { "test-engine/server/server.mjs": ___, ...withoutServer } = CURRENT;
  const needing = { ...CURRENT, "test-engine/client/fetching.mjs": `await import("no-such-client")` };
  const declared = `{ "name": "http-cache-tests", "dependencies": { "no-such-client": "^1.0.0" } }`;
  const cases: [what: string, files: Record<string, string>, args: string[], sentence: string][] = [
    [
      "a folder of something else",
      withoutManifest,
      [],
      "is not a checkout of http-tests/cache-tests, it has no package.json",
    ],
    [
      "another package",
      { "package.json": `{ "name": "other" }` },
      [],
      "its package.json does not say that it is http-cache-tests",
    ],
    ["a checkout without tests", withoutTests, [], "it has no tests/index.mjs"],
    [
      "a checkout without engine",
      { "package.json": MANIFEST },
      [],
      "it has neither test-engine/cli.mjs nor cli.mjs",
    ],
    ["a checkout without origin", withoutServer, [], "it has no test-engine/server/server.mjs"],
    [
      "tests of another shape",
      { ...CURRENT, "tests/index.mjs": "export default [{}]" },
      [],
      "does not export groups of tests",
    ],
    [
      "packages to be installed",
      { ...needing, "package.json": declared },
      [],
      "the suite needs no-such-client; run `npm install` in ",
    ],
    ["packages that it does not declare", needing, [], "run `npm install --no-save no-such-client` in "],
    ["a test that there is not", CURRENT, ["--id", "other"], `the suite has no test "other"`],
    [
      "a test for browsers alone",
      CURRENT,
      ["--id", "for-browsers"],
      "for-browsers is put to a browser's own cache only",
    ],
    ["a profile that there is not", CURRENT, ["--profile", "fast"], "PROFILE cannot be used"],
  ];
  test.each(cases)("%s", async (_what, files, args, sentence) => {
    const { code, complaints } = await conformance(folderWith(files), ...args);
    expect(code).toBe(1);
    expect(complaints).toMatch(/^Cannot run: .*\n$/);
    expect(complaints).toContain(sentence);
  });

  test("no folder", async () => {
    expect((await conformance()).complaints).toMatch(/^Cannot run: name one checkout of the suite\nUsage: /);
  });
});
