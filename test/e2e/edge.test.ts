import { mkdtemp, rm } from "node:fs/promises";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { edgeOutcome, freePort, serve, startEdge, type RunningEdge } from "./support/edge-process.ts";

const MEGABYTE = 1_024 * 1_024;
let seen: string[] = [];

/** An origin with bodies of every kind. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  seen.push(request.url ?? "");
  const url = new URL(request.url ?? "/", "http://origin");
  response.setHeader("cache-control", "max-age=600");
  switch (url.pathname) {
    case "/large":
      return sendChunks(response, Number(url.searchParams.get("megabytes")));
    case "/truncated":
      response.setHeader("content-length", "1000");
      response.write("only this");
      return void setImmediate(() => response.destroy());
    case "/gzip":
      response.setHeader("content-encoding", "gzip");
      response.setHeader("etag", '"strong"');
      return void response.end(gzipSync("as it was encoded"));
    case "/redirect":
      response.writeHead(301, { location: "/elsewhere" });
      return void response.end();
    case "/odd-headers":
      response.setHeader("expires", "yesterday, perhaps");
      response.setHeader("cache-control", 'max-age="abc, =;=, s-maxage=NaN, "');
      response.setHeader("age", "-5, old");
      response.setHeader("vary", ",,  ,");
      return void response.end("odd");
    default:
      response.end(`${request.method} ${request.url}`);
  }
}

async function sendChunks(response: ServerResponse, megabytes: number): Promise<void> {
  const chunk = Buffer.alloc(MEGABYTE, "x");
  for (let sent = 0; sent < megabytes; sent++) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end();
}

const statusOf = (response: Response): string => response.headers.get("cache-status") ?? "";

async function read(
  edge: RunningEdge,
  path: string,
  init?: RequestInit,
): Promise<{ body: string; status: string; code: number }> {
  const response = await fetch(`${edge.url}${path}`, { redirect: "manual", ...init });
  return { body: await response.text(), status: statusOf(response), code: response.status };
}

/** As `read` with a Host of the test's choice, which `fetch` does not let one choose. */
function get(edge: RunningEdge, path: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(`${edge.url}${path}`, { headers }, (response) => {
      response.resume().once("end", () => resolve(String(response.headers["cache-status"])));
    });
    asked.once("error", reject).end();
  });
}

describe("the edge in workerd, in front of a real origin", () => {
  let origin: Awaited<ReturnType<typeof serve>>;
  let edge: RunningEdge;
  beforeAll(async () => {
    origin = await serve((request, response) => void answer(request, response));
    edge = await startEdge(origin.url, ["--tiers", "memory"]);
  });
  afterAll(async () => {
    expect(await edge.stop()).toBe(0);
    await origin.close();
  });

  test("stores an answer and serves it", async () => {
    expect(await read(edge, "/a?b=1")).toMatchObject({
      body: "GET /a?b=1",
      status: "tidemark-edge;fwd=uri-miss;stored",
    });
    expect((await read(edge, "/a?b=1")).status).toMatch(/^tidemark-edge;hit;ttl=\d+;detail=hot$/);
  });

  test("passes 400 MB on with bounded memory", async () => {
    const before = edge.memory();
    const response = await fetch(`${edge.url}/large?megabytes=400`);
    let bytes = 0;
    let most = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes % (16 * MEGABYTE) < chunk.byteLength) most = Math.max(most, edge.memory());
    }
    expect(bytes).toBe(400 * MEGABYTE);
    expect(most - before).toBeLessThan(150);
  });

  test("never serves a body that broke off as if it were whole", async () => {
    seen = [];
    for (const _ of [1, 2]) {
      const response = await fetch(`${edge.url}/truncated`);
      await expect(response.text()).rejects.toThrow();
    }
    expect(new Set(seen)).toEqual(new Set(["/truncated"]));
    expect(seen.length).toBeGreaterThan(1);
  });

  test("leaves an encoded body as it is, from the origin and from the store", async () => {
    for (const _ of ["fill", "hit"]) {
      const response = await fetch(`${edge.url}/gzip`);
      expect(response.headers.get("content-encoding")).toBe("gzip");
      expect(response.headers.get("etag")).toBe('"strong"');
      expect(await response.text()).toBe("as it was encoded");
    }
  });

  test("passes a redirect on instead of following it", async () => {
    expect(await read(edge, "/redirect")).toMatchObject({ code: 301 });
    expect(seen).not.toContain("/elsewhere");
  });

  test("takes headers that make no sense as stale, and fails on none", async () => {
    expect(await read(edge, "/odd-headers")).toMatchObject({ code: 200, body: "odd" });
    expect((await read(edge, "/odd-headers")).status).toMatch(/fwd=/);
  });

  test("purges by tag, url, prefix and all for who has the token, and for nobody else", async () => {
    const purge = (body: object, token: string) =>
      read(edge, "/_tidemark/purge", {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const fresh = async (path: string) => (await read(edge, path)).status.includes("hit");
    await read(edge, "/p/one");
    expect(await purge({ files: ["/p/one"] }, "wrong")).toMatchObject({ code: 401 });
    expect(await fresh("/p/one")).toBe(true);
    for (const body of [{ files: ["/p/one"] }, { prefixes: ["/p"] }, { purge_everything: true }]) {
      expect(await purge(body, "test-token")).toMatchObject({ code: 200 });
      expect(await fresh("/p/one")).toBe(false);
      expect(await fresh("/p/one")).toBe(true);
    }
  });
});

