import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { freePort } from "../compare/processes.ts";
import { deltaOf, tagSelector } from "../src/index.ts";
import { directWorker } from "./ledger-workerd.ts";
import { crowdsIn, mostSockets, residentBytes, workerds, type Crowd } from "./live-crowd.ts";
import { sized, type Effort, type Subject } from "./measure.ts";
import { quantile, type Sheet } from "./sheet.ts";

const TOKEN = "a-token-for-the-bench";

/** A server that tells listeners of purges. */
interface Teller {
  readonly name: string;
  /** Where one listens. */
  readonly address: string;
  /** Makes it tell all of a purge of this tag; resolves when it has answered. */
  say(tag: string): Promise<unknown>;
  /** What its workerd has in memory. */
  memory(): number;
  stop(): Promise<void>;
}

/** The ready-made worker, as `npm run edge` runs it. No request reaches its origin. */
async function ready(): Promise<Teller> {
  const port = await freePort();
  const script = new URL("../scripts/edge.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, "--origin", "http://127.0.0.1:1", "--port", `${port}`], {
    env: { ...process.env, PURGE_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("ready")) break;
  if (child.exitCode !== null) throw new Error(`Cannot measure: the edge ended with ${child.exitCode}`);
  child.stdout.resume();
  return {
    name: "tidemark",
    address: `ws://127.0.0.1:${port}/_tidemark/live`,
    say: (tag) => post(`http://127.0.0.1:${port}/_tidemark/purge`, JSON.stringify({ tags: [tag] })),
    memory: () => residentBytes(workerds(child.pid)),
    async stop() {
      const over = once(child, "exit");
      child.kill("SIGTERM");
      await over;
    },
  };
}

async function bare(): Promise<Teller> {
  const before = workerds(process.pid);
  const { url, stop } = await directWorker("live.ts", { SHARD: "ShardObject" });
  const own = workerds(process.pid).filter((pid) => !before.includes(pid));
  let position = 0;
  return {
    name: "objects that only send",
    address: url.replace("http", "ws"),
    say(tag) {
      const epoch = "00000000-0000-0000-0000-000000000000";
      position += 1;
      const order = { selectors: [tagSelector(tag)], mode: "hard" } as const;
      return post(url, JSON.stringify(deltaOf(order, { epoch, position, selectors: 1 })));
    },
    memory: () => residentBytes(own),
    stop,
  };
}

async function post(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: "POST", body, headers: { authorization: `Bearer ${TOKEN}` } });
  if (!answer.ok) throw new Error(`Cannot measure: a purge was answered ${answer.status}`);
  await answer.arrayBuffer();
}

/** What came of one purge: when it was acknowledged, and when each had heard of it. */
interface Wave {
  readonly acknowledged: number;
  readonly heard: readonly number[];
}

async function wave(teller: Teller, crowd: Crowd, tag: string): Promise<Wave> {
  let acknowledged = Number.NaN;
  const heard = await crowd.hear(`tag:${tag}"`, async () => {
    const start = performance.now();
    await teller.say(tag);
    acknowledged = (performance.now() - start) * 1e6;
  });
  return { acknowledged, heard };
}

/** Medians over the rounds. */
function timesOf(waves: readonly Wave[]): readonly number[] {
  const over = (figure: (wave: Wave) => number): number => quantile(waves.map(figure), 0.5);
  return [
    over(({ acknowledged }) => acknowledged),
    ...[0, 0.5, 0.99, 1].map((share) => over(({ heard }) => quantile(heard, share))),
    Math.min(...waves.map(({ heard }) => quantile(heard, 1))),
  ];
}

async function compare(
  tellers: readonly Teller[],
  wanted: number,
  { rounds }: Effort,
): Promise<readonly Sheet[]> {
  const crowds = crowdsIn(Math.max(2, availableParallelism()));
  try {
    const parts: { teller: Teller; crowd: Crowd; before: number; waves: Wave[] }[] = [];
    for (const teller of tellers) {
      const before = teller.memory();
      parts.push({
        teller,
        before,
        crowd: await crowds.gather(teller.address, Math.min(wanted, mostSockets())),
        waves: [],
      });
    }
    const loaded = parts.map(({ teller }) => teller.memory());
    for (let round = 0; round <= rounds; round += 1) {
      for (const { teller, crowd, waves } of round % 2 === 0 ? parts : parts.toReversed()) {
        const outcome = await wave(teller, crowd, `round-${round}`);
        if (outcome.heard.length < crowd.size)
          throw new Error(`Cannot measure: ${outcome.heard.length} of ${crowd.size} listeners have heard`);
        // The first round warms up.
        if (round > 0) waves.push(outcome);
      }
    }
    const size = Math.min(...parts.map(({ crowd }) => crowd.size));
    const asked = size < wanted ? ` (${wanted.toLocaleString("en")} were wanted)` : "";
    const listeners = `${size.toLocaleString("en")} listeners${asked}`;
    const times = parts.map(({ waves }) => timesOf(waves));
    const lastOfOurs = times[0]?.[4] ?? Number.NaN;
    return [
      {
        title: `${listeners}, from the order on`,
        columns: [
          ...["acknowledged", "first", "half", "99 %", "last", "last, best round"].map(
            (name) => ({ name, unit: "ns" }) as const,
          ),
          { name: "last, times ours", unit: "times" },
        ],
        rows: parts.map(({ teller }, index) => {
          const own = times[index] ?? [];
          return { name: teller.name, values: [...own, (own[4] ?? Number.NaN) / lastOfOurs] };
        }),
      },
      {
        title: `memory of workerd with ${listeners}`,
        columns: ["before", "connected", "after the purges", "for each listener"].map((name) => ({
          name,
          unit: "bytes",
        })),
        rows: parts.map(({ teller, before, crowd }, index) => {
          const after = teller.memory();
          return {
            name: teller.name,
            values: [before, loaded[index] ?? Number.NaN, after, (after - before) / crowd.size],
          };
        }),
      },
    ];
  } finally {
    await crowds.disperse();
  }
}

export const liveSubject: Subject = {
  title: "Purges heard of live",
  about:
    "The ready-made worker in workerd as `npm run edge` runs it, its listeners over WebSockets in other processes of the " +
    "same machine (Node's own client, which takes part of the time). workerd has two files open for each, so fewer listen " +
    "where a process may not open as many. One purge of one tag each round: from when it is ordered until it is " +
    "acknowledged and until the first, half, 99 % and the last of all listeners have heard of it; medians of the rounds. " +
    "Beside it objects of the platform that send the same text to as many sockets in as many shards, without a ledger, " +
    "without gathering purges and without writing anything down. Both hold their crowds at once and take turns. What " +
    "workerd keeps for a socket it takes when it sends over it for the first time.",
  async run(_, show, effort) {
    const tellers: Teller[] = [];
    try {
      tellers.push(await ready());
      tellers.push(await bare());
      for (const sheet of await compare(tellers, sized(10_000, effort), effort)) show(sheet);
    } finally {
      await Promise.all(tellers.map((teller) => teller.stop()));
    }
  },
};
