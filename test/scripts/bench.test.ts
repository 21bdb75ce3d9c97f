import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { markdown, type Report } from "../../bench/report.ts";

const SCRIPT = fileURLToPath(new URL("../../bench/run.ts", import.meta.url));

/** As much of the report as is looked at here. */
interface Told {
  readonly subjects: readonly {
    readonly name: string;
    readonly races: readonly {
      readonly results: readonly { readonly name: string; readonly median: number }[];
    }[];
    readonly sheets: readonly {
      readonly columns: readonly unknown[];
      readonly rows: readonly { readonly name: string; readonly values: readonly number[] }[];
    }[];
  }[];
}

function bench(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const LITTLE = ["--rounds", "1", "--milliseconds", "1", "--scale", "0.001"];

describe("npm run bench", () => {
  // No figure is looked at: a machine that is busy must not fail a test.
  test("measures each subject beside its peers, ours first", { timeout: 300_000 }, () => {
    const { status, stdout, stderr } = bench("--json", ...LITTLE);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { subjects } = JSON.parse(stdout) as Told;
    const peers: Record<string, string[]> = {
      decisions: ["http-cache-semantics"],
      "cache-control": [
        ...["cache-control-parser", "@tusbar/cache-control", "parse-cache-control"],
        "http-cache-semantics (a policy)",
      ],
      hit: ["undici", "`new Response` alone"],
      values: ["a bare `Map`", "lru-cache `fetch()`", "bentocache", "cacheable", "async-cache-dedupe"],
      memory: ["lru-cache `fetch()`", "bentocache", "@epic-web/cachified over lru-cache"],
      redis: [
        "ioredis, `enableAutoPipelining`",
        "ioredis `mget`",
        "bentocache",
        "cacheable with @keyv/redis",
      ],
      sqlite: ["node:sqlite, a prepared `SELECT`, awaited"],
      compression: ["`gzipSync` of node:zlib, level 1"],
      refresh: ["ttl alone", "jitter 0.2", "early refresh (XFetch, beta 1)"],
      stampede: ["bentocache", "bentocache, with its bus"],
      check: ["the `Map`'s probes alone", "bentocache"],
      purge: [
        ...["tidemark, the tag of 1 entry", "bentocache, `deleteByTag`"],
        ...["an index from tags to keys (`Map` of `Set`s)", "a scan of all entries"],
      ],
      ledger: ["an object that writes one row", "`INCR` alone", "tidemark, each write on disk"],
      snapshot: ["`JSON.parse` alone", "a copy of the snapshot instead"],
      live: ["objects that only send"],
      browser: [
        ...["idb-keyval and `Response`, by hand", "TanStack Query, persister on idb-keyval"],
        ...["axios-cache-interceptor on idb-keyval", "Workbox CacheFirst", "the browser's HTTP cache"],
      ],
    };
    expect(subjects.map(({ name }) => name)).toEqual(Object.keys(peers));
    for (const { name, races, sheets } of subjects) {
      const tables = [...races.map((race) => race.results), ...sheets.map(({ rows }) => rows)];
      for (const [ours] of tables) expect(ours?.name).toMatch(/^tidemark/);
      const names = tables.flatMap((table) => table.map((row) => row.name));
      expect(names).toEqual(expect.arrayContaining(peers[name] ?? []));
      for (const { median } of races.flatMap(({ results }) => results)) expect(median).toBeTypeOf("number");
      for (const { columns, rows } of sheets)
        for (const { values } of rows)
          expect(values).toEqual(Array.from(columns, () => expect.any(Number) as number));
    }
  });

  test("measures only what is named, and says what there is when the name is another", () => {
    const { stdout } = bench("cache-control", "--json", ...LITTLE);
    expect((JSON.parse(stdout) as Told).subjects.map(({ name }) => name)).toEqual(["cache-control"]);
    const wrong = bench("hits");
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('there is no subject "hits"');
    expect(wrong.stderr).toContain("decisions | cache-control | hit | values | memory");
  });

  test("says what a purge takes on the wire: less than 200 bytes", () => {
    const { stdout } = bench("snapshot", "--json", ...LITTLE);
    const { sheets = [] } = (JSON.parse(stdout) as Told).subjects[0] ?? {};
    const [message] = sheets[1]?.rows ?? [];
    expect(message?.name).toBe("tidemark, a live message (WebSocket frame)");
    for (const bytes of message?.values ?? []) expect(bytes).toBeLessThan(200);
  });

  test("writes what was measured, and leaves the page's other sections as they are", () => {
    const report = (date: string, ...titles: readonly string[]): Report => ({
      ...{ date, machine: "a machine", load: 1, versions: { node: "24" } },
      effort: { rounds: 1, milliseconds: 1, scale: 1 },
      subjects: titles.map((title) => ({ name: title, title, about: "About.", races: [], sheets: [] })),
    });
    const first = markdown(report("2026-01-01", "One", "Two"));
    const second = markdown(report("2026-01-02", "Two", "Three"), first);
    const dates = Array.from(
      second.matchAll(/^## (\w+)\n\nAbout\.\n\n_([\d-]+),/gm),
      ([, ...found]) => found,
    );
    expect(dates).toEqual([
      ["One", "2026-01-01"],
      ["Two", "2026-01-02"],
      ["Three", "2026-01-02"],
    ]);
    expect(markdown(report("2026-01-02", "Two", "Three"), second)).toBe(second);
  });

  test.each(["0", "1.5", "x"])("refuses a scale of %s with a sentence", (scale) => {
    const { status, stderr } = bench("--scale", scale);
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 1,
      stderr: `Cannot measure: --scale must be a number above 0 and at most 1, got "${scale}"`,
    });
  });

  test.each(["0", "x", "1.5"])("refuses %s rounds with a sentence", (rounds) => {
    const { status, stderr } = bench("--rounds", rounds);
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 1,
      stderr: `Cannot measure: --rounds must be a positive whole number, got "${rounds}"`,
    });
  });
});
