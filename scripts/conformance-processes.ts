// The processes of a conformance run: the suite's origin, the edge in front of it, the suite's client.
import { once } from "node:events";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startChild, type Child, type ChildOptions } from "../demo/processes.ts";
import type { Suite } from "./conformance-suite.ts";

const HOST = "127.0.0.1";
const ROOT = resolve(import.meta.dirname, "..");
const START_LIMIT_MS = 60_000;
const CLIENT_LIMIT_MS = 600_000;

/** The suite's origin would listen on every interface; it answers whoever asks with whatever it was told to. */
const LOOPBACK_ONLY = `data:text/javascript,${encodeURIComponent(`
  import { Server } from "node:net";
  const { listen } = Server.prototype;
  Server.prototype.listen = function (port, ...rest) { return listen.call(this, Number(port), "${HOST}", ...rest); };
`)}`;

/** Node processes of this run. After `stop` none is left, and none starts any more. */
export interface Processes {
  start(options: ChildOptions): Child;
  stop(): Promise<void>;
}

/** Starts none yet. */
export function processes(): Processes {
  const children: Child[] = [];
  let isStopped = false;
  return {
    start(options) {
      if (isStopped) throw new Error(`Cannot start the ${options.name}: the run has been stopped`);
      const child = startChild(options);
      children.push(child);
      return child;
    },
    async stop() {
      isStopped = true;
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("Cannot run: no port is free");
  return address.port;
}

/** What to say of a process that did not do its part. */
function failure({ name, lastLines }: Child, how: string): Error {
  const lines = lastLines().split("\n");
  const telling = lines.find((line) => /^(?:\w*Error\b|Cannot )/.test(line)) ?? lines.at(-1);
  return new Error(`Cannot run: the ${name} ${how}${telling ? `: ${telling.trim()}` : ""}`);
}

/** Never resolves; rejects as soon as the process has ended. */
async function failsWith(child: Child): Promise<never> {
  throw failure(child, `ended (${await child.ended})`);
}

/** Rejects after a while. Does not keep this process alive. */
async function failsAfter(limit: number, child: Child, how: string): Promise<never> {
  await sleep(limit, undefined, { ref: false });
  throw failure(child, `${how} within ${limit / 1_000} s`);
}

/** Waits until somebody answers there, whatever the answer. */
async function untilAnswered(url: string): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      return;
    } catch {
      await sleep(100);
    }
  }
}

async function ready(child: Child, url: string): Promise<void> {
  const late = failsAfter(START_LIMIT_MS, child, "did not answer");
  await Promise.race([untilAnswered(url), failsWith(child), late]);
}

/** Starts the suite's own origin and waits until it answers; returns it and its address. */
export async function startOrigin(
  { start }: Processes,
  suite: Suite,
  pidfile: string,
): Promise<[Child, string]> {
  const port = await freePort();
  const origin = start({
    name: "suite's origin",
    args: ["--import", LOOPBACK_ONLY, join(suite.engine, "server", "server.mjs")],
    cwd: suite.root,
    env: { npm_config_protocol: "http", npm_config_port: String(port), npm_config_pidfile: pidfile },
  });
  const url = `http://${HOST}:${port}`;
  await ready(origin, url);
  return [origin, url];
}

/** Starts the edge in front of an origin and waits until it answers; returns it and its address. */
export async function startEdge(
  { start }: Processes,
  origin: string,
  { profile, tiers }: { readonly profile: string; readonly tiers: string },
): Promise<[Child, string]> {
  const port = await freePort();
  const flags = ["--origin", origin, "--port", String(port), "--profile", profile, "--tiers", tiers];
  const edge = start({
    name: "edge",
    args: [join(ROOT, "scripts", "edge.ts"), ...flags],
    cwd: ROOT,
    env: { PURGE_TOKEN: "" },
  });
  const url = `http://${HOST}:${port}`;
  await ready(edge, `${url}/_tidemark/health`);
  return [edge, url];
}

/** Runs the suite's client, for all tests or for one, to its end; fails when one of the others ends before it. */
export async function runClient(
  { start }: Processes,
  suite: Suite,
  { base, id = "", onLine }: { base: string; id: string | undefined; onLine: (line: string) => void },
  others: readonly Child[],
): Promise<void> {
  const client = start({
    name: "suite's client",
    args: ["--no-warnings", join(suite.engine, "cli.mjs")],
    cwd: suite.root,
    env: { npm_config_base: base, npm_config_id: id, npm_package_config_id: "" },
    onLine,
  });
  const late = failsAfter(CLIENT_LIMIT_MS, client, "did not end");
  const how = await Promise.race([client.ended, late, ...others.map(failsWith)]);
  if (how !== "exit code 0") throw failure(client, `ended (${how})`);
}
