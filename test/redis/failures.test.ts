import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { redisLedger, type Ledger, type PurgeOrder, type RedisLedgerOptions } from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";

const closing: (() => unknown)[] = [];
let server: RedisServer;

beforeEach(async () => {
  server = await redisServer();
  closing.push(() => server.stop());
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });

/** A client that fails when it cannot reach the server instead of waiting for it. */
function clientOf({ port }: RedisServer, options: { readonly enableReadyCheck?: boolean } = {}): Redis {
  const client = new Redis(port, "127.0.0.1", {
    retryStrategy: () => 20,
    maxRetriesPerRequest: 1,
    ...options,
  });
  client.on("error", () => undefined);
  closing.push(() => client.disconnect());
  return client;
}

function ledgerOn(at: RedisServer, options: Partial<RedisLedgerOptions> = {}): Ledger {
  return redisLedger({ client: clientOf(at), ...options });
}

describe("a ledger whose Redis fails rejects, and acknowledges nothing", () => {
  test("that refuses connections", async () => {
    const ledger = ledgerOn(server);
    await ledger.purge(hard("tag:1"));
    await server.kill();
    await expect(ledger.purge(hard("tag:2"))).rejects.toThrow();
    await expect(ledger.since(undefined)).rejects.toThrow();
    await expect(ledger.history?.({ limit: 1 })).rejects.toThrow();
  });

  test.each(["ioredis", "redis"])("that is silent, by %s: after its time limit", async (kind) => {
    const patient = createClient({
      socket: { host: "127.0.0.1", port: server.port },
      commandOptions: { timeout: 0 },
    });
    patient.on("error", () => undefined);
    await patient.connect();
    closing.push(() => patient.destroy());
    const ledger = redisLedger({ client: kind === "redis" ? patient : clientOf(server), timeout: "200ms" });
    await ledger.purge(hard("tag:1"));
    server.freeze();
    const slow = expect.objectContaining({ name: "DeadlineError" });
    await expect(ledger.purge(hard("tag:2"))).rejects.toEqual(slow);
    await expect(ledger.since(undefined)).rejects.toEqual(slow);
    await expect(ledger.history?.({ limit: 1 })).rejects.toEqual(slow);
    server.resume();
  });

  test("that is a replica and may not write", async () => {
    const replica = await redisServer("--replicaof", "127.0.0.1", String(server.port));
    closing.push(() => replica.stop());
    const ledger = ledgerOn(replica);
    await expect(ledger.purge(hard("tag:1"))).rejects.toThrow("READONLY");
    await expect(ledger.since(undefined)).rejects.toThrow("READONLY");
  });

  test("that is full: none of an order is carried out", async () => {
    const client = clientOf(server);
    const ledger = redisLedger({ client });
    const { epoch, position } = await ledger.purge(hard("tag:1"));
    await client.config("SET", "maxmemory", "1");
    await expect(ledger.purge(hard("tag:1", "tag:2"))).rejects.toThrow("OOM");
    expect(await ledger.since(undefined)).toMatchObject({
      epoch,
      position,
      changes: [["tag:1", position, 0]],
    });
  });

  test("that still loads its data", async () => {
    const saving = clientOf(server);
    await ledgerOn(server).purge(hard(...Array.from({ length: 100 }, (_, index) => `tag:${index}`)));
    for (let index = 0; index < 500; index += 1) await saving.set(`key-${index}`, "x");
    await saving.save();
    await server.kill();
    await server.start("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024");
    const ledger = redisLedger({ client: clientOf(server, { enableReadyCheck: false }) });
    await expect(ledger.purge(hard("tag:1"))).rejects.toThrow("LOADING");
    await expect(ledger.since(undefined)).rejects.toThrow("LOADING");
  });

  test.each(["head", "hard", "soft", "times", "log:operator", "log:traffic"])(
    "where someone else's value stands at its key %s, which it leaves alone",
    async (name) => {
      const client = clientOf(server);
      const key = `{tidemark}:${name}`;
      await client.set(key, "someone else's");
      const ledger = redisLedger({ client });
      await expect(ledger.purge(hard("tag:1"))).rejects.toThrow("WRONGTYPE");
      await expect(ledger.since(undefined)).rejects.toThrow("WRONGTYPE");
      expect(await client.keys("*")).toEqual([key]);
    },
  );

  test("where someone else's value stands at an idempotency key", async () => {
    const client = clientOf(server);
    const ledger = redisLedger({ client });
    const order = { ...hard("tag:1"), idempotencyKey: "k" };
    await ledger.purge(order);
    const [key = ""] = await client.keys("*order*");
    await client.del(key);
    await client.lpush(key, "x");
    await expect(ledger.purge(order)).rejects.toThrow("WRONGTYPE");
    expect((await ledger.since(undefined)).position).toBe(1);
  });
});

test("a server that has forgotten the scripts gets them again", async () => {
  const client = clientOf(server);
  const ledger = redisLedger({ client });
  await ledger.purge(hard("tag:1"));
  await client.script("FLUSH");
  await ledger.purge(hard("tag:2"));
  await client.script("FLUSH");
  expect((await ledger.since(undefined)).changes).toHaveLength(2);
});

