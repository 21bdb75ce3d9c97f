/*
 * `npm start`: the demo origin and the edge worker, ready to look at. Ends both on Ctrl-C.
 */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";

import { isBearerToken, parsePort } from "../demo/origin/config.ts";
import { isFree, startChild, untilReady } from "../demo/processes.ts";
import type { Child } from "../demo/processes.ts";

const root = resolve(import.meta.dirname, "..");
const host = "127.0.0.1";
const dataDir = resolve(root, process.env["DATA_DIR"] ?? ".tidemark");
const children: Child[] = [];
let stopping = false;

function say(who: string, line: string): void {
  console.log(`${who.padEnd(7)} ${line}`);
}

/** Stops what was started, then ends. The first caller decides the exit code. */
async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(children.map((child) => child.stop()));
  process.exit(code);
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

function readPort(variable: string, fallback: string): number {
  const given = process.env[variable] ?? fallback;
  const port = parsePort(given);
  if (port !== undefined && port > 0) return port;
  return fail(
    `Cannot start: ${variable} must be a port number from 1 to 65535, got ${JSON.stringify(given)}`,
  );
}

function readToken(): string {
  const token = process.env["PURGE_TOKEN"] ?? randomBytes(24).toString("base64url");
  // The value is a secret, so the sentence does not repeat it.
  return isBearerToken(token)
    ? token
    : fail("Cannot start: PURGE_TOKEN must be one word of letters, digits and -._~+/=");
}

async function requireFree(variable: string, port: number): Promise<void> {
  if (await isFree(host, port)) return;
  fail(`Cannot start: port ${port} of ${host} is taken, set ${variable} to a free one`);
}

/** A child that ends by itself takes everything down with it: half a demo only confuses. */
function watch(child: Child): Child {
  children.push(child);
  void child.ended.then((how) => {
    if (stopping) return;
    const last = child.lastLines();
    console.error(`The ${child.name} ended (${how}).${last === "" ? "" : ` Its last lines:\n${last}`}`);
    void stop(1);
  });
  return child;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}

const edgePort = readPort("EDGE_PORT", "8787");
const originPort = readPort("ORIGIN_PORT", "8788");
if (edgePort === originPort)
  fail(`Cannot start: EDGE_PORT and ORIGIN_PORT are both ${edgePort}, they must differ`);
const token = readToken();
await requireFree("EDGE_PORT", edgePort);
await requireFree("ORIGIN_PORT", originPort);

const edgeUrl = `http://${host}:${edgePort}`;
const originUrl = `http://${host}:${originPort}`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));

const origin = watch(
  startChild({
    name: "origin",
    args: [resolve(root, "demo/origin/main.ts")],
    cwd: root,
    env: { ORIGIN_PORT: String(originPort), EDGE_URL: edgeUrl, PURGE_TOKEN: token, DATA_DIR: dataDir },
    onLine: (line) => say("origin", line),
  }),
);
await ready(origin, `${originUrl}/api/countries`);

const edgeStartedAt = performance.now();
say("edge", "starting wrangler dev ...");
const edge = watch(
  startChild({
    name: "edge",
    args: [
      resolve(root, "node_modules/wrangler/bin/wrangler.js"),
      "dev",
      `--port=${edgePort}`,
      `--ip=${host}`,
      "--inspector-port=0",
      "--show-interactive-dev-session=false",
      `--var=ORIGIN_URL:${originUrl}`,
      `--var=PURGE_TOKEN:${token}`,
      `--persist-to=${resolve(dataDir, "edge")}`,
    ],
    cwd: root,
    env: { CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", CI: "true", NO_COLOR: "1" },
  }),
);
await ready(edge, `${edgeUrl}/_tidemark/health`);
say("edge", `ready at ${edgeUrl} (${seconds(edgeStartedAt)})`);

const purge = [
  `curl -X POST ${edgeUrl}/_tidemark/purge`,
  `-H 'Authorization: Bearer ${token}'`,
  `-H 'Content-Type: application/json'`,
  `-d '{"tags":["country:fr"]}'`,
].join(" ");
console.log(`
  Demo page  ${edgeUrl}/
  Gallery    ${edgeUrl}/gallery
  API        ${edgeUrl}/api/countries/fr
  Purge      ${purge}

  Ctrl-C stops everything.
`);

/**
 * Waits until the child answers; when it never does, says so and ends. Once a stop has begun this stays
 * pending, so that nothing more is started while the rest is being stopped.
 */
async function ready(child: Child, url: string): Promise<void> {
  const outcome = await untilReady(url, child.ended, 120_000);
  if (outcome === "ready" && !stopping) return;
  if (outcome === "late" && !stopping) {
    console.error(
      `The ${child.name} did not answer at ${url} within 120 s. Its last lines:\n${child.lastLines()}`,
    );
    void stop(1);
  }
  await new Promise(() => {});
}
