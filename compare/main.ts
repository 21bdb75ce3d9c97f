// Puts caches side by side through a purge during a fill, and prints (or writes into docs/purge.md) what came back.
import { LIBRARIES } from "./libraries.ts";
import { comparison, REDIS } from "./options.ts";
import { repeat, told } from "./outcomes.ts";
import { writeTable } from "./page.ts";
import { race } from "./race.ts";
import { SERVERS } from "./servers.ts";
import { versionOf } from "./versions.ts";

const { tries, write } = comparison([{ file: "/usr/sbin/varnishd", debianPackage: "varnish" }, REDIS]);

const rows = ["| cache | dropped by | old value back after the purge |", "| --- | --- | --- |"];
for (const contender of [...SERVERS, ...LIBRARIES]) {
  const outcomes = await repeat(tries, () => race(contender));
  const row = `| ${contender.cache} ${versionOf(contender.cache)} | ${contender.by} | ${told(outcomes)} |`;
  rows.push(row);
  console.log(row);
}
if (write) writeTable("purge.md", "compare:purge", rows);
