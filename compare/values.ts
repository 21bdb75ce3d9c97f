// Puts caches of values side by side through what docs/values.md promises, and prints (or writes into it) what came of it.
import { comparison, REDIS } from "./options.ts";
import { repeat, told } from "./outcomes.ts";
import { writeTable } from "./page.ts";
import { CONTENDERS } from "./values/contenders.ts";
import type { ValueContender } from "./values/contender.ts";
import { redisProgram, type RedisProgram } from "./values/redis.ts";
import { stampede } from "./values/stampede.ts";
import { outage, outlives, raced, survivors } from "./values/trials.ts";
import { versionOf } from "./versions.ts";

const { tries, write } = comparison([REDIS]);

// What a library rejects where nobody listens ends a program of its users; here the others have their turn.
process.on("unhandledRejection", (reason) => console.error(`Nobody listened: ${String(reason)}`));

const HEAD = [
  "cache",
  "old value back after a delete during a fill",
  "the same, deleted by another instance",
  "calls of the producer, 4 processes with 100 reads each",
  "a read while Redis refuses",
  "a read while Redis is silent",
  "values that come back from Redis as they were",
  "a copy in memory outlives its value",
];
const rows = [row(HEAD), row(HEAD.map(() => "---"))];
const redis = await redisProgram();
for (const contender of CONTENDERS) {
  const cells = row(await tried(contender, redis));
  rows.push(cells);
  console.log(cells);
}
await redis.stop();
if (write) writeTable("values.md", "compare:values", rows);
// Some go on to look for a Redis that is gone.
process.exit();

async function tried(contender: ValueContender, on: RedisProgram): Promise<readonly string[]> {
  const { name } = contender;
  const here = await repeat(tries, () => raced(contender, "here", on));
  const elsewhere = await repeat(tries, () => raced(contender, "elsewhere", on));
  const calls = await repeat(tries, () => stampede(contender, on));
  const { kept, lost } = await survivors(contender, on);
  const isOutlived = await outlives(contender, on);
  const refusing = await repeat(tries, () => outage(contender, on, "refuses"));
  const silent = await repeat(tries, () => outage(contender, on, "silent"));
  return [
    `${name} ${versionOf(name)}`,
    told(here),
    told(elsewhere),
    range(calls),
    answered(refusing),
    answered(silent),
    lost.length === 0 ? "all" : kept.length === 0 ? "none" : `${kept.join(", ")}; not ${lost.join(", ")}`,
    isOutlived === undefined ? "no such tier" : isOutlived ? "yes" : "no",
  ];
}

function range(numbers: readonly number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

/** The slowest of the answers, or what there was instead of one. */
function answered(outcomes: readonly Awaited<ReturnType<typeof outage>>[]): string {
  const count = (outcome: unknown): number => outcomes.filter((each) => each === outcome).length;
  const times = outcomes.filter((each) => typeof each === "number");
  const failures = [
    ...(count("rejected") > 0 ? [`${count("rejected")} of ${outcomes.length} rejected`] : []),
    ...(count(undefined) > 0 ? [`${count(undefined)} of ${outcomes.length} not within 10 s`] : []),
  ];
  const slowest = times.length === 0 ? [] : [`${(Math.max(...times) / 1_000).toFixed(2)} s`];
  return [...slowest, ...failures].join(", ");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
