import { randomBytes } from "node:crypto";
import { AT_ONCE, measure, ROUNDS, type Measured, type Rates } from "./bench-measure.ts";
import { isStoreName, STORE_NAMES, type StoreName } from "./bench-names.ts";
import type { Opened } from "./bench-stores.ts";
import { UsageError, type Command, type Given, type Surroundings } from "./command.ts";
import { noOperands } from "./connection.ts";

export const bench: Command = {
  name: "bench",
  summary: "Measures stores here: how many sets, gets and deletes a second.",
  operands: "",
  options: {
    store: {
      type: "string",
      value: "NAMES",
      help: `some of ${STORE_NAMES.join(",")} (default memory,sqlite)`,
    },
    values: { type: "string", value: "N", help: "how many keys (default 1000)" },
    size: { type: "string", value: "S", help: "characters of each value (default 100)" },
    "redis-url": {
      type: "string",
      value: "URL",
      help: "for redis (or REDIS_URL; default redis://127.0.0.1:6379)",
    },
    memcached: {
      type: "string",
      value: "HOST:PORT",
      help: "for memcached (or MEMCACHED; default 127.0.0.1:11211)",
    },
    json: { type: "boolean", help: "print the result as JSON" },
  },
  notes: [
    "Keys have a prefix of their own and are deleted. sqlite (journal_mode WAL, synchronous NORMAL), files and tiered",
    "(memory in front of sqlite) use a folder of their own among the system's temporary files.",
    "redis needs the package ioredis, memcached memjs, files unstorage.",
    "",
    "Exit status: 0 done, 1 a store failed or cannot be reached, 2 wrong usage.",
  ],
  async run(given, surroundings) {
    noOperands(given);
    const names = storesOf(given);
    const [values, size] = [numberOf(given, "values", 1_000), numberOf(given, "size", 100)];
    if (values * size > MOST_CHARACTERS)
      throw new UsageError("--values times --size must not be above 1,000,000,000");
    const { openStore } = await import("./bench-stores.ts");
    const places = { prefix: `tidemark-bench-${randomBytes(6).toString("hex")}`, values, size };
    const opened: Opened[] = [];
    const interrupted = new AbortController();
    const { signal } = interrupted;
    const interrupt = (): void => interrupted.abort(new Error("it was interrupted; nothing was left behind"));
    process.once("SIGINT", interrupt);
    try {
      // All of them before anything is measured: what cannot be reached is told at once.
      for (const name of names)
        opened.push(await openStore(name, { ...places, ...addressesOf(given, surroundings) }));
      const results: Result[] = [];
      for (const { name, store } of opened)
        results.push({ store: name, ...(await measure(store, { values, size, signal })) });
      if (given.isSet("json")) return surroundings.print(JSON.stringify({ values, size, stores: results }));
      for (const line of tableOf(values, size, results)) surroundings.print(line);
    } finally {
      for (const { close } of opened) await close();
      process.off("SIGINT", interrupt);
    }
  },
};

type Result = Measured & { readonly store: StoreName };

/** All values together. */
const MOST_CHARACTERS = 1_000_000_000;

/** @throws {UsageError} if one is none */
function storesOf(given: Given): readonly StoreName[] {
  const names = (given.text("store") ?? "memory,sqlite").split(",").map((name) => name.trim());
  if (!names.every(isStoreName)) throw new UsageError(`--store must list some of ${STORE_NAMES.join(", ")}`);
  return [...new Set(names)];
}

/** @throws {UsageError} if it is no whole number above 0 */
function numberOf(given: Given, option: string, otherwise: number): number {
  const text = given.text(option) ?? String(otherwise);
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${option} must be a whole number above 0`);
  return Number(text);
}

/** @throws {UsageError} if one cannot be used; an address may hold a password, so none is repeated */
function addressesOf(given: Given, { env }: Surroundings): { redisUrl: string; memcached: string } {
  const redisUrl = given.text("redis-url") ?? env["REDIS_URL"] ?? "redis://127.0.0.1:6379";
  const memcached = given.text("memcached") ?? env["MEMCACHED"] ?? "127.0.0.1:11211";
  if (!URL.canParse(redisUrl) || !/^rediss?:$/.test(new URL(redisUrl).protocol))
    throw new UsageError("--redis-url must be an address such as redis://127.0.0.1:6379");
  if (!/^[\w.-]+:\d{1,5}$/.test(memcached))
    throw new UsageError("--memcached must be a host and a port, such as 127.0.0.1:11211");
  return { redisUrl, memcached };
}

const CALLS = ["set", "get", "delete"] as const satisfies readonly (keyof Rates)[];

function tableOf(values: number, size: number, results: readonly Result[]): readonly string[] {
  const head = ["store", ...CALLS, ...CALLS.map((call) => `${call} x${AT_ONCE}`)];
  const rows = results.map(({ store, sequential, concurrent }) => [
    store,
    ...[sequential, concurrent].flatMap((rates) => CALLS.map((call) => rates[call].toLocaleString("en"))),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return [
    `${values.toLocaleString("en")} values of ${size.toLocaleString("en")} characters; calls a second, one at a time and ` +
      `${AT_ONCE} at a time, median of ${ROUNDS} rounds`,
    "",
    ...[head, ...rows].map(line),
  ];
}
