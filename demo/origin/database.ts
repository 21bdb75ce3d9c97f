import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { loadCountries } from "./load.ts";
import { number } from "./rows.ts";

/** Raise it whenever the tables or what is loaded into them change: an older file is then rebuilt. */
const schemaVersion = 1;

const schema = `
  CREATE TABLE country (
    code TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    region_slug TEXT NOT NULL,
    subregion TEXT NOT NULL,
    capital TEXT,
    flag TEXT NOT NULL,
    area REAL NOT NULL,
    note TEXT,
    facts TEXT NOT NULL,
    city_count INTEGER NOT NULL,
    city_population INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE country_name (
    code TEXT NOT NULL,
    language TEXT NOT NULL,
    common TEXT NOT NULL,
    official TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (code, language)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE city (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    population INTEGER NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL
  ) STRICT;
  CREATE INDEX city_by_country ON city (code, population DESC);
  CREATE INDEX city_by_name ON city (folded);
`;

export interface OpenOptions {
  /** Folder of the database file; made when it is missing. */
  dataDir: string;
  now: number;
  /** Hears one sentence about each step that takes long. */
  report?: (line: string) => void;
}

/**
 * Opens `countries.sqlite` and fills it on the first start. The fill is one transaction that also
 * sets the schema version, so an interrupted one leaves a file that counts as empty. A file of
 * another schema version, or one that is no database at all, is rebuilt.
 */
export function openDatabase({ dataDir, now, report = () => {} }: OpenOptions): DatabaseSync {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, "countries.sqlite");
  try {
    return openAndFill(path, now, report);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    report("the database file is damaged, building it anew");
    for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    return openAndFill(path, now, report);
  }
}

function openAndFill(path: string, now: number, report: (line: string) => void): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  try {
    if (versionOf(database) !== schemaVersion) fill(database, now, report);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function fill(database: DatabaseSync, now: number, report: (line: string) => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have filled it while this one waited for the lock.
    if (versionOf(database) !== schemaVersion) {
      for (const table of ["country", "country_name", "city"]) database.exec(`DROP TABLE IF EXISTS ${table}`);
      database.exec(schema);
      loadCountries(database, now, report);
      database.exec(`PRAGMA user_version = ${schemaVersion}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    // A damaged file ends the transaction by itself; a second ROLLBACK would hide the real error.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  const row = database.prepare("PRAGMA user_version").get();
  return row === undefined ? 0 : number(row, "user_version");
}

/** SQLITE_CORRUPT is 11, SQLITE_NOTADB is 26; an extended code keeps the plain one in its low byte. */
function isUnreadable(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  const code = error.errcode & 0xff;
  return code === 11 || code === 26;
}
