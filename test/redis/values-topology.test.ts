import { afterEach, describe, expect, test } from "vitest";
import {
  createCache,
  ledgerView,
  memoryStore,
  redisLedger,
  redisStore,
  type RedisClient,
} from "../../src/index.ts";
import { redisPlace } from "../support/redis-places.ts";
import { sentinelPlace } from "../support/redis-sentinel.ts";
import { load, STRICT } from "../support/values-load.ts";

const HOST = "127.0.0.1";
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(["ioredis", "redis"])("behind Sentinel, by %s", (kind) => {
  test("when a replica takes over under load: every call is answered, nothing acknowledged as deleted comes back", async () => {
    const place = await sentinelPlace();
    closing.push(() => place.close());
    const make = (client: RedisClient) => {
      const ledger = redisLedger({ client, prefix: "l", timeout: "300ms" });
      return createCache({
        tiers: [memoryStore(), redisStore({ client, prefix: "v" })],
        ledger,
        view: ledgerView({ ledger, ...STRICT }),
        storeTimeout: "150ms",
      });
    };
    const caches = [make(await place.client(kind)), make(await place.client(kind))];
    const { truth, more, end } = load(caches);
    await more("acknowledged", 100);
    await expect.poll(place.failover).toBe("OK");
    await expect.poll(place.isOver).toBe(true);
    await more("acknowledged", 100);
    await end();
    expect(truth.faults).toEqual([]);
  });
});

describe.each(["Cluster of ioredis", "createCluster of redis"])("by %s", (kind) => {
  test("while a slot moves to another node, its values are read, made once, counted and deleted", async () => {
    const place = await redisPlace(kind);
    closing.push(() => place.close());
    const { client, admins } = place;
    const cache = createCache({
      tiers: [redisStore({ client, prefix: "p" })], // No memory that would answer instead.
      ledger: redisLedger({ client, prefix: "l" }),
      storeTimeout: "5s",
    });
    const names = Array.from({ length: 20 }, (_, index) => `{one}:${index}`);
    let made = 0;
    const read = () =>
      Promise.all(
        names.map((name) =>
          cache.getOrSet(name, () => {
            made += 1;
            return name;
          }),
        ),
      );
    expect(await read()).toEqual(names);
    await cache.increment("{one}:n", 1);

    const [first, second] = admins;
    if (first === undefined || second === undefined) throw new Error("Three nodes");
    const slot = await first.cluster("KEYSLOT", "p:values:1:{one}:0");
    const from = admins[slot < 5_461 ? 0 : slot < 10_923 ? 1 : 2] ?? first;
    const to = from === first ? second : first;
    const [fromId, toId] = [String(await from.cluster("MYID")), String(await to.cluster("MYID"))];
    await to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
    await from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
    const stored = await from.cluster("GETKEYSINSLOT", slot, 100);
    const move = (keys: readonly string[]) =>
      from.call("MIGRATE", HOST, to.options.port ?? 0, "", 0, 5_000, "KEYS", ...keys);
    await move(stored.slice(0, 10));

    expect(await read()).toEqual(names);
    expect(await cache.getMany(names)).toEqual(new Map(names.map((name) => [name, name])));
    expect(await cache.increment("{one}:n", 1)).toBe(2);
    expect(await cache.delete("{one}:3")).toBe(true);
    expect(await cache.get("{one}:3")).toBeUndefined();

    const left = await from.cluster("GETKEYSINSLOT", slot, 100);
    await move(left);
    for (const node of admins) await node.call("CLUSTER", "SETSLOT", slot, "NODE", toId);
    expect(await read()).toEqual(names);
    expect(made).toBe(names.length + 1); // One for each, and one for what was deleted.
    expect(await cache.get("{one}:n")).toBe(2);
  });
});
