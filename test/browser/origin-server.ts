import type { IncomingMessage, ServerResponse } from "node:http";

/** One answer of a scripted path. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Waits until the path is released. */
  readonly hold?: boolean;
  /** Closes the connection: without an answer, or after so many bytes of the body. */
  readonly breakAfter?: number;
  /** Sends the body and leaves the connection open. */
  readonly keepOpen?: boolean;
  /** The body in base64, for bytes that are no text. */
  readonly base64?: string;
}

/** One request as the server saw it. */
export interface Logged {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A server that answers what a test has told it to: each path has a row of answers, the last of which repeats.
 * Control: `POST /!script?path` with the row, `GET /!log?path`, `POST /!release?path`.
 */
export function scriptedOrigin(): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const rows = new Map<string, Scripted[]>();
  const log = new Map<string, Logged[]>();
  const held = new Map<string, (() => void)[]>();

  async function control(
    command: string,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (command === "script") {
      rows.set(path, JSON.parse(await textOf(request)) as Scripted[]); // Written by our own tests.
      log.set(path, []);
    }
    if (command === "release") {
      for (const go of held.get(path) ?? []) go();
      held.delete(path);
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(log.get(path) ?? []));
  }

  return async (request, response) => {
    response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
    response.setHeader("access-control-allow-headers", "authorization, x-test, accept");
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader(
      "access-control-expose-headers",
      "etag, age, vary, date, cache-status, cache-tag, tidemark-mark",
    );
    const { pathname, search } = new URL(request.url ?? "/", "http://origin");
    if (pathname.startsWith("/!"))
      return control(pathname.slice(2), decodeURIComponent(search.slice(1)), request, response);

    const logged = log.get(pathname) ?? [];
    log.set(pathname, [
      ...logged,
      { method: request.method ?? "", url: request.url ?? "", headers: headersOf(request) },
    ]);
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    const row = rows.get(pathname) ?? [{ status: 404 }];
    const scripted = (row.length > 1 ? row.shift() : row[0]) ?? {};
    if (scripted.hold)
      await new Promise<void>((go) => held.set(pathname, [...(held.get(pathname) ?? []), go]));
    answer(scripted, response);
  };
}

function answer(
  { status = 200, headers = {}, body = "", base64, breakAfter, keepOpen = false }: Scripted,
  response: ServerResponse,
): void {
  const bytes = base64 === undefined ? Buffer.from(body) : Buffer.from(base64, "base64");
  if (breakAfter === 0) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "application/json", ...headers });
  if (keepOpen) response.write(bytes);
  else if (breakAfter === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, breakAfter), () => response.destroy());
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
