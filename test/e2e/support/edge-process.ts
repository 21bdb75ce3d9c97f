import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";

const SCRIPT = new URL("../../../scripts/edge.ts", import.meta.url).pathname;

/** An HTTP server of the test's on a free loopback port. */
export async function serve(listener: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const server: Server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // A TCP server's address is one.
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { url, close } = await serve(() => undefined);
  await close();
  return Number(new URL(url).port);
}

export interface RunningEdge {
  readonly url: string;
  readonly process: ChildProcess;
  /** Asks it to stop as an operator would; resolves to its exit code. */
  stop(): Promise<number | null>;
  /** Resident memory of its workerd, in megabytes. */
  memory(): number;
}

/** Runs `scripts/edge.ts` and waits until it says that it is ready. */
export async function startEdge(origin: string, flags: readonly string[] = []): Promise<RunningEdge> {
  const port = await freePort();
  const args = ["--origin", origin, "--port", `${port}`, ...flags];
  const { child, lines } = run(args);
  for await (const line of lines) if (line.startsWith("ready")) break;
  if (child.exitCode !== null) throw new Error(`The edge ended with ${child.exitCode}`);
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      return code as number | null; // As Node documents the event.
    },
    memory: () => Math.max(...childrenOf(child.pid ?? 0).map(residentMegabytes)),
  };
}

/** Runs `scripts/edge.ts` until it ends by itself. */
export async function edgeOutcome(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const { child, lines } = run(args);
  const said: string[] = [];
  for await (const line of lines) said.push(line);
  if (child.exitCode === null) await once(child, "exit");
  return { code: child.exitCode, said: said.join("\n") };
}

function run(args: readonly string[]) {
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    env: { ...process.env, PURGE_TOKEN: "test-token" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = new PassThrough();
  let open = 2;
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(output, { end: false });
    stream.once("end", () => --open === 0 && output.end());
  }
  return { child, lines: createInterface({ input: output }) };
}

/** All processes below one, on Linux. */
function childrenOf(pid: number): number[] {
  const direct = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return [...direct, ...direct.flatMap(childrenOf)];
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? 0) / 1_024;
}
