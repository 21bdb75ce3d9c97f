import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { redisLedger, type Entry } from "../../src/index.ts";
import { durableRedis } from "../../worker/durable-redis.ts";
import { durableRedisStore, type RedisObject } from "../../worker/index.ts";
import { storeContract } from "../support/store-contract.ts";

const { REDIS } = env as { REDIS: DurableObjectNamespace<RedisObject> }; // As wrangler.toml binds it.
let opened = 0;

storeContract("durableRedisStore()", () => {
  let now = Date.now();
  const prefix = `d${++opened}`;
  const { send } = durableRedis(REDIS);
  return {
    store: durableRedisStore(REDIS, { prefix, clock: () => now }),
    now: () => now,
    async pass(seconds) {
      now += seconds * 1_000;
      for (const name of (await send(["KEYS", `${prefix}:*`])) as string[]) {
        const left = Number(await send(["PTTL", name])) - seconds * 1_000;
        await send(left > 0 ? ["PEXPIRE", name, String(left)] : ["DEL", name]);
      }
    },
  };
});

function entry(facts: unknown, body: Uint8Array | null = null): Entry {
  return { mark: { epoch: "e", position: 0, labels: [] }, expiresAt: Date.now() + 60_000, facts, body };
}

describe("Redis over a Durable Object", () => {
  test("large entries, and many at once, come back whole", async () => {
    const store = durableRedisStore(REDIS, { prefix: "large", timeout: "10s" });
    const body = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
    await store.set("large", entry("large", body), 60);
    expect((await store.get("large"))?.body).toEqual(body);
    const names = Array.from({ length: 600 }, (_, index) => `k${index}`);
    await store.setMany(names.map((key) => ({ key, entry: entry(key, body.subarray(0, 1_000)), ttl: 60 })));
    expect((await store.getMany(names)).map((it) => it?.facts)).toEqual(names);
  });

  test("one command that fails does not fail its neighbours", async () => {
    const { send } = durableRedis(REDIS);
    await send(["DEL", "list"]);
    await send(["LPUSH", "list", "x"]);
    const outcomes = await Promise.allSettled([
      send(["SET", "text", "caf\u00e9"]),
      send(["GET", "list"]),
      send(["GET", "text"]),
      send(["LRANGE", "list", "0", "-1"]),
      send(["STRLEN", "text"]),
      send(["GET", "nothing"]),
      send(["PING"]),
    ]);
    expect(
      outcomes.map((it) => (it.status === "fulfilled" ? it.value : (it.reason as Error).message)),
    ).toEqual(["OK", expect.stringContaining("WRONGTYPE"), "caf\u00e9", ["x"], 5, null, "PONG"]);
  });

  test("when the server ends the connection, the next call opens another", async () => {
    const store = durableRedisStore(REDIS, { prefix: "kill" });
    await store.set("k", entry("there"), 60);
    const { send } = durableRedis(REDIS, { object: "another" });
    await send(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    const facts = () =>
      store.get("k").then(
        (it) => it?.facts,
        () => undefined,
      );
    await expect.poll(facts).toBe("there");
  });

  test("a ledger may stand on the same connection", async () => {
    const ledger = redisLedger({ client: durableRedis(REDIS), prefix: "durable" });
    const { epoch, position } = await ledger.purge({ selectors: ["tag:caf\u00e9"], mode: "hard" });
    expect(await ledger.since(undefined)).toMatchObject({ epoch, changes: [["tag:caf\u00e9", position, 0]] });
  });
});
