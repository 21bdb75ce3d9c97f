import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

import type { Hono } from "hono";

import type { PurgeOutcome } from "../../demo/api.ts";
import { openDatabase } from "../../demo/origin/database.ts";
import { createOrigin } from "../../demo/origin/origin.ts";

/** When the data of a test was loaded, and the instant its clock shows at first. */
export const loadedAt: number = Date.UTC(2026, 0, 1, 12, 0, 0);
export const startAt: number = loadedAt + 60_000;

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "tidemark-demo-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestOrigin {
  app: Hono;
  database: DatabaseSync;
  clock: { now: number };
  /** Tags of the purges the edits asked for, in order. */
  purged: string[][];
  close(): void;
}

/** The real origin on the real data, with a clock and a purge that a test holds in its hand. */
export function startOrigin(): TestOrigin {
  const folder = temporaryFolder();
  const database = openDatabase({ dataDir: folder.path, now: loadedAt });
  const clock = { now: startAt };
  const purged: string[][] = [];
  const purge = async (tags: readonly string[]): Promise<PurgeOutcome> => {
    purged.push([...tags]);
    return { ok: true, tags, token: "epoch.1" };
  };
  return {
    app: createOrigin({ database, purge, clock: () => clock.now }),
    database,
    clock,
    purged,
    close() {
      database.close();
      folder.remove();
    },
  };
}

export function patch(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "PATCH",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** One request as a real server saw it. */
export interface Seen {
  method: string;
  url: string;
  authorization: string | undefined;
  contentType: string | undefined;
  body: string;
}

export interface PurgeEndpoint {
  url: URL;
  seen: Seen[];
  close(): Promise<void>;
}

/** A real loopback server in the part of the edge. Without an `answer` it takes requests in silence. */
export async function startPurgeEndpoint(
  answer: { status: number; body: string; headers?: Record<string, string> } | undefined,
): Promise<PurgeEndpoint> {
  const seen: Seen[] = [];
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method = "", url = "", headers } = request;
    seen.push({
      method,
      url,
      authorization: headers.authorization,
      contentType: headers["content-type"],
      body,
    });
    if (answer !== undefined) response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
  }
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server on a port never has a pipe's name for address
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    seen,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The body of an answer. Its type is the caller's word, which the expectations that follow prove. */
export async function bodyOf<T>(response: Response | Promise<Response>): Promise<T> {
  const body: T = JSON.parse(await (await response).text());
  return body;
}
