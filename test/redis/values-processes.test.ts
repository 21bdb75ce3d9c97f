import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CacheOptions } from "../../src/index.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";
import { valuesProcess, type ValuesProcess } from "../support/values-process.ts";

const HOST = "127.0.0.1";
const running: ValuesProcess[] = [];
let server: RedisServer;
let admin: Redis;
let keys = 0;

beforeAll(async () => {
  server = await redisServer();
  admin = new Redis(server.port, HOST);
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  admin.disconnect();
  await server.stop();
});

type Client = "ioredis" | "redis";
type Fleet = [ValuesProcess, ValuesProcess, ...ValuesProcess[]];

async function started(
  count: number,
  client: Client,
  hasBus: boolean,
  cache: CacheOptions = {},
): Promise<Fleet> {
  const options = { port: server.port, client, hasBus, cache };
  const all = await Promise.all(Array.from({ length: count }, () => valuesProcess(options)));
  running.push(...all);
  return all as Fleet; // Never fewer than two.
}

/** A key of a test's own, and what its producers find. */
async function keyOf(truth: string): Promise<string> {
  const key = `k${(keys += 1)}`;
  await admin.set(`truth:${key}`, truth);
  return key;
}

const produced = (key: string): Promise<string | null> => admin.get(`produced:${key}`);

describe.each(["ioredis", "redis"] as const)("four processes on one Redis, by %s", (client) => {
  let heard: Fleet;
  let deaf: Fleet;
  beforeAll(async () => {
    heard = await started(4, client, true, { ttl: "1h" });
    deaf = await started(2, client, false, { ttl: "1h" });
  }, 60_000);

  test("100 misses at once in each, with a lock: the producer runs once in all", async () => {
    const key = await keyOf("the value");
    const fills = heard.map((each) => each.fill(key, 100, { lock: { ttl: "50s", wait: "50s" } }));
    await Promise.any(heard.map((each) => each.asked(key)));
    await Promise.all(heard.map((each) => each.open(key)));
    for (const values of await Promise.all(fills)) expect(values).toEqual(Array(100).fill("the value"));
    expect(await produced(key)).toBe("1");
  });

  test("without a bus, too: those who wait ask now and then", async () => {
    const key = await keyOf("the value");
    const fills = deaf.map((each) => each.fill(key, 100, { lock: { ttl: "50s", wait: "50s" } }));
    await Promise.any(deaf.map((each) => each.asked(key)));
    await Promise.all(deaf.map((each) => each.open(key)));
    for (const values of await Promise.all(fills)) expect(values).toEqual(Array(100).fill("the value"));
    expect(await produced(key)).toBe("1");
  });

  test("without a lock the producer runs once in each", async () => {
    const key = await keyOf("the value");
    const fills = heard.map((each) => each.fill(key, 100));
    await Promise.all(heard.map((each) => each.asked(key)));
    await Promise.all(heard.map((each) => each.open(key)));
    await Promise.all(fills);
    expect(await produced(key)).toBe("4");
  });

  test("a lock that is given back is published, for those who wait", async () => {
    const key = await keyOf("the value");
    const listener = new Redis(server.port, HOST);
    const messages: string[] = [];
    await listener.subscribe("tidemark:bus");
    listener.on("message", (_, message: string) => void messages.push(message));
    await heard[0].open(key);
    await heard[0].fill(key, 1, { lock: true });
    await expect.poll(() => messages).toContainEqual(expect.stringMatching(new RegExp(`^freed:.*!${key}$`)));
    listener.disconnect();
  });

  const ends: [name: string, member: string, args: (key: string) => readonly unknown[]][] = [
    ["delete", "delete", (key) => [key]],
    ["deleteMany", "deleteMany", (key) => [[key, "l"]]],
    ["a purge by its tag", "purge", () => [{ tags: ["t"] }]],
    ["a purge of everything", "purge", () => [{ everything: true }]],
    ["bumpVersion", "bumpVersion", () => []],
    ["clear", "clear", () => []],
  ];
  test.each(ends)(
    "%s in one during a fill in another: the old value never comes back",
    async (_, member, args) => {
      const [filling, ending] = heard;
      const key = await keyOf("old");
      const fill = filling.fill(key, 1, { tags: ["t"] });
      await filling.asked(key);
      await admin.set(`truth:${key}`, "new");
      await ending.call(member, ...args(key));
      await filling.open(key);
      await ending.open(key);
      expect(await fill).toEqual(["old"]);
      // Who ended it knows at once; the others as soon as they have heard.
      expect(await ending.call("get", key)).toBeUndefined();
      await expect.poll(() => filling.call("get", key)).toBeUndefined();
      expect(await ending.fill(key, 1)).toEqual(["new"]);
      expect(await filling.fill(key, 1)).toEqual(["new"]);
    },
  );

  test("a value that was set in one during a fill in another is not overwritten by it", async () => {
    const [filling, setting] = heard;
    const key = await keyOf("old");
    const fill = filling.fill(key, 1);
    await filling.asked(key);
    await setting.call("set", key, "set");
    await filling.open(key);
    expect(await fill).toEqual(["old"]);
    await expect.poll(() => filling.call("get", key)).toBe("set");
    expect(await setting.call("get", key)).toBe("set");
  });

  test("a copy in the memory of another goes at once when it is deleted here; without a bus within the bound", async () => {
    const [here, there] = heard;
    const [alone] = deaf;
    const key = await keyOf("v");
    await here.call("set", key, "v");
    for (const each of [there, alone]) expect(await each.call("get", key)).toBe("v");
    expect(await there.call("peek", key)).toBe("v");
    await here.call("delete", key);
    // `peek` asks nobody: what it knows it was told.
    await expect.poll(() => there.call("peek", key)).toBeUndefined();
    await expect.poll(() => alone.call("get", key)).toBeUndefined();
  });

  test("a copy has the time that is left, and no more, however long the server keeps the entry", async () => {
    const [here, there] = heard;
    const key = await keyOf("v");
    await here.call("set", key, "v", { ttl: 1_000 });
    for (const name of await admin.keys(`v:*:${key}`)) await admin.pexpire(name, 50_000_000);
    await expect.poll(() => here.call("ttl", key)).toBeLessThan(999.9);
    await there.call("get", key);
    expect(await there.call("ttl", key)).toBeLessThan(999.9);
  });
});

test("a process that is killed with a lock costs the others its time, and no value", async () => {
  const [holder, waiter] = await started(2, "ioredis", true);
  const key = await keyOf("the value");
  holder.fill(key, 1, { lock: { ttl: "1s", wait: "50s" } }).catch(() => undefined);
  await holder.asked(key);
  await waiter.open(key);
  const second = waiter.fill(key, 1, { lock: { ttl: "1s", wait: "50s" } });
  await holder.stop();
  expect(await second).toEqual(["the value"]);
  expect(await produced(key)).toBe("2");
});
