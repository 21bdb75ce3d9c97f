import { execFile } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { temporaryFolder } from "./support.ts";

const root = resolve(import.meta.dirname, "../..");

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(script: string, env: Record<string, string>): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd: root, env: { ...process.env, ...env }, timeout: 30_000 };
    const child = execFile(process.execPath, [resolve(root, script)], options, (_error, stdout, stderr) => {
      done({ code: child.exitCode, stdout, stderr });
    });
  });
}

async function withTakenPort(task: (port: number) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    // A server on a port never has a pipe's name for address.
    await task((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

describe("a start that cannot succeed says why in one sentence and exits with 1", { timeout: 60_000 }, () => {
  const malformed: [script: string, env: Record<string, string>, variable: string][] = [
    ["scripts/start.ts", { EDGE_PORT: "abc" }, "EDGE_PORT"],
    ["scripts/start.ts", { EDGE_PORT: "0" }, "EDGE_PORT"],
    ["scripts/start.ts", { ORIGIN_PORT: "70000" }, "ORIGIN_PORT"],
    ["scripts/start.ts", { EDGE_PORT: "28999", ORIGIN_PORT: "28999" }, "EDGE_PORT and ORIGIN_PORT"],
    ["scripts/start.ts", { PURGE_TOKEN: "two words" }, "PURGE_TOKEN"],
    ["demo/origin/main.ts", { ORIGIN_PORT: "-1" }, "ORIGIN_PORT"],
    ["demo/origin/main.ts", { EDGE_URL: "ftp://edge" }, "EDGE_URL"],
    ["demo/origin/main.ts", { PURGE_TOKEN: "" }, "PURGE_TOKEN"],
    ["demo/origin/main.ts", { DATA_DIR: " " }, "DATA_DIR"],
  ];

  test.each(malformed)("%s with %j names %s", async (script, env, variable) => {
    const { code, stdout, stderr } = await run(script, env);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(variable)]);
  });

  test("scripts/start.ts starts nothing when a port is taken", async () => {
    await withTakenPort(async (port) => {
      const { code, stdout, stderr } = await run("scripts/start.ts", {
        EDGE_PORT: String(port),
        ORIGIN_PORT: "28998",
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toBe(`Cannot start: port ${port} of 127.0.0.1 is taken, set EDGE_PORT to a free one\n`);
    });
  });

  test("the origin names the variable of a taken port", async () => {
    const folder = temporaryFolder();
    await withTakenPort(async (port) => {
      const { code, stderr } = await run("demo/origin/main.ts", {
        ORIGIN_PORT: String(port),
        DATA_DIR: folder.path,
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Cannot start the origin: port \d+ of 127\.0\.0\.1 is taken, set ORIGIN_PORT/);
    });
    folder.remove();
  });
});
