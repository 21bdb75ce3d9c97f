import { createCache, memoryLedger, memoryStore, type Cache, type CacheOptions } from "../src/index.ts";
import { sized, type Effort, type Subject } from "./measure.ts";
import type { Sheet } from "./sheet.ts";
import { seeded, zipf } from "./zipf.ts";

/** One way to renew values. */
interface Way {
  readonly name: string;
  readonly keeping: Partial<CacheOptions>;
  /** Goes through all keys so often, in milliseconds of the simulation. */
  readonly warmsEvery?: number;
}

const TTL = 60_000;

const WAYS: readonly Way[] = [
  {
    name: "tidemark, refresh-ahead 0.8, and `warm` every 10 s",
    keeping: { refreshAhead: 0.8 },
    warmsEvery: 10_000,
  },
  { name: "refresh-ahead 0.8", keeping: { refreshAhead: 0.8 } },
  { name: "early refresh (XFetch, beta 1)", keeping: { earlyRefresh: { beta: 1 } } },
  { name: "stale-while-revalidate 60 s", keeping: { staleWhileRevalidate: "60s" } },
  { name: "jitter 0.2", keeping: { jitter: 0.2 } },
  { name: "ttl alone", keeping: {} },
];

/** What is asked for, how often, and how long it takes to make. */
interface Load {
  readonly keys: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly producerMs: number;
}

/** What came of a way after the first ttl. */
interface Told {
  readonly requests: number;
  readonly waited: number;
  readonly produced: number;
  /** Producers begun in the busiest second. */
  readonly busiest: number;
  /** Requests that waited at the same time, at the most. */
  readonly crowd: number;
}

/** Lets everything happen that waits for nothing but its turn. */
const turns = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Goes through the whole load on a clock of its own: no time passes but from one event to the next. */
async function simulate({ keeping, warmsEvery }: Way, load: Load): Promise<Told> {
  const random = seeded(11);
  const draw = zipf(load.keys, random);
  let now = 0;
  const clock = (): number => now;
  const due: { readonly at: number; readonly run: () => void }[] = [];
  const begun = new Map<number, number>();
  const told = { requests: 0, waited: 0, produced: 0, busiest: 0, crowd: 0 };
  let waiting = 0;

  const cache: Cache = createCache({
    ...keeping,
    ...{ ttl: TTL / 1_000, clock, random: seeded(13) },
    // The machine's own time plays no part.
    producerTimeout: { hard: "1d" },
    tiers: [memoryStore({ clock })],
    ledger: memoryLedger({ clock }),
  });
  const produce = (): Promise<string> => {
    if (now >= TTL) {
      const second = Math.floor(now / 1_000);
      begun.set(second, (begun.get(second) ?? 0) + 1);
      told.produced += 1;
    }
    return new Promise((resolve) => {
      due.push({ at: now + load.producerMs, run: () => resolve("x") });
    });
  };
  const read = (key: number): Promise<unknown> => cache.getOrSet(["page", key], produce);
  const request = (): void => {
    const asked = now;
    let isOver = false;
    waiting += 1;
    void read(draw()).then(() => {
      waiting -= 1;
      isOver = true;
      if (asked < TTL) return;
      told.requests += 1;
      if (now > asked) told.waited += 1;
    });
    void turns().then(() => {
      if (!isOver && asked >= TTL) told.crowd = Math.max(told.crowd, waiting);
    });
  };

  const step = 1_000 / load.perSecond;
  let nextRequest = 0;
  let nextWarm = warmsEvery ?? Infinity;
  // All are filled as the process starts, as after a deployment.
  for (let key = 0; key < load.keys; key += 1) void read(key);
  while (now < load.seconds * 1_000) {
    due.sort((one, other) => one.at - other.at);
    now = Math.min(due[0]?.at ?? Infinity, nextRequest, nextWarm);
    while (due[0] !== undefined && due[0].at <= now) due.shift()?.run();
    if (nextWarm <= now) {
      nextWarm += warmsEvery ?? Infinity;
      for (let key = 0; key < load.keys; key += 1) void read(key);
    }
    if (nextRequest <= now) {
      nextRequest += -Math.log(1 - random()) * step;
      request();
    }
    await turns();
  }
  for (const { run } of due) run();
  await turns();
  return { ...told, busiest: Math.max(0, ...begun.values()) };
}

async function sheet(title: string, load: Load): Promise<Sheet> {
  const rows = [];
  for (const way of WAYS) {
    const { requests, waited, produced, busiest, crowd } = await simulate(way, load);
    rows.push({ name: way.name, values: [waited / requests, crowd, busiest, produced] });
  }
  return {
    title,
    columns: [
      { name: "requests that wait", unit: "share" },
      { name: "most that wait at a time", unit: "count" },
      { name: "refills in the busiest second", unit: "count" },
      { name: "refills", unit: "count" },
    ],
    rows,
  };
}

async function run(show: (sheet: Sheet) => void, effort: Effort): Promise<void> {
  const seconds = sized(300, effort) + TTL / 1_000;
  show(
    await sheet("500 pages, 100 requests a second by Zipf's law, made in 200 ms", {
      ...{ keys: 500, perSecond: 100, seconds, producerMs: 200 },
    }),
  );
  show(
    await sheet("one page, 500 requests a second, made in 200 ms", {
      ...{ keys: 1, perSecond: 500, seconds: sized(120, effort) + TTL / 1_000, producerMs: 200 },
    }),
  );
}

export const refreshSubject: Subject = {
  title: "Ways to renew values",
  about:
    "A simulation on a clock of its own, with seeded chance: everything is filled at once, with a ttl of 60 s, and counted from " +
    "the end of the first ttl on. Producers that are asked for the same at the same time are one. Nothing here depends on the " +
    "machine.",
  run: (_, show, effort) => run(show, effort),
};
