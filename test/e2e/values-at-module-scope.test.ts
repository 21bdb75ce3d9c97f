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
    const answer = `${incoming.url} ${asked.length}`;
    void gate.promise.then(() => response.end(answer));
  });
  const port = await freePort();
  const contents = await bundleWorker(new URL("../worker/support/module-scope-app.ts", import.meta.url));
  workerd = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.NONE),
      cf: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: "module-scope",
          modules: [{ type: "ESModule", path: "worker.js", contents }],
          compatibilityDate: "2026-11-01",
          compatibilityFlags: ["no_nodejs_compat", "no_nodejs_compat_v2"],
          bindings: { ORIGIN: origin.url },
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

const text = async (path: string): Promise<string> => (await fetch(url + path)).text();

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => void setTimeout(resolve, 5));
}

/** Two requests for the same, the second while the first waits for the origin. */
async function twice(path: string): Promise<readonly string[]> {
  const first = text(path);
  await until(() => asked.length === 1);
  const second = text(path);
  for (let turn = 0; turn < 5; turn += 1) await text("/ping");
  gate.resolve();
  return Promise.all([first, second]);
}

describe("caches of values that a worker makes at module scope", () => {
  test("a worker that makes caches, ledgers, views and stores before any request starts, and keeps values", async () => {
    expect(await text("/keep/one")).toBe("/keep/one /keep/one /keep/one 2");
  });

  test("their purges work", async () => {
    expect(await text("/purge/one")).toBe("undefined undefined");
  });

  test("a Response goes to the request that fetched it; who waited for it fetches for itself", async () => {
    expect(await twice("/response/one")).toEqual(["/response/one 1", "/response/one 2"]);
  });

  test("plain data that is too large to be kept is shared by all who waited for it", async () => {
    expect(await twice("/large/one")).toEqual(["/large/one 1", "/large/one 1"]);
    expect(asked).toHaveLength(1);
  });

  test("a question to the ledger that died with a request that only peeked holds up no other at the same instant", async () => {
    gate.resolve();
    expect(await text("/get/one")).toBe("/get/one");
    gate = Promise.withResolvers();
    expect(await text("/peek/one")).toBe("undefined");
    const other = text("/get/two");
    for (let turn = 0; turn < 5; turn += 1) await text("/ping");
    gate.resolve();
    expect(await other).toBe("/get/two");
  });
});
