import { resolve } from "node:path";

/** What the origin needs to know before it starts. Read once from the environment, never again. */
export interface OriginConfig {
  /** 0 means any free port. */
  port: number;
  host: "127.0.0.1";
  edgeUrl: URL;
  /** Without it edits still work; each answer then says that no purge was sent. */
  purgeToken: string | undefined;
  dataDir: string;
}

export type ConfigDecision = { ok: true; config: OriginConfig } | { ok: false; reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment. A malformed variable gives one sentence that names it, never a guess. */
export function readConfig(env: Environment, root: string): ConfigDecision {
  const port = parsePort(env["ORIGIN_PORT"] ?? "8788");
  if (port === undefined) {
    return refuse("ORIGIN_PORT must be a port number from 0 to 65535", env["ORIGIN_PORT"]);
  }
  const edgeUrl = parseHttpOrigin(env["EDGE_URL"] ?? "http://127.0.0.1:8787");
  if (edgeUrl === undefined) {
    return refuse("EDGE_URL must be an http or https address without a path", env["EDGE_URL"]);
  }
  const purgeToken = env["PURGE_TOKEN"];
  if (purgeToken !== undefined && !isBearerToken(purgeToken)) {
    // The value is a secret, so the sentence does not repeat it.
    return { ok: false, reason: "PURGE_TOKEN must be one word of letters, digits and -._~+/=" };
  }
  const dataDir = env["DATA_DIR"] ?? ".tidemark";
  if (dataDir.trim() === "") return refuse("DATA_DIR must name a folder", dataDir);
  return {
    ok: true,
    config: { port, host: "127.0.0.1", edgeUrl, purgeToken, dataDir: resolve(root, dataDir) },
  };
}

/** A whole number from 0 to 65535 in plain digits, else `undefined`. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** RFC 6750, 2.1: the characters that can stand after "Bearer ". */
export function isBearerToken(text: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(text);
}

/** An http or https address of a host alone, else `undefined`. */
export function parseHttpOrigin(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const isHostAlone = `${url.username}${url.password}${url.search}${url.hash}` === "" && url.pathname === "/";
  return isHostAlone ? url : undefined;
}

function refuse(rule: string, got: string | undefined): ConfigDecision {
  return { ok: false, reason: `${rule}, got ${JSON.stringify(got ?? "")}` };
}
