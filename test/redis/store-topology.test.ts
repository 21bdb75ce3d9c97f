import { afterEach, describe, expect, test } from "vitest";
import { redisStore, type Entry } from "../../src/index.ts";
import { redisPlace } from "../support/redis-places.ts";
import { sentinelPlace } from "../support/redis-sentinel.ts";

const HOST = "127.0.0.1";
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function entry(facts: unknown): Entry {
  return { mark: { epoch: "e", position: 1, labels: [] }, expiresAt: Date.now() + 60_000, facts, body: null };
}

describe.each(["Cluster of ioredis", "createCluster of redis"])("by %s", (kind) => {
  test("entries are found while their slot moves to another node, and after it has moved", async () => {
    const place = await redisPlace(kind);
    closing.push(() => place.close());
    const store = redisStore({ client: place.client, prefix: "p" });
    const names = Array.from({ length: 30 }, (_, index) => `{one}:${index}`);
    for (const name of names) await store.set(name, entry(name), 60);
    const [first, second, third] = place.admins;
    if (first === undefined || second === undefined || third === undefined) throw new Error("Three nodes");
    const slot = await first.cluster("KEYSLOT", "p:{one}:0");
    const from = place.admins[slot < 5_461 ? 0 : slot < 10_923 ? 1 : 2]!;
    const to = from === first ? second : first;
    const [fromId, toId] = [await from.cluster("MYID"), await to.cluster("MYID")].map(String);
    const port = to.options.port ?? 0;
    await to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId!);
    await from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", toId!);
    const half = names.slice(0, 15).map((name) => `p:${name}`);
    await from.call("MIGRATE", HOST, port, "", 0, 5_000, "KEYS", ...half);

    const facts = async () => (await store.getMany(names)).map((it) => it?.facts);
    expect(await facts()).toEqual(names);
    await store.set("{one}:0", entry("changed"), 60);
    expect(await store.delete(["{one}:1", "{one}:20"])).toBe(2);

    await from.call(
      "MIGRATE",
      HOST,
      port,
      "",
      0,
      5_000,
      "KEYS",
      ...names.slice(15).map((name) => `p:${name}`),
    );
    for (const node of place.admins) await node.call("CLUSTER", "SETSLOT", slot, "NODE", toId!);
    const expected = names.map((name, index) =>
      index === 0 ? "changed" : [1, 20].includes(index) ? undefined : name,
    );
    expect(await facts()).toEqual(expected);
    await store.clear();
    expect(await facts()).toEqual(names.map(() => undefined));
  });
});

describe.each(["ioredis", "redis"])("behind Sentinel, by %s", (kind) => {
  test("when a replica takes over, calls go to it", async () => {
    const place = await sentinelPlace();
    closing.push(() => place.close());
    const client = await place.client(kind);
    const store = redisStore({ client, timeout: "300ms" });
    await store.set("k", entry("before"), 60);
    await expect.poll(place.failover, { timeout: 15_000 }).toBe("OK");
    const write = async (): Promise<string> => {
      const outcome = await store.set("k", entry("after"), 60).then(() => "set", String);
      return (await place.isOver()) ? outcome : "too early";
    };
    await expect.poll(write, { timeout: 30_000 }).toBe("set");
    expect((await store.get("k"))?.facts).toBe("after");
  });
});
