import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { encodeEntry, sqlStore, type Entry } from "../src/index.ts";
import { contestant, type Subject } from "./measure.ts";

const KEYS: readonly string[] = Array.from({ length: 1_000 }, (_, index) => `user:${index}`);
const TTL_MS = 3_600_000;

function entry(): Entry {
  const mark = { epoch: "e", position: 1, labels: ["tag:users"] };
  const facts = { kind: "value", ttl: TTL_MS };
  return { mark, expiresAt: Date.now() + TTL_MS, facts, body: new TextEncoder().encode("x".repeat(100)) };
}

function open(folder: string, name: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, name));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  return database;
}

function inTurn(): () => string {
  let at = 0;
  return () => {
    at = (at + 7) % KEYS.length;
    return KEYS[at] ?? "";
  };
}

async function run(hold: Parameters<Subject["run"]>[0], folder: string): Promise<void> {
  const ours = open(folder, "ours.db");
  const bare = open(folder, "bare.db");
  const store = sqlStore({ database: ours, maxEntries: 100_000 });
  bare.exec(
    "CREATE TABLE rows (key TEXT PRIMARY KEY NOT NULL, expires_at INTEGER NOT NULL, frame BLOB NOT NULL)",
  );
  const select = bare.prepare("SELECT frame, expires_at FROM rows WHERE key = ?");
  const insert = bare.prepare("INSERT OR REPLACE INTO rows (key, frame, expires_at) VALUES (?, ?, ?)");
  const frame = encodeEntry("user:500", entry());
  for (const key of KEYS) {
    await store.set(key, entry(), TTL_MS / 1_000);
    insert.run(key, frame, Date.now() + TTL_MS);
  }
  const [first, second] = [inTurn(), inTurn()];
  await hold({
    title: "one get",
    contestants: [
      contestant("tidemark, `sqlStore.get`", () => store.get(first())),
      contestant("node:sqlite, a prepared `SELECT`, awaited", async () => select.get(second())),
    ],
  });
  await hold({
    title: "one set",
    contestants: [
      contestant("tidemark, `sqlStore.set`", () => store.set(first(), entry(), TTL_MS / 1_000)),
      contestant("node:sqlite, a prepared `INSERT OR REPLACE`, awaited", async () =>
        insert.run(second(), frame, Date.now() + TTL_MS),
      ),
    ],
  });
  ours.close();
  bare.close();
}

export const sqliteSubject: Subject = {
  title: "SQLite",
  about:
    "1,000 keys in a file of its own, `journal_mode = WAL`, `synchronous = NORMAL`. Beside it the statements of `node:sqlite` alone, " +
    "with rows of the same bytes that nobody writes or reads anew.",
  async run(hold) {
    const folder = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
    try {
      await run(hold, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
