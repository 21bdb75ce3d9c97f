import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "../../../scripts/bundle-worker.ts";

const TOKEN = "a-token-for-the-colos";

/** An edge in a workerd of its own, as one place of the network would be. */
export interface Colo {
  read(path: string, headers?: Record<string, string>): Promise<{ body: string; status: string }>;
  purge(what: object): Promise<{ token: string }>;
}

export interface Colos {
  readonly places: readonly [Colo, Colo];
  /** Ends the process of the ledger, and starts it again with what it had written. */
  readonly ledger: { stop(): Promise<void>; start(): Promise<void> };
  close(): Promise<void>;
}

/**
 * Two edges and a ledger, each in its own workerd: memories of their own, one Workers KV on disk, one ledger in a Durable
 * Object that both reach from outside.
 */
export async function startColos(origin: string): Promise<Colos> {
  const folder = await mkdtemp(join(tmpdir(), "colos-"));
  const contents = await bundleWorker();
  const worker = {
    modules: [{ type: "ESModule" as const, path: "worker.js", contents }],
    compatibilityDate: "2026-11-01",
    bindings: { ORIGIN_URL: origin, PURGE_TOKEN: TOKEN, TIERS: "memory,kv" },
  };
  const own = { className: "LedgerObject", useSQLite: true };
  const others = { className: "LedgerObject", scriptName: "ledger" };

  function start(name: string, ledger: typeof own | typeof others): Miniflare {
    return new Miniflare(
      convertV4MiniflareOptions({
        log: new Log(LogLevel.NONE),
        cf: false,
        telemetry: { enabled: false },
        unsafeDevRegistryPath: join(folder, "registry"),
        resourcePersistencePath: join(folder, name === "ledger" ? name : "shared"),
        workers: [
          { ...worker, name, kvNamespaces: { CACHE_KV: "tidemark" }, durableObjects: { LEDGER: ledger } },
        ],
      }),
    );
  }

  let ledger: Miniflare | undefined = start("ledger", own);
  await ledger.ready;
  const edges = [start("edge-a", others), start("edge-b", others)] as const;
  const addresses = await Promise.all([edges[0].ready, edges[1].ready]);
  return {
    places: [placeAt(addresses[0]), placeAt(addresses[1])],
    ledger: {
      async stop() {
        await ledger?.dispose();
        ledger = undefined;
      },
      async start() {
        ledger = start("ledger", own);
        await ledger.ready;
      },
    },
    async close() {
      await Promise.all([...edges, ...(ledger === undefined ? [] : [ledger])].map((edge) => edge.dispose()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function placeAt(address: URL): Colo {
  return {
    async read(path, headers = {}) {
      const response = await fetch(new URL(path, address), { headers });
      return { body: await response.text(), status: response.headers.get("cache-status") ?? "" };
    },
    async purge(what) {
      const response = await fetch(new URL("/_tidemark/purge", address), {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(what),
      });
      const answer = (await response.json()) as { result?: { token: string } }; // Our own API's shape.
      if (answer.result === undefined) throw new Error(`The purge was answered ${response.status}`);
      return answer.result;
    },
  };
}
