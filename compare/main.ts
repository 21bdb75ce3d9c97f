// Puts caches side by side through a purge during a fill, and prints (or writes into docs/purge.md) what came back.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureTool } from "../scripts/ensure-tool.ts";
import { LIBRARIES } from "./libraries.ts";
import { race, type Contender, type Outcome } from "./race.ts";
import { SERVERS } from "./servers.ts";
import { versionOf } from "./versions.ts";

const PAGE = new URL("../docs/purge.md", import.meta.url);
const START = "<!-- Written by npm run compare:purge -- --write -->";
const END = "<!-- End of what is written -->";

const { values } = parseArgs({
  options: { tries: { type: "string", default: "5" }, write: { type: "boolean", default: false } },
});
const tries = Number(values.tries);
if (!Number.isInteger(tries) || tries < 1) throw new RangeError("--tries must be a whole number from 1");
for (const file of [
  { file: "/usr/sbin/varnishd", debianPackage: "varnish" },
  { file: "/usr/bin/redis-server", debianPackage: "redis-server" },
]) {
  const left = ensureTool(file);
  if (left !== undefined) throw new Error(left);
}

const rows = ["| cache | dropped by | old value back after the purge |", "| --- | --- | --- |"];
for (const contender of [...SERVERS, ...LIBRARIES]) {
  const outcomes = await repeat(contender);
  const row = `| ${contender.cache} ${versionOf(contender.cache)} | ${contender.by} | ${told(outcomes)} |`;
  rows.push(row);
  console.log(row);
}
if (values.write) {
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.split(START)[0], page.split(END)[1]];
  if (before === undefined || after === undefined)
    throw new Error(`docs/purge.md has no place for the table`);
  writeFileSync(PAGE, `${before}${START}\n\n${rows.join("\n")}\n\n${END}${after}`);
}

async function repeat(contender: Contender): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let done = 0; done < tries; done += 1) outcomes.push(await race(contender));
  return outcomes;
}

function told(outcomes: readonly Outcome[]): string {
  const old = outcomes.filter((outcome) => outcome === "old").length;
  const waited = outcomes.some((outcome) => outcome === "waited")
    ? ", but the purge waited for the fill"
    : "";
  return `${old} of ${outcomes.length}${waited}`;
}
