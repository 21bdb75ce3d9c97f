import { cannot } from "../../errors.ts";

/** What is bound to the marks of a statement. */
export type SqlValue = string | number | Uint8Array;

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** What this library needs of a SQLite database; `sqlDatabase` makes one of the databases it knows. */
export interface SqlDatabase {
  /** The rows: at once where the database works in the foreground. */
  read(sql: string, values: readonly SqlValue[]): readonly SqlRow[] | Promise<readonly SqlRow[]>;
  /** How many rows it changed. */
  write(sql: string, values: readonly SqlValue[]): number | Promise<number>;
}

/** `DatabaseSync` of `node:sqlite`. */
export interface NodeSqliteDatabase {
  prepare(sql: string): {
    all(...values: SqlValue[]): object[];
    run(...values: SqlValue[]): { readonly changes: number | bigint };
  };
}

/** Cloudflare D1, as a Worker is given it. */
export interface D1Like {
  readonly batch: unknown;
  prepare(sql: string): {
    bind(...values: SqlValue[]): {
      all(): Promise<{ readonly results: object[]; readonly meta: { readonly changes?: number } }>;
    };
  };
}

/** A database of `node:sqlite`, a D1, or anything with the members of {@link SqlDatabase}. */
export type SqlClient = NodeSqliteDatabase | D1Like | SqlDatabase;

/**
 * One way to send statements, whichever database there is.
 *
 * @throws {TypeError} if it is none of those it knows, nor a {@link SqlDatabase} itself
 */
export function sqlDatabase(database: SqlClient): SqlDatabase {
  if (typeof database === "object" && database !== null) {
    if ("read" in database) return database;
    if ("batch" in database) return ofD1(database);
    if ("prepare" in database) return ofNode(database);
  }
  throw new TypeError(cannot("use SQL", "it needs a database of node:sqlite or a D1", database));
}

function ofD1(database: D1Like): SqlDatabase {
  const run = (sql: string, values: readonly SqlValue[]) =>
    database
      .prepare(sql)
      .bind(...values)
      .all();
  return {
    read: async (sql, values) => (await run(sql, values)).results as SqlRow[], // Rows are plain objects.
    write: async (sql, values) => (await run(sql, values)).meta.changes ?? 0,
  };
}

function ofNode(database: NodeSqliteDatabase): SqlDatabase {
  /** There are as many as the store has kinds of statements: a few dozen. */
  const prepared = new Map<string, ReturnType<NodeSqliteDatabase["prepare"]>>();

  function statement(sql: string): ReturnType<NodeSqliteDatabase["prepare"]> {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const made = database.prepare(sql);
    prepared.set(sql, made);
    return made;
  }

  return {
    read: (sql, values) => statement(sql).all(...values) as SqlRow[], // Rows are plain objects.
    write: (sql, values) => Number(statement(sql).run(...values).changes),
  };
}
