import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyDelta, redisLedger, standing, urlLabels, urlSelector } from "../../src/index.ts";
import type { Ledger, LedgerDelta, PurgeOrder, Snapshot } from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

let server: RedisServer;
let client: Redis;
let opened = 0;

beforeAll(async () => {
  server = await redisServer();
  client = new Redis(server.port, "127.0.0.1");
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });
const prefix = (): string => `m${++opened}`;

/** Orders of ten thousand selectors take a busy machine long. */
const PATIENCE = "2m";

/** Changes of so many times ten thousand URLs, each its own. */
async function flood(ledger: Ledger, batches: number, from = 0): Promise<void> {
  for (let batch = from; batch < from + batches; batch += 1) {
    const urls = Array.from({ length: 10_000 }, (_, index) => `https://h/${batch * 10_000 + index}`);
    await ledger.purge({ ...hard(...urls.flatMap((url) => urlSelector(url) ?? [])), origin: "traffic" });
  }
}

function follow(snapshot: Snapshot | undefined, delta: LedgerDelta): Snapshot {
  const next = applyDelta(snapshot, delta, 0);
  if (next === undefined) throw new Error("The delta was refused");
  return next;
}

describe("a ledger in Redis stays as small as a reader can take in", () => {
  test("a flood of changed URLs is folded into few buckets: no floor rises, and tags keep their rows", async () => {
    const ledger = redisLedger({ client, prefix: prefix(), timeout: PATIENCE });
    const { epoch } = await ledger.purge(hard("tag:kept"));
    await flood(ledger, 9);
    const between = await ledger.since(undefined);
    expect(between.changes).toHaveLength(90_001);
    await flood(ledger, 2, 9);
    const after = await ledger.since(undefined);
    expect(after.floor).toBe(0);
    expect(after.changes.length).toBeLessThanOrEqual(100_000);
    expect(after.changes[0]).toEqual(["tag:kept", 1, 0]);
    const folded = after.changes.filter(([selector]) => selector.startsWith("bucket:"));
    expect(folded.length).toBeGreaterThan(50);
    expect(folded.length).toBeLessThan(350);

    const whole = follow(undefined, after);
    const onward = follow(
      follow(undefined, between),
      await ledger.since({ epoch, position: between.position }),
    );
    for (let index = 0; index < 110_000; index += 997) {
      const mark = { epoch, position: 1, labels: urlLabels(`https://h/${index}`) };
      expect([standing(mark, whole), standing(mark, onward)]).toEqual(["gone", "gone"]);
    }
  });

  test("a flood at one bucket costs that bucket alone", async () => {
    const ledger = redisLedger({ client, prefix: prefix(), timeout: PATIENCE });
    const alike = (index: number): string => `url:${index.toString(36).padStart(26, "0")}zz`;
    for (let batch = 0; batch < 11; batch += 1)
      await ledger.purge(
        hard(...Array.from({ length: 10_000 }, (_, index) => alike(batch * 10_000 + index))),
      );
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBe(0);
    expect(changes.filter(([selector]) => selector.startsWith("bucket:"))).toEqual([
      ["bucket:zz", expect.any(Number), 0],
    ]);
  });

  test("the oldest of what no bucket covers is forgotten early, and the floor rises", async () => {
    const ledger = redisLedger({ client, prefix: prefix(), timeout: PATIENCE });
    for (let index = 0; index < 9; index += 1)
      await ledger.purge(hard(`tag:${index}/${"x".repeat(1_000_000)}`));
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBeGreaterThan(0);
    expect(changes.map(([, position]) => position)).toEqual(
      Array.from({ length: 9 - floor }, (_, index) => floor + 1 + index),
    );
  });

  test("operators' purges near their limit are not forgotten for a flood of changes", async () => {
    const ledger = redisLedger({ client, prefix: prefix(), timeout: PATIENCE });
    for (let index = 0; index < 5; index += 1)
      await ledger.purge(hard(`tag:${index}/${"x".repeat(1_000_000)}`));
    await flood(ledger, 6);
    const { floor, changes } = await ledger.since(undefined);
    expect(floor).toBe(0);
    expect(changes.filter(([selector]) => selector.startsWith("tag:"))).toHaveLength(5);
  });

  test("what the head counts is what is there, after folding and forgetting, too", async () => {
    const name = prefix();
    const ledger = redisLedger({ client, prefix: name, timeout: PATIENCE });
    await flood(ledger, 11);
    await ledger.purge({ selectors: ["tag:1", "all", "bucket:zz"], mode: "soft" });
    const rows = [
      ...(await client.zrange(`{${name}}:hard`, "0", "-1")),
      ...(await client.zrange(`{${name}}:soft`, "0", "-1")),
    ];
    const sizes = rows.map((selector) => Math.max(selector.length, 80));
    const [size, hards, softs, unfoldable] = await client.hmget(
      `{${name}}:head`,
      "size",
      "hards",
      "softs",
      "unfoldable",
    );
    expect(Number(size)).toBe(sizes.reduce((sum, each) => sum + each, 0));
    expect([Number(hards) + Number(softs), Number(unfoldable)]).toEqual([rows.length, 160]);
  });

  test("a log keeps so many of operators' purges, and as many changes in traffic", async () => {
    const ledger = redisLedger({ client, prefix: prefix(), logLength: 3, timeout: PATIENCE });
    for (let index = 0; index < 5; index += 1) {
      await ledger.purge(hard("tag:1"));
      await ledger.purge({ ...hard("url:x"), origin: "traffic" });
    }
    const log = (await ledger.history?.({ limit: 100 })) ?? [];
    expect(log.map(({ position }) => position)).toEqual([10, 9, 8, 7, 6, 5]);
  });
});

describe("retention, by the server's own clock", () => {
  /** As if all that was purged so far had been ordered so much earlier. */
  async function age(name: string, days: number): Promise<void> {
    const times = await client.zrange(`{${name}}:times`, "0", "-1", "WITHSCORES");
    for (let index = 0; index < times.length; index += 2)
      await client.zincrby(`{${name}}:times`, -days * 86_400_000, times[index] ?? "");
  }

  test("a purge is forgotten once no entry can be older, and raises the floor", async () => {
    const name = prefix();
    const ledger = redisLedger({ client, prefix: name, timeout: PATIENCE });
    const { epoch } = await ledger.purge(hard("tag:1"));
    await age(name, 20);
    await ledger.purge(hard("tag:2"));
    expect(await ledger.since(undefined)).toMatchObject({
      floor: 0,
      changes: [
        ["tag:1", 1, 0],
        ["tag:2", 2, 0],
      ],
    });
    await age(name, 12);
    await ledger.purge(hard("tag:3"));
    expect(await ledger.since(undefined)).toMatchObject({
      floor: 1,
      changes: [
        ["tag:2", 2, 0],
        ["tag:3", 3, 0],
      ],
    });
    expect(await ledger.since({ epoch, position: 0 })).toMatchObject({ since: null });
    expect(await ledger.since({ epoch, position: 1 })).toMatchObject({ since: 1 });
  });

  test("a selector that was purged again lately stays", async () => {
    const name = prefix();
    const ledger = redisLedger({ client, prefix: name, timeout: PATIENCE });
    await ledger.purge(hard("tag:1"));
    await age(name, 20);
    await ledger.purge(hard("tag:1"));
    await age(name, 12);
    await ledger.purge(hard("tag:2"));
    expect(await ledger.since(undefined)).toMatchObject({
      floor: 0,
      changes: [
        ["tag:1", 2, 0],
        ["tag:2", 3, 0],
      ],
    });
  });
});
