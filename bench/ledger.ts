import { Pool } from "undici";
import { redisLedger, tagSelector, type LedgerPoint } from "../src/index.ts";
import { loadSheet, type Loaded } from "./ledger-load.ts";
import { runRedis } from "./ledger-redis.ts";
import { directWorker } from "./ledger-workerd.ts";
import type { Effort, Subject } from "./measure.ts";
import { inTurn } from "./samples.ts";

const TOKEN = "a-token-for-the-bench";
const CALLERS = [1, 16, 64];
/** Another tag each time. */
const nextTag = inTurn((index) => `country:${index}`);

/** Asks a worker, with as many connections as there are callers. */
function asker(url: string, callers: number) {
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  return {
    async ask(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      const text = body === undefined ? null : JSON.stringify(body);
      const answer = await pool.request({ method, path, headers, body: text });
      if (answer.statusCode !== 200)
        throw new Error(
          `Cannot measure: ${path} was answered ${answer.statusCode} ${await answer.body.text()}`,
        );
      return answer.body.json();
    },
    close: () => pool.close(),
  };
}

async function inWorkerd(show: Parameters<Subject["run"]>[1], effort: Effort): Promise<void> {
  const objects = { LEDGER: "LedgerObject", COUNTER: "CounterObject" };
  const worker = await directWorker("ledger.ts", objects, { PURGE_TOKEN: TOKEN });
  try {
    for (const callers of CALLERS) {
      const { ask, close } = asker(worker.url, callers);
      const purge = (): Promise<unknown> => ask("POST", "/_tidemark/purge", { tags: [nextTag()] });
      const acknowledged = (await purge()) as { result: { token: string } }; // The API's own shape.
      const since = `/since?token=${acknowledged.result.token}`;
      const { position } = (await ask("GET", since)) as LedgerPoint; // A delta, from our own worker.
      if (!acknowledged.result.token.endsWith(`.${position}`))
        throw new Error("Cannot measure: the ledger stands elsewhere than its receipt says");
      const contenders: readonly Loaded[] = [
        { name: "tidemark", once: purge },
        { name: "an object that writes one row", once: () => ask("POST", "/count") },
        { name: "an object that does nothing", once: () => ask("GET", "/nothing") },
      ];
      show(await loadSheet(`durable object, purges, ${atOnce(callers)}`, contenders, callers, effort));
      const token = ((await purge()) as { result: { token: string } }).result.token;
      const reads: readonly Loaded[] = [
        { name: "tidemark", once: () => ask("GET", `/since?token=${token}`) },
        { name: "an object that does nothing", once: () => ask("GET", "/nothing") },
      ];
      show(
        await loadSheet(`durable object, \`since\` without news, ${atOnce(callers)}`, reads, callers, effort),
      );
      await close();
    }
  } finally {
    await worker.stop();
  }
}

async function inRedis(show: Parameters<Subject["run"]>[1], effort: Effort): Promise<void> {
  const memory = await runRedis();
  const disk = await runRedis("--appendonly", "yes", "--appendfsync", "always");
  try {
    const ledger = redisLedger({ client: memory.client });
    const durable = redisLedger({ client: disk.client, survivesRestart: true });
    for (const callers of CALLERS) {
      const contenders: readonly Loaded[] = [
        { name: "tidemark", once: () => ledger.purge(orderOf(nextTag())) },
        { name: "`INCR` alone", once: () => memory.client.incr("bench:counter") },
        { name: "tidemark, each write on disk", once: () => durable.purge(orderOf(nextTag())) },
        { name: "`INCR` alone, each write on disk", once: () => disk.client.incr("bench:counter") },
      ];
      show(await loadSheet(`Redis, purges, ${atOnce(callers)}`, contenders, callers, effort));
      const point = await ledger.purge(orderOf(nextTag()));
      const reads: readonly Loaded[] = [
        { name: "tidemark", once: () => ledger.since(point) },
        { name: "`GET` alone", once: () => memory.client.get("bench:counter") },
      ];
      show(await loadSheet(`Redis, \`since\` without news, ${atOnce(callers)}`, reads, callers, effort));
    }
  } finally {
    await Promise.all([memory.stop(), disk.stop()]);
  }
}

function orderOf(tag: string) {
  return { selectors: [tagSelector(tag)], mode: "hard" } as const;
}

function atOnce(callers: number): string {
  return callers === 1 ? "one at a time" : `${callers} at once`;
}

export const ledgerSubject: Subject = {
  title: "Purges acknowledged",
  about:
    "From the order to the acknowledgement, on loopback, the caller on the same machine and paid for from the same " +
    "processor. The durable object: `POST /_tidemark/purge` of one tag, with its credential, log and receipt, over HTTP to " +
    "workerd; beside it, through the same worker, an object that writes one row of SQLite and one that does nothing. " +
    "Redis: `redisLedger` called from Node over one connection, one script for each purge; beside it the least command " +
    "that writes. Not on disk means that an acknowledged purge is in Redis's memory alone. Each caller asks anew when it " +
    "has been answered; `p50` and `p99` count all answers.",
  async run(_, show, effort) {
    await inWorkerd(show, effort);
    await inRedis(show, effort);
  },
};
