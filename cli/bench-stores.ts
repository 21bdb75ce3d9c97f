import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  memcachedStore,
  memoryStore,
  redisStore,
  sqlStore,
  tieredStore,
  unstorageStore,
  withDeadline,
  type Store,
} from "../src/index.ts";
import type { StoreName } from "./bench-names.ts";

/** A store to be measured. */
export interface Opened {
  readonly name: StoreName;
  readonly store: Store;
  close(): Promise<void>;
}

/** What opening a store may need. */
export interface Places {
  /** What keys in shared stores begin with. */
  readonly prefix: string;
  readonly redisUrl: string;
  readonly memcached: string;
  /** How much there will be at once. */
  readonly values: number;
  readonly size: number;
}

/** What one entry takes besides its value, at the most. */
const OVERHEAD = 1_024;
/** How long that may take, in seconds. */
const CONNECTING = 10;
/** How long one call may take: what is measured is not to be cut off. */
const PATIENCE = "10s";

const OPENERS: Readonly<Record<StoreName, (places: Places) => Promise<Omit<Opened, "name">>>> = {
  memory: async (places) => ({ store: memoryFor(places), close: async () => undefined }),
  redis: openRedis,
  memcached: openMemcached,
  sqlite: openSqlite,
  files: openFiles,
  async tiered(places) {
    const { store, close } = await openSqlite(places);
    const tiers = [
      { name: "memory", store: memoryFor(places) },
      { name: "sqlite", store, timeout: PATIENCE },
    ];
    return { store: tieredStore(tiers), close };
  },
};

/** Opens a store, and sees that it answers. @throws {Error} with a sentence that says why it cannot be used */
export async function openStore(name: StoreName, places: Places): Promise<Opened> {
  const opened = await OPENERS[name](places);
  try {
    await opened.store.get("is-anybody-there");
    return { name, ...opened };
  } catch (error) {
    await opened.close();
    throw new Error(`the store ${name} does not answer (${reasonOf(error)})`, { cause: error });
  }
}

function memoryFor({ values, size }: Places): Store {
  const entry = 2 * size + OVERHEAD;
  return memoryStore({ maxBytes: (values + 1) * entry, maxEntryBytes: entry });
}

async function openRedis({ redisUrl, prefix }: Places): Promise<Omit<Opened, "name">> {
  const { Redis } = await peer("redis", "ioredis", () => import("ioredis"));
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  let failure: unknown;
  client.on("error", (error) => void (failure ??= error));
  try {
    await withDeadline(client.connect(), CONNECTING, "connecting");
  } catch (error) {
    client.disconnect();
    const { host } = new URL(redisUrl);
    throw new Error(`redis at ${host} cannot be reached (${reasonOf(failure ?? error)})`, { cause: error });
  }
  return {
    store: redisStore({ client, prefix, timeout: PATIENCE }),
    close: async () => client.disconnect(),
  };
}

async function openMemcached({ memcached, prefix }: Places): Promise<Omit<Opened, "name">> {
  const { default: memjs } = await peer("memcached", "memjs", () => import("memjs"));
  const client = memjs.Client.create(memcached, { logger: { log: () => undefined }, retries: 1 });
  return {
    store: memcachedStore({ client, prefix, timeout: PATIENCE }),
    close: async () => client.close(),
  };
}

async function openSqlite({ values, size }: Places): Promise<Omit<Opened, "name">> {
  const { DatabaseSync } = await peer("sqlite", "node:sqlite", () => import("node:sqlite"));
  const folder = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
  const database = new DatabaseSync(join(folder, "bench.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  return {
    store: sqlStore({
      database,
      maxEntries: 2 * values,
      maxEntryBytes: size + OVERHEAD,
      timeout: PATIENCE,
    }),
    async close() {
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openFiles({ prefix }: Places): Promise<Omit<Opened, "name">> {
  const [{ createStorage }, { default: driver }] = await peer("files", "unstorage", () =>
    Promise.all([import("unstorage"), import("unstorage/drivers/fs-lite")]),
  );
  const folder = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
  const storage = createStorage({ driver: driver({ base: folder }) });
  return {
    store: unstorageStore(storage, { prefix, timeout: PATIENCE }),
    async close() {
      await storage.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Loads what only this store needs. */
async function peer<T>(store: StoreName, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const remedy = name.startsWith("node:") ? "a newer Node" : `the package ${name}: npm install ${name}`;
    throw new Error(`the store ${store} needs ${remedy}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "for an unknown reason";
  const { message, code } = error as NodeJS.ErrnoException; // A system's error has one, others have none.
  return message === "" && code !== undefined ? code : message;
}
