import { request, type ClientRequest } from "node:http";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { freePort, serve } from "./support/edge-process.ts";

/** What the origin was asked for, and what holds its answers back. */
const asked: string[] = [];
let gate = Promise.withResolvers<void>();
let url: string;
let workerd: Miniflare;
let origin: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  origin = await serve((incoming, response) => {
    asked.push(incoming.url ?? "");
    void gate.promise.then(() => response.end(`${incoming.url} ${asked.length}`));
  });
  const port = await freePort();
  const contents = await bundleWorker(new URL("../worker/support/values-app.tsx", import.meta.url));
  workerd = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.NONE),
      cf: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: "values",
          modules: [{ type: "ESModule", path: "worker.js", contents }],
          compatibilityDate: "2026-11-01",
          compatibilityFlags: ["no_nodejs_compat", "no_nodejs_compat_v2"],
          bindings: { ORIGIN: origin.url, TIERS: "memory,cache,kv" },
          kvNamespaces: { CACHE_KV: "tidemark" },
          durableObjects: { LEDGER: { className: "LedgerObject", useSQLite: true } },
          unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        },
      ],
    }),
  );
  await workerd.ready;
  url = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  await workerd.dispose();
  await origin.close();
});

beforeEach(() => {
  asked.length = 0;
  gate = Promise.withResolvers();
});

const text = async (path: string, init?: RequestInit): Promise<string> =>
  (await fetch(url + path, init)).text();

/** The client goes, with a reset: workerd ends its request then, and has heard of it after some more requests. */
async function leave(client: ClientRequest): Promise<void> {
  client.on("error", () => undefined);
  client.socket?.resetAndDestroy();
  for (let turn = 0; turn < 20; turn += 1) await text("/ping");
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => void setTimeout(resolve, 5));
}

describe("c.var.cache in workerd", () => {
  test("8 misses at once ask once, and 7 are answered although the first client leaves", async () => {
    await text("/ping");
    const first = request(`${url}/value/abandoned`).end();
    await until(() => asked.length === 1);
    const others = Array.from({ length: 7 }, async () => {
      const response = await fetch(`${url}/value/abandoned`);
      return [response.status, await response.text()] as const;
    });
    for (let turn = 0; turn < 5; turn += 1) await text("/ping");
    await leave(first);
    gate.resolve();
    expect(await Promise.all(others)).toEqual(Array.from({ length: 7 }, () => [200, "/abandoned 1"]));
    expect(asked).toHaveLength(1);
  });

  test("a request whose client has left fills the cache all the same", async () => {
    const first = request(`${url}/value/alone`).end();
    await until(() => asked.length === 1);
    await leave(first);
    gate.resolve();
    expect(await text("/value/alone")).toBe("/alone 1");
    expect(await text("/value/alone")).toBe("/alone 1");
  });

  test("a handler's purge of a tag drops values and responses, and the purge API's does too", async () => {
    gate.resolve();
    const both = async () => [await text("/value/both"), await text("/page/both")];
    const kept = await both();
    expect(await both()).toEqual(kept);
    await text("/save/both", { method: "POST" });
    const saved = await both();
    expect(saved[0]).not.toBe(kept[0]);
    expect(saved[1]).not.toBe(kept[1]);
    expect(await both()).toEqual(saved);
    await fetch(`${url}/_tidemark/purge`, {
      method: "POST",
      headers: { authorization: "Bearer a-token-for-the-tests" },
      body: JSON.stringify({ tags: ["row:both"] }),
    });
    const purged = await both();
    expect(purged[0]).not.toBe(saved[0]);
    expect(purged[1]).not.toBe(saved[1]);
  });

  test("fragments of a page are kept where no AsyncLocalStorage follows what is rendered", async () => {
    const [one, two] = [await text("/fragments/one"), await text("/fragments/two")];
    expect(one).toMatch(/^<main><div><b>\/fragments\/one [-\w]+<\/b>[-\w]+<\/div><\/main>$/);
    expect(await text("/fragments/one")).toBe(one);
    const inner = (html: string): string | undefined => /<b>.*<\/b>/.exec(html)?.[0];
    expect([two === one, inner(two)]).toEqual([false, inner(one)]);
  });
});
