import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openDatabase } from "../../demo/origin/database.ts";
import { loadedAt, temporaryFolder } from "./support.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function open(): { lines: string[]; countries: unknown } {
  const lines: string[] = [];
  const database = openDatabase({ dataDir: folder.path, now: loadedAt, report: (line) => lines.push(line) });
  const row = database.prepare("SELECT count(*) AS countries FROM country").get();
  database.close();
  return { lines, countries: row?.["countries"] };
}

describe("openDatabase()", { timeout: 60_000 }, () => {
  test("loads once: the second start finds everything there", () => {
    const first = open();
    expect(first.lines[0]).toMatch(/^loading 250 countries and 1\d\d,\d{3} cities/);
    expect(first.countries).toBe(250);
    expect(open()).toEqual({ lines: [], countries: 250 });
  });

  test("rebuilds a file of another schema version", () => {
    open();
    const database = new DatabaseSync(join(folder.path, "countries.sqlite"));
    database.exec("PRAGMA user_version = 999; DELETE FROM country");
    database.close();
    const again = open();
    expect(again.lines).not.toEqual([]);
    expect(again.countries).toBe(250);
  });

  test("an interrupted load left nothing that counts: the next start loads again", () => {
    const lines: string[] = [];
    const interrupt = (line: string): void => {
      lines.push(line);
      if (lines.length === 2) throw new Error("interrupted");
    };
    expect(() => openDatabase({ dataDir: folder.path, now: loadedAt, report: interrupt })).toThrow(
      "interrupted",
    );
    expect(open().countries).toBe(250);
  });

  test("replaces a file that is no database", () => {
    writeFileSync(
      join(folder.path, "countries.sqlite"),
      "not a database, but long enough to look at".repeat(50),
    );
    const { lines, countries } = open();
    expect(lines[0]).toMatch(/damaged/);
    expect(countries).toBe(250);
  });
});