describe("the edge", () => {
  test("finds in its colder tiers what an earlier process stored", async () => {
    const origin = await serve((request, response) => void answer(request, response));
    const folder = await mkdtemp(join(tmpdir(), "tidemark-"));
    // The host is part of the key: both processes answer to the same one.
    const headers = { host: "shop.example" };
    const first = await startEdge(origin.url, ["--persist", folder]);
    await get(first, "/kept", headers);
    expect(await get(first, "/kept", headers)).toMatch(/detail=hot/);
    await first.stop();
    const second = await startEdge(origin.url, ["--persist", folder]);
    expect(await get(second, "/kept", headers)).toMatch(/hit;ttl=\d+;detail=(warm|cold)$/);
    expect(await get(second, "/kept", headers)).toMatch(/detail=hot/);
    await second.stop();
    await origin.close();
    await rm(folder, { recursive: true });
  });

  test("answers 502 with the reason while its origin is down", async () => {
    const edge = await startEdge(`http://127.0.0.1:${await freePort()}`, ["--tiers", "memory"]);
    expect(await read(edge, "/a")).toEqual({
      code: 502,
      body: JSON.stringify({ error: "The origin cannot be reached" }),
      status: "tidemark-edge;fwd=uri-miss;detail=origin-unreachable",
    });
    await edge.stop();
  });

  test.each([
    [["--origin", "nowhere"], "ORIGIN_URL"],
    [[], "--origin is missing"],
    [["--origin", "http://127.0.0.1:1", "--profile", "lax"], "PROFILE"],
    [["--origin", "http://127.0.0.1:1", "--tiers", "disk"], "TIERS"],
    [["--origin", "http://127.0.0.1:1", "--port", "http"], "--port"],
    [["--origin", "http://127.0.0.1:1", "--colour"], "--colour"],
  ])("does not start with %o and says why", async (args, named) => {
    const { code, said } = await edgeOutcome(args);
    expect(code).toBe(1);
    expect(said).toContain(named);
    expect(said).not.toMatch(/^\s+at /m);
  });

  test("says which port is taken", async () => {
    const { url, close } = await serve(() => undefined);
    const { code, said } = await edgeOutcome(["--origin", "http://127.0.0.1:1", "--port", new URL(url).port]);
    expect({ code, said }).toEqual({
      code: 1,
      said: `Cannot start: port ${new URL(url).port} is taken; choose another with --port`,
    });
    await close();
  });
});
