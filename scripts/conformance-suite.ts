// A checkout of the public HTTP cache test suite (github.com/http-tests/cache-tests): its tests, its rules of judging
// and the results that it publishes for others.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGE = "http-cache-tests";

export type Kind = "required" | "optimal" | "check";

/** What became of one test. A check that answers "yes" has passed, one that answers "no" has failed. */
export type Verdict = "passed" | "failed" | "dependency" | "setup" | "harness" | "retry" | "untested";

export interface SuiteTest {
  readonly id: string;
  readonly kind: Kind;
  readonly dependsOn: readonly string[];
  /** It is put to a browser's own cache only. */
  readonly browserOnly: boolean;
}

export interface Group {
  readonly name: string;
  readonly tests: readonly SuiteTest[];
}

/** By the test's id: `true`, or the name of what went wrong and a message. */
export type Results = Readonly<Record<string, unknown>>;

/** Another cache's results as the suite publishes them. */
export interface Published {
  readonly name: string;
  readonly results: Results;
}

export interface Suite {
  readonly root: string;
  /** The folder of `cli.mjs`, `server` and `client`. */
  readonly engine: string;
  /** "commit 0123456789ab" or "version 0.4.5". */
  readonly version: string;
  readonly groups: readonly Group[];
  readonly published: readonly Published[];
  verdict(id: string, results: Results): Verdict;
}

/**
 * Opens a checkout, in today's layout (`test-engine/cli.mjs`) or the older one (`cli.mjs`).
 *
 * @throws {Error} with one sentence that says what is missing, and what to do about it
 */
export async function openSuite(checkout: string): Promise<Suite> {
  const root = resolve(checkout);
  const manifest = readManifest(root);
  const engine = [join(root, "test-engine"), root].find((folder) => existsSync(join(folder, "cli.mjs")));
  if (engine === undefined) throw notCheckout(root, "it has neither test-engine/cli.mjs nor cli.mjs");
  for (const file of [join(engine, "server", "server.mjs"), join(root, "tests", "index.mjs")])
    if (!existsSync(file)) throw notCheckout(root, `it has no ${file.slice(root.length + 1)}`);
  insistOnPackages(root, engine, manifest);
  const tests = await load(join(root, "tests", "index.mjs"));
  const groups = readGroups(tests["default"]);
  if (groups === undefined) throw notCheckout(root, "its tests/index.mjs does not export groups of tests");
  return {
    root,
    engine,
    version: versionOf(root, manifest),
    groups,
    published: await readPublished(root),
    verdict: (await suiteVerdict(engine, tests["default"])) ?? ownVerdict(groups),
  };
}

function notCheckout(root: string, why: string): Error {
  return new Error(`Cannot run: ${root} is not a checkout of http-tests/cache-tests, ${why}`);
}

function readManifest(root: string): Readonly<Record<string, unknown>> {
  const file = join(root, "package.json");
  if (!existsSync(file)) throw notCheckout(root, "it has no package.json");
  const manifest = readJson(file);
  if (manifest?.["name"] === PACKAGE) return manifest;
  throw notCheckout(root, `its package.json does not say that it is ${PACKAGE}`);
}

function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    return isRecord(module) ? module : {};
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot run: ${file} does not load: ${why}`, { cause: error });
  }
}

/** Without its packages the client would fail test by test, which reads like faults of the cache. */
function insistOnPackages(root: string, engine: string, manifest: Readonly<Record<string, unknown>>): void {
  const { dependencies, devDependencies } = manifest;
  const declared = {
    ...(isRecord(dependencies) && dependencies),
    ...(isRecord(devDependencies) && devDependencies),
  };
  const { resolve: find } = createRequire(join(engine, "cli.mjs"));
  const missing = packagesOf(engine).filter((name) => {
    try {
      return find(name) === "";
    } catch (error) {
      // A package that has no entry for `require` is there nevertheless.
      return isRecord(error) && error["code"] === "MODULE_NOT_FOUND";
    }
  });
  if (missing.length === 0) return;
  const undeclared = missing.filter((name) => !(name in declared));
  const command = ["npm install", ...(undeclared.length === 0 ? [] : ["--no-save", ...undeclared])].join(" ");
  throw new Error(`Cannot run: the suite needs ${missing.join(" and ")}; run \`${command}\` in ${root}`);
}

