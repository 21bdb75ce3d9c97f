import type { UseStore } from "idb-keyval";
import { promisifyRequest } from "idb-keyval";
import { withDeadline } from "../../src/index.ts";

/** Entries by key; what an eviction must know of each, by the same key, with indexes by use and expiry; everything else. */
export type StoreName = "body" | "meta" | "sys";

/** One IndexedDB database that may be missing, hang, close, or be deleted at any time. */
export interface Database {
  /** One of its object stores, in the shape that idb-keyval's functions take. A transaction on `meta` covers all three. */
  use(store: StoreName): UseStore;
  /** Whether there is a database to work with. `false` is final. */
  ready(): Promise<boolean>;
  /** Ends the connection; whatever is asked afterwards rejects. */
  close(): void;
}

export interface DatabaseOptions {
  readonly name: string;
  /** Called at most once, if the database cannot be opened. */
  readonly onUnavailable: (error: unknown) => void;
  /** The browser has taken the connection away: whether all that stood there is gone too shows when it is opened anew. */
  readonly onLost: (isGone: Promise<boolean>) => void;
}

const STORES: readonly StoreName[] = ["body", "meta", "sys"];
const SCHEMA = 1;
const OPEN_WITHIN_SECONDS = 1;

/** What a transaction fails with when the connection under it is gone, in one browser or another. */
const LOST: ReadonlySet<string> = new Set(["InvalidStateError", "UnknownError", "AbortError"]);

/**
 * Opens a database at once and keeps the connection; lost, it is opened anew, and what was under way is done again
 * once. A database that does not open within a second counts as missing from then on.
 */
export function openDatabase({ name, onUnavailable, onLost }: DatabaseOptions): Database {
  let connection: Promise<IDBDatabase> | undefined;
  let isOver = false;
  let isNew = false;

  async function connected(): Promise<IDBDatabase> {
    isNew = false;
    const connect = (): Promise<IDBDatabase> => openOnce(name, () => (isNew = true));
    // Asked for while the browser removes what there is, it is refused, and made anew the next time.
    const connecting = connect().catch((error: unknown) => {
      if (isNamed(error, LOST)) return connect();
      throw error;
    });
    try {
      const database = await withDeadline(connecting, OPEN_WITHIN_SECONDS, "opening the database");
      const own = connection;
      database.onversionchange = () => {
        // Another tab deletes or upgrades it, and waits until we have let go.
        database.close();
        forget(own);
      };
      database.onclose = () => {
        forget(own);
        onLost(open().then(() => isNew));
      };
      return database;
    } catch (error) {
      // Should it open after all, it must not stand in the way of others.
      connecting.then(
        (late) => late.close(),
        () => undefined,
      );
      if (!isOver) onUnavailable(error);
      isOver = true;
      throw error;
    }
  }

  /** Unless there is another one by now. */
  function forget(lost: Promise<IDBDatabase> | undefined): void {
    if (connection === lost) connection = undefined;
  }

  function open(): Promise<IDBDatabase> {
    if (isOver) return Promise.reject(new Error("There is no database"));
    return (connection ??= connected());
  }

  function begin(database: IDBDatabase, mode: IDBTransactionMode, store: StoreName): IDBObjectStore {
    const scope = store === "meta" ? STORES : store;
    return database.transaction(scope, mode, { durability: "relaxed" }).objectStore(store);
  }

  async function ready(): Promise<boolean> {
    if (isOver) return false;
    return open().then(
      () => !isOver,
      () => false,
    );
  }

  void ready();
  return {
    ready,
    use: (store) => async (mode, callback) => {
      const opened = open();
      try {
        return await callback(begin(await opened, mode, store));
      } catch (error) {
        if (isOver || !isNamed(error, LOST)) throw error;
        forget(opened);
        void opened.then((lost) => lost.close());
        return callback(begin(await open(), mode, store));
      }
    },
    close() {
      isOver = true;
      connection?.then(
        (database) => database.close(),
        () => undefined,
      );
    },
  };
}

/** Whether an error has one of the names: IndexedDB's errors differ in nothing else. */
export function isNamed(error: unknown, names: ReadonlySet<string>): boolean {
  return error instanceof Error && names.has(error.name);
}

/** Async, so that a missing or forbidden `indexedDB` is a rejection as well. */
async function openOnce(name: string, onNew: () => void): Promise<IDBDatabase> {
  const request = globalThis.indexedDB.open(name, SCHEMA);
  request.onupgradeneeded = () => {
    onNew();
    const meta = request.result.createObjectStore("meta");
    meta.createIndex("usedAt", "usedAt");
    meta.createIndex("expiresAt", "expiresAt");
    request.result.createObjectStore("body");
    request.result.createObjectStore("sys");
  };
  const database = await promisifyRequest(request);
  if (STORES.every((store) => database.objectStoreNames.contains(store))) return database;
  database.close();
  throw new Error(`The database ${name} is not ours`);
}
