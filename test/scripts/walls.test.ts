import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "tidemark-walls-"));
const COPIED = [
  "src",
  "worker",
  "browser",
  "bindings",
  "adapters",
  "service-worker",
  "purge-client",
  "cli",
  "package.json",
  "tsconfig.base.json",
  ".oxlintrc.json",
];

/** One planted file: where, what, who must find it, and by which word. */
type Violation = [file: string, text: string, by: string];

beforeAll(() => {
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function run(script: string, ...args: readonly string[]): { status: number | null; output: string } {
  const command = [join(root, "node_modules", script), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: copy, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

const compile = (...projects: readonly string[]) =>
  run("typescript/bin/tsc", "-b", "--pretty", "false", ...projects);
const lint = (...files: readonly string[]) => run("oxlint/bin/oxlint", "--format=unix", ...files);

/** Plants the file, has it checked, and takes it away again. */
function plant(file: string, text: string, check: () => { status: number | null; output: string }) {
  const path = join(copy, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  try {
    return check();
  } finally {
    rmSync(path);
  }
}

describe("the compiler", () => {
  test("accepts the sources as they are, so that what follows fails for its own reason", () => {
    const projects = COPIED.filter((name) => !name.includes("."));
    expect(compile(...projects)).toEqual({ status: 0, output: "" });
  });

  const imports: Violation[] = [
    ["src/http/planted.ts", `export type { MemoryStoreOptions } from "../stores/memory.ts";`, "TS6307"],
    ["src/http/planted.ts", `export type { Ledger } from "../purge/ledger.ts";`, "TS6307"],
    ["src/purge/planted.ts", `export type { MemoryStoreOptions } from "../stores/memory.ts";`, "TS6307"],
    ["src/purge/planted.ts", `export type { StoredFacts } from "../http/stored.ts";`, "TS6307"],
    [
      "src/stores/planted.ts",
      `export type { ResponseStore } from "../responses/response-store.ts";`,
      "TS6307",
    ],
    ["src/stores/planted.ts", `export type { Cache } from "../values/cache-types.ts";`, "TS6307"],
    ["src/layers/planted.ts", `export type { MemoryStoreOptions } from "../stores/memory.ts";`, "TS6307"],
    ["src/values/planted.ts", `export type { StoredFacts } from "../http/stored.ts";`, "TS6307"],
    ["src/values/planted.ts", `export type { Slot } from "../responses/slot.ts";`, "TS6307"],
    ["src/planted.ts", `export type { StoredFacts } from "./http/stored.ts";`, "TS6307"],
    ["src/planted.ts", `export type { EdgeCache } from "../worker/edge-cache.ts";`, "TS6307"],
    ["src/planted.ts", `export type { ApiCache } from "../browser/index.ts";`, "TS6307"],
    ["worker/planted.ts", `export type { ApiCache } from "../browser/index.ts";`, "TS6307"],
    ["browser/planted.ts", `export type { Origin } from "../worker/origin.ts";`, "TS6307"],
    ["adapters/planted.ts", `export type { Resource } from "../bindings/svelte.ts";`, "TS6307"],
    ["purge-client/planted.ts", `export type { Clock } from "../src/index.ts";`, "TS6307"],
    ["cli/planted.ts", `export type { ApiCache } from "../browser/index.ts";`, "TS6307"],
  ];
  test.each(imports)("refuses in %s: %s", (file, text, code) => {
    const { status, output } = plant(file, text, () => compile(projectOf(file)));
    expect(status).not.toBe(0);
    expect(output).toMatch(new RegExp(`^${file}\\(.*${code}`, "m"));
  });

  const globals: Violation[] = [
    ...[
      "document",
      "window",
      "process",
      "Buffer",
      "fetch",
      "caches",
      "navigator",
      "performance",
      "console",
    ].map((name): Violation => ["src/planted.ts", `export const planted: unknown = ${name};`, name]),
    ["src/http/planted.ts", "export const planted: unknown = fetch;", "fetch"],
    ["src/stores/planted.ts", "export const planted: unknown = process;", "process"],
    ["src/values/planted.ts", "export const planted: unknown = Buffer;", "Buffer"],
    ["src/layers/planted.ts", "export const planted: unknown = process;", "process"],
    ["src/planted.ts", `export { readFileSync } from "node:fs";`, "node:fs"],
    ["src/planted.ts", `export { env } from "cloudflare:workers";`, "cloudflare:workers"],
    ["worker/planted.ts", "export const planted: unknown = document;", "document"],
    ["worker/planted.ts", "export const planted: unknown = indexedDB;", "indexedDB"],
    ["browser/planted.ts", "export type Planted = DurableObjectState;", "DurableObjectState"],
    ["browser/planted.ts", "export const planted: unknown = process;", "process"],
    ["bindings/planted.ts", "export const planted: unknown = process;", "process"],
    ["service-worker/planted.ts", "export const planted: unknown = document;", "document"],
    ["purge-client/planted.ts", "export const planted: unknown = process;", "process"],
    ["purge-client/planted.ts", "export const planted: unknown = document;", "document"],
  ];
  test.each(globals)("knows in %s nothing of: %s", (file, text, name) => {
    const { status, output } = plant(file, text, () => compile(projectOf(file)));
    expect(status).not.toBe(0);
    expect(output).toMatch(new RegExp(`^${file}\\(.*: Cannot find .*'${name}'`, "m"));
  });
});

describe("the linter", () => {
  const modes = `export function planted(mode: "hard" | "soft"): string | undefined {
  switch (mode) {
    case "hard":
      return mode;
  }
}`;
  const marked = (mark: string) => `import { test } from "vitest";\ntest.${mark}("planted", () => {});`;
  const violations: [file: string, rule: string, text: string][] = [
    ["worker/planted.ts", "no-restricted-imports", `export { formatHttpDate } from "../src/http/date.ts";`],
    ["worker/planted.ts", "no-restricted-imports", `export type { Instant } from "../src/clock.ts";`],
    ["worker/planted.ts", "no-restricted-imports", `export type { ApiCache } from "../browser/index.ts";`],
    ["browser/planted.ts", "no-restricted-imports", `export { formatHttpDate } from "../src/http/date.ts";`],
    ["browser/disk/planted.ts", "no-restricted-imports", `export type { Clock } from "../../src/clock.ts";`],
    ["browser/disk/planted.ts", "no-restricted-imports", `export * from "../../worker/index.ts";`],
    ["bindings/planted.ts", "no-restricted-imports", `export type { Clock } from "../src/index.ts";`],
    ["bindings/planted.ts", "no-restricted-imports", `export * from "../browser/whole.ts";`],
    ["service-worker/planted.ts", "no-restricted-imports", `export * from "../browser/api-cache.ts";`],
    ["cli/planted.ts", "no-restricted-imports", `export { ask } from "../purge-client/ask.ts";`],
    ["cli/planted.ts", "no-restricted-imports", `export type { Clock } from "../src/clock.ts";`],
    ["purge-client/planted.ts", "no-restricted-imports", `export type { Clock } from "../src/index.ts";`],
    ["src/planted.ts", "no-restricted-properties", "export const now: number = Date.now();"],
    ["src/planted.ts", "no-restricted-properties", "export const chance: number = Math.random();"],
    ["src/planted.ts", "no-self-import", `export * from "./planted.ts";`],
    ["src/planted.ts", "no-explicit-any", "export const planted: any = 1;"],
    ["src/planted.ts", "switch-exhaustiveness-check", modes],
    ["src/planted.ts", "max-lines", "export {};\n".repeat(251)],
    ["worker/planted.ts", "no-default-export", "const planted = 1;\nexport default planted;"],
    ["worker/planted.ts", "no-floating-promises", "async function work(): Promise<void> {}\nwork();"],
    ["test/core/planted.test.ts", "no-focused-tests", marked("only")],
    ["test/core/planted.test.ts", "no-disabled-tests", marked("skip")],
  ];
  test.each(violations)("refuses in %s what breaks %s", (file, rule, text) => {
    const { status, output } = plant(file, text, () => lint(file));
    expect(status).not.toBe(0);
    expect(output).toMatch(new RegExp(`^${file}:.*${rule}`, "m"));
  });

  test("refuses a circle of imports", () => {
    const first = `import type { B } from "./planted-b.ts";\nexport type A = B | 1;`;
    const second = `import type { A } from "./planted-a.ts";\nexport type B = A | 2;`;
    const { status, output } = plant("src/planted-a.ts", first, () =>
      plant("src/planted-b.ts", second, () => lint("src/planted-a.ts", "src/planted-b.ts")),
    );
    expect(status).not.toBe(0);
    expect(output).toMatch(/^src\/planted-a\.ts:.*no-cycle/m);
  });

  test("lets the shells import the core by its front door", () => {
    const text = `export { formatHttpDate } from "../src/index.ts";\n`;
    expect(plant("worker/planted.ts", text, () => lint("worker/planted.ts")).status).toBe(0);
  });
});

/** The project that a file belongs to. */
function projectOf(file: string): string {
  const folder = dirname(file);
  return folder === "src" ? "src/tsconfig.base.json" : folder;
}
