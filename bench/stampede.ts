import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createCache } from "../src/index.ts";
import { runRedis } from "./ledger-redis.ts";
import { sized, type Effort, type Subject } from "./measure.ts";
import { quantile, type Sheet } from "./sheet.ts";
import type { StampedeOrder, StampedeTold } from "./stampede-child.ts";
import { VALUE_PEERS, type Load } from "./value-peers.ts";

const CHILD = resolve(import.meta.dirname, "stampede-child.ts");
const PROCESSES = 4;
const PRODUCER_MS = 50;
/** The shortest that all of them know. */
const TTL_MS = 1_000;

const COLUMNS: Sheet["columns"] = [
  { name: "calls of the producer", unit: "count" },
  { name: "p50", unit: "ns" },
  { name: "p99", unit: "ns" },
  { name: "p99, best round", unit: "ns" },
];

function row(name: string, rounds: readonly StampedeTold[]): Sheet["rows"][number] {
  const tails = rounds.map(({ waits }) => quantile(waits, 0.99));
  const calls = quantile(
    rounds.map((round) => round.calls),
    0.5,
  );
  const half = quantile(
    rounds.flatMap(({ waits }) => waits),
    0.5,
  );
  return { name, values: [calls, ...[half, quantile(tails, 0.5), Math.min(...tails)].map((ms) => ms * 1e6)] };
}

const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

/** One cache, whose producer is counted and takes as long as it is told to. */
class Stampeded {
  readonly name: string;
  readonly told: StampedeTold[] = [];
  readonly #read: (key: string) => Promise<unknown>;
  #calls = 0;
  #producerMs = 0;

  constructor(name: string, open: (load: Load) => (key: string) => Promise<unknown>) {
    this.name = name;
    this.#read = open(async () => {
      this.#calls += 1;
      await pause(this.#producerMs);
      return "made";
    });
  }

  async fill(): Promise<void> {
    this.#producerMs = 0;
    await this.#read("key");
  }

  async ask(callers: number): Promise<StampedeTold> {
    this.#calls = 0;
    this.#producerMs = PRODUCER_MS;
    const begun = performance.now();
    const waits = await Promise.all(
      Array.from({ length: callers }, async () => {
        await this.#read("key");
        return performance.now() - begun;
      }),
    );
    return { calls: this.#calls, waits };
  }
}

/** All ask at once for a key whose time has just ended. */
async function inOneProcess(callers: number, rounds: number): Promise<Sheet> {
  const all = [
    new Stampeded("tidemark", (load) =>
      createCache({ ttl: TTL_MS / 1_000 }).wrap(load, { key: (key) => key }),
    ),
    ...VALUE_PEERS.map(({ name, open }) => new Stampeded(name, (load) => open(load, TTL_MS, 100))),
  ];
  for (let round = 0; round <= rounds; round += 1) {
    await Promise.all(all.map((one) => one.fill()));
    await pause(1.2 * TTL_MS);
    for (const one of all) {
      const told = await one.ask(callers);
      if (round > 0) one.told.push(told);
    }
    await pause(1.2 * TTL_MS);
  }
  return {
    title: `one process, ${callers.toLocaleString("en")} callers, the key has expired`,
    columns: COLUMNS,
    rows: all.map(({ name, told }) => row(name, told)),
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, "message")) as unknown[]; // One thing is sent at a time.
  return message;
}

async function acrossProcesses(
  which: string,
  callers: number,
  rounds: number,
): Promise<readonly StampedeTold[]> {
  const redis = await runRedis();
  const children = Array.from({ length: PROCESSES }, () =>
    fork(CHILD, [which, `${redis.client.options.port ?? 0}`]),
  );
  try {
    await Promise.all(children.map(answerOf));
    const told: StampedeTold[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const order: StampedeOrder = {
        key: `key:${round}`,
        callers,
        producerMs: PRODUCER_MS,
        at: Date.now() + 200,
      };
      for (const child of children) child.send(order);
      const answers = (await Promise.all(children.map(answerOf))) as StampedeTold[]; // As the children send them.
      const calls = answers.reduce((sum, answer) => sum + answer.calls, 0);
      if (round > 0) told.push({ calls, waits: answers.flatMap(({ waits }) => waits) });
    }
    return told;
  } finally {
    const over = children.map((child) => once(child, "exit"));
    for (const child of children) child.disconnect();
    await Promise.all(over);
    await redis.stop();
  }
}

async function run(show: (sheet: Sheet) => void, effort: Effort): Promise<void> {
  const callers = sized(1_000, effort);
  const each = Math.max(2, Math.round(callers / PROCESSES));
  show(await inOneProcess(callers, effort.rounds));
  const rows = [];
  for (const [name, which] of [
    ["tidemark, with a lock and a bus", "locked"],
    ["tidemark, without a lock", "free"],
    ["bentocache, with its bus", "bentocache"],
  ] as const)
    rows.push(row(name, await acrossProcesses(which, each, effort.rounds)));
  show({
    title: `${PROCESSES} processes on one Redis, ${each} callers in each, nobody has the key`,
    columns: COLUMNS,
    rows,
  });
}

export const stampedeSubject: Subject = {
  title: "A stampede",
  about:
    "All callers ask at the same time for one key whose producer takes 50 ms; nobody can be answered sooner. How often the " +
    "producer was called (median of the rounds), and how long callers waited. Processes are real ones, with a memory each, " +
    "before one redis-server.",
  run: (_, show, effort) => run(show, effort),
};
