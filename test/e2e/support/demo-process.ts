import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./edge-process.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

export interface RunningDemo {
  readonly url: string;
  readonly originUrl: string;
  readonly token: string;
  /** What `npm start` printed until it was ready. */
  readonly printed: string;
  stop(): Promise<number | null>;
}

/** Runs what `npm start` runs, on free ports and with data of its own. */
export async function startDemo(): Promise<RunningDemo> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-demo-"));
  const [edgePort, originPort] = [await freePort(), await freePort()];
  const token = "end-to-end-token";
  const child = spawn(process.execPath, [join(ROOT, "scripts/start.ts")], {
    cwd: ROOT,
    env: {
      ...process.env,
      EDGE_PORT: `${edgePort}`,
      ORIGIN_PORT: `${originPort}`,
      PURGE_TOKEN: token,
      DATA_DIR: folder,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (line.includes("Ctrl-C")) break;
  }
  if (child.exitCode !== null)
    throw new Error(`npm start ended with ${child.exitCode}:\n${printed.join("\n")}`);
  child.stdout.resume();
  return {
    url: `http://127.0.0.1:${edgePort}`,
    originUrl: `http://127.0.0.1:${originPort}`,
    token,
    printed: printed.join("\n"),
    async stop() {
      child.kill("SIGINT");
      const [code] = await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
      return code as number | null; // As Node documents the event.
    },
  };
}
