import { DatabaseSync } from "node:sqlite";

export interface Article {
  readonly id: number;
  readonly title: string;
  readonly body: string;
}

/** The table of articles. */
export interface Articles {
  all(): readonly Pick<Article, "id" | "title">[];
  find(id: number): Article | null;
  /** Resolves to whether there is such an article. */
  save(article: Article): boolean;
  /** How often the database was read. */
  readonly reads: number;
  close(): void;
}

const FIRST = ["Tides", "Moons", "Harbours"];

/** @param path of the database file, which is made and filled if it is missing; `:memory:` for none */
export function openArticles(path: string): Articles {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("CREATE TABLE IF NOT EXISTS article (id INTEGER PRIMARY KEY, title TEXT, body TEXT) STRICT");
  const insert = database.prepare("INSERT OR IGNORE INTO article VALUES (?, ?, ?)");
  for (const [index, title] of FIRST.entries()) insert.run(index + 1, title, `An article about ${title}.`);
  const all = database.prepare("SELECT id, title FROM article ORDER BY id");
  const find = database.prepare("SELECT id, title, body FROM article WHERE id = ?");
  const update = database.prepare("UPDATE article SET title = ?, body = ? WHERE id = ?");
  let reads = 0;
  return {
    all() {
      reads += 1;
      return all.all().map((row) => ({ id: Number(row["id"]), title: String(row["title"]) }));
    },
    find(id) {
      reads += 1;
      const row = find.get(id);
      return row ? { id, title: String(row["title"]), body: String(row["body"]) } : null;
    },
    save: ({ id, title, body }) => update.run(title, body, id).changes > 0,
    get reads() {
      return reads;
    },
    close: () => database.close(),
  };
}
