import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../bench/run.ts", import.meta.url));

/** As much of the report as is looked at here. */
interface Told {
  readonly subjects: readonly {
    readonly name: string;
    readonly races: readonly {
      readonly results: readonly { readonly name: string; readonly median: number }[];
    }[];
  }[];
}

function bench(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("npm run bench", () => {
  // No figure is looked at: a machine that is busy must not fail a test.
  test("measures each subject beside its peers, ours first", () => {
    const { status, stdout, stderr } = bench("--json", "--rounds", "1", "--milliseconds", "1");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { subjects } = JSON.parse(stdout) as Told;
    const peers: Record<string, string[]> = {
      decisions: ["http-cache-semantics"],
      "cache-control": [
        ...["cache-control-parser", "@tusbar/cache-control", "parse-cache-control"],
        "http-cache-semantics (a policy)",
      ],
      hit: ["undici", "`new Response` alone"],
    };
    expect(subjects.map(({ name }) => name)).toEqual(Object.keys(peers));
    for (const { name, races } of subjects) {
      const results = races.map((race) => race.results);
      for (const [ours] of results) expect(ours?.name).toBe("tidemark");
      const all = results.flat();
      expect(all.map((result) => result.name)).toEqual(expect.arrayContaining(peers[name] ?? []));
      for (const { median } of all) expect(median).toBeTypeOf("number");
    }
  });

  test("measures only what is named, and says what there is when the name is another", () => {
    const { stdout } = bench("cache-control", "--json", "--rounds", "1", "--milliseconds", "1");
    expect((JSON.parse(stdout) as Told).subjects.map(({ name }) => name)).toEqual(["cache-control"]);
    const wrong = bench("hits");
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('there is no subject "hits"');
    expect(wrong.stderr).toContain("decisions | cache-control | hit");
  });

  test.each(["0", "x", "1.5"])("refuses %s rounds with a sentence", (rounds) => {
    const { status, stderr } = bench("--rounds", rounds);
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 1,
      stderr: `Cannot measure: --rounds must be a positive whole number, got "${rounds}"`,
    });
  });
});