/** The packages that the engine's modules import by name. */
function packagesOf(engine: string): string[] {
  const folders = ["client", "server", "lib"].map((name) => join(engine, name)).filter(existsSync);
  const modules = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".mjs"))
      .map((name) => join(folder, name)),
  );
  const imported = [join(engine, "cli.mjs"), ...modules].flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\b(?:from|import) ?\(?['"]([@\w][^'"]*)['"]/g)].map(
      ([, name = ""]) => name,
    ),
  );
  return [...new Set(imported)].filter((name) => !isBuiltin(name));
}

function versionOf(root: string, { version }: Readonly<Record<string, unknown>>): string {
  // The folder may lie in somebody else's repository, so git is asked only about one of its own.
  if (existsSync(join(root, ".git"))) {
    const git = spawnSync("git", ["-C", root, "rev-parse", "--short=12", "HEAD"], { encoding: "utf8" });
    if (git.status === 0) return `commit ${git.stdout.trim()}`;
  }
  return `version ${typeof version === "string" ? version : "unknown"}`;
}

function readGroups(value: unknown): Group[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const groups = value.map((group: unknown): Group | undefined => {
    if (!isRecord(group) || typeof group["name"] !== "string" || !Array.isArray(group["tests"]))
      return undefined;
    const tests = group["tests"].map(readTest);
    return tests.every((test) => test !== undefined) ? { name: group["name"], tests } : undefined;
  });
  return groups.every((group) => group !== undefined) ? groups : undefined;
}

function readTest(test: unknown): SuiteTest | undefined {
  if (!isRecord(test) || typeof test["id"] !== "string") return undefined;
  const { id, kind = "required", depends_on: dependsOn = [], browser_only: browserOnly } = test;
  if (kind !== "required" && kind !== "optimal" && kind !== "check") return undefined;
  if (!Array.isArray(dependsOn)) return undefined;
  return { id, kind, dependsOn: dependsOn.map(String), browserOnly: browserOnly === true };
}

async function readPublished(root: string): Promise<Published[]> {
  const folder = join(root, "results");
  if (!existsSync(join(folder, "index.mjs"))) return [];
  const { default: index } = await load(join(folder, "index.mjs"));
  if (!Array.isArray(index)) return [];
  return index.flatMap((item: unknown): Published[] => {
    if (!isRecord(item) || item["type"] === "browser") return [];
    const { file, name, version } = item;
    if (typeof file !== "string" || typeof name !== "string") return [];
    const results = readJson(join(folder, basename(file)));
    if (results === undefined) return [];
    return [{ name: typeof version === "string" ? `${name} ${version}` : name, results }];
  });
}

/** The symbols by which the suite shows what its judging says, for want of names that every layout exports. */
const SYMBOLS: Readonly<Record<string, Verdict>> = {
  "✅": "passed",
  Y: "passed",
  "⛔": "failed",
  "⚠": "failed",
  N: "failed",
  "⚪": "dependency",
  "🔹": "setup",
  "⁉": "harness",
  "↻": "retry",
  "-": "untested",
};

/** The suite's own rules, where it has them in a module. */
async function suiteVerdict(engine: string, tests: unknown): Promise<Suite["verdict"] | undefined> {
  const file = ["results.mjs", "display.mjs"].map((name) => join(engine, "lib", name)).find(existsSync);
  const { determineTestResult: determine } = file === undefined ? {} : await load(file);
  if (typeof determine !== "function") return undefined;
  return (id, results) => {
    const outcome: unknown = determine(tests, id, results);
    const symbol = Array.isArray(outcome) ? String(outcome[2]).replace("\uFE0F", "") : "";
    const verdict = SYMBOLS[symbol];
    if (verdict === undefined)
      throw new Error(`Cannot judge: the suite's verdict on ${id} is not known here`);
    return verdict;
  };
}

/** The same rules. */
function ownVerdict(groups: readonly Group[]): Suite["verdict"] {
  const dependencies = new Map(groups.flatMap(({ tests }) => tests.map((test) => [test.id, test.dependsOn])));
  return function verdict(id, results): Verdict {
    const result = results[id];
    if (result === undefined) return "untested";
    const dependsOn = dependencies.get(id) ?? [];
    if (dependsOn.some((dependency) => verdict(dependency, results) !== "passed")) return "dependency";
    if (result === true) return "passed";
    const [name, message]: readonly unknown[] = Array.isArray(result) ? result : [];
    if (name === "Setup") return message === "retry" ? "retry" : "setup";
    return name === "AbortError" ? "harness" : "failed";
  };
}