describe("a ledger that has lost data begins a new epoch", () => {
  /** Loses something, and expects the next answer to be of another epoch and to hold none of the old rows. */
  async function loses(what: (client: Redis) => Promise<unknown>, next: "since" | "purge"): Promise<void> {
    const client = clientOf(server);
    const ledger = redisLedger({ client, survivesRestart: true });
    const old = await ledger.purge(hard("tag:1", "tag:2"));
    await ledger.purge({ selectors: ["tag:1"], mode: "soft" });
    await what(client);
    const first = next === "purge" ? await ledger.purge(hard("tag:3")) : await ledger.since(old);
    expect(first.epoch).not.toBe(old.epoch);
    const { epoch, since, changes, floor, position } = await ledger.since(old);
    expect({ epoch, since, floor }).toEqual({ epoch: first.epoch, since: null, floor: 0 });
    expect(changes).toEqual(next === "purge" ? [["tag:3", position, 0]] : []);
    expect((await ledger.since(undefined)).epoch).toBe(epoch);
  }

  const losses: [what: string, lose: (client: Redis) => Promise<unknown>][] = [
    ["everything", (client) => client.flushall()],
    ["its head", (client) => client.del("{tidemark}:head")],
    ["its epoch", (client) => client.hdel("{tidemark}:head", "epoch")],
    ["its hard column", (client) => client.del("{tidemark}:hard")],
    ["its soft column", (client) => client.del("{tidemark}:soft")],
    ["one row", (client) => client.zrem("{tidemark}:hard", "tag:2")],
    ["its position", (client) => client.hset("{tidemark}:head", "position", "x")],
  ];
  test.each(losses)("when %s is gone, and a reader asks", async (_, lose) => loses(lose, "since"));
  test.each(losses)("when %s is gone, and a purge comes", async (_, lose) => loses(lose, "purge"));

  test("once: of many that find it empty, all get the same", async () => {
    const ledgers = Array.from({ length: 8 }, () => ledgerOn(server));
    const answers = await Promise.all(ledgers.map((ledger) => ledger.since(undefined)));
    expect(new Set(answers.map(({ epoch }) => epoch)).size).toBe(1);
  });

  test("which forgets idempotency keys, but keeps the log, and its positions go on", async () => {
    const client = clientOf(server);
    const ledger = redisLedger({ client });
    const order = { ...hard("tag:1"), idempotencyKey: "k" };
    const first = await ledger.purge(order);
    await client.del("{tidemark}:head");
    const second = await ledger.purge(order);
    expect(second.isReplay).toBeUndefined();
    expect(second.position).toBeGreaterThan(first.position);
    expect(await ledger.history?.({ limit: 10 })).toMatchObject(
      [second, first].map(({ position }) => ({ position })),
    );
  });

  test("when a reader knows of purges that it does not", async () => {
    const ledger = ledgerOn(server, { survivesRestart: true });
    const known = await ledger.purge(hard("tag:1"));
    const reborn = await ledger.since({ epoch: known.epoch, position: known.position + 1 });
    expect(reborn.epoch).not.toBe(known.epoch);
    expect(reborn).toMatchObject({ since: null, changes: [] });
    expect((await ledger.since(undefined)).epoch).toBe(reborn.epoch);
  });

  test("when a failover took a replica that was behind", async () => {
    const replica = await redisServer("--replicaof", "127.0.0.1", String(server.port));
    closing.push(() => replica.stop());
    const master = clientOf(server);
    const ledger = redisLedger({ client: master });
    await ledger.purge(hard("tag:1"));
    expect(await master.wait(1, 5_000)).toBe(1);
    replica.freeze();
    const lost = await ledger.purge(hard("tag:2"));
    await server.kill();
    replica.resume();
    await clientOf(replica).replicaof("NO", "ONE");
    const after = await ledgerOn(replica).since(undefined);
    expect(after.epoch).not.toBe(lost.epoch);
  });
});

describe("a Redis that is killed under load and started again", () => {
  /** Purges one after the other on four lines until the server dies; what was acknowledged. */
  async function purgeUntilKilled(ledger: Ledger) {
    const acknowledged: { readonly epoch: string; readonly position: number; readonly tag: string }[] = [];
    let isOver = false;
    const lines = Array.from({ length: 4 }, async (_, line) => {
      for (let index = 0; !isOver; index += 1) {
        const tag = `tag:${line}-${index}`;
        const receipt = await ledger.purge(hard(tag)).catch(() => undefined);
        if (receipt !== undefined) acknowledged.push({ ...receipt, tag });
        else isOver = true;
        if (acknowledged.length === 300) await server.kill();
      }
    });
    await Promise.all(lines);
    return acknowledged;
  }

  test("with an append-only file that is always written: no acknowledged purge is lost, and the epoch stays", async () => {
    await server.stop();
    server = await redisServer("--appendonly", "yes", "--appendfsync", "always");
    const ledger = ledgerOn(server, { survivesRestart: true });
    const acknowledged = await purgeUntilKilled(ledger);
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    await server.start();
    const after = await ledgerOn(server, { survivesRestart: true }).since(undefined);
    const positions = new Map(after.changes.map(([selector, position]) => [selector, position]));
    for (const { epoch, position, tag } of acknowledged)
      expect({ epoch: after.epoch, position: positions.get(tag) }).toEqual({ epoch, position });
  });

  const settings: [name: string, settings: string[]][] = [
    ["nothing on disk", []],
    ["a snapshot now and then", ["--save", "1 1"]],
    ["an append-only file written every second", ["--appendonly", "yes"]],
    ["even an append-only file that is always written", ["--appendonly", "yes", "--appendfsync", "always"]],
  ];
  test.each(settings)(
    "with %s: unless told otherwise, another epoch shows that purges may be lost",
    async (_, given) => {
      await server.stop();
      server = await redisServer(...given);
      const [lost] = await purgeUntilKilled(ledgerOn(server));
      await server.start();
      const ledger = ledgerOn(server);
      const after = await ledger.since(lost);
      expect(after.epoch).not.toBe(lost?.epoch);
      expect(after.changes).toEqual([]);
      expect((await ledger.since(undefined)).epoch).toBe(after.epoch);
    },
  );
});
