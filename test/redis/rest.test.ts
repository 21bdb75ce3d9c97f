import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { redisLedger, redisRest, redisRestStore, redisStore, type Entry } from "../../src/index.ts";
import { letPass } from "../support/redis-places.ts";
import {
  redisRestBridge,
  REST_TOKEN,
  type BridgeMood,
  type RedisRestBridge,
} from "../support/redis-rest-bridge.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";
import { storeContract } from "../support/store-contract.ts";
import { storeOracle } from "../support/store-oracle.ts";

let server: RedisServer;
let admin: Redis;
let bridge: RedisRestBridge;
let opened = 0;

beforeAll(async () => {
  server = await redisServer();
  admin = new Redis(server.port, "127.0.0.1");
  bridge = await redisRestBridge(server.port);
});
afterAll(async () => {
  await bridge.close();
  admin.disconnect();
  await server.stop();
});
afterEach(() => bridge.turn("fair"));

const connection = () => ({ url: bridge.url, token: REST_TOKEN, fetch: globalThis.fetch });

function entry(facts: unknown, body: Uint8Array | null = null): Entry {
  return { mark: { epoch: "e", position: 1, labels: [] }, expiresAt: Date.now() + 60_000, facts, body };
}

const open = () => {
  let now = Date.now();
  return {
    store: redisRestStore({ ...connection(), prefix: `r${++opened}`, clock: () => now }),
    now: () => now,
    async pass(seconds: number) {
      now += seconds * 1_000;
      await letPass(admin, seconds);
    },
  };
};

storeContract("redisRestStore()", open);
storeOracle("redisRestStore()", open);

describe("a store over REST", () => {
  test("sends all calls of one tick in one request", async () => {
    const store = redisRestStore({ ...connection(), prefix: "tick" });
    const names = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const before = bridge.requests();
    await Promise.all(names.map((key) => store.set(key, entry(key), 60)));
    expect(bridge.requests() - before).toBe(1);
    const got = await Promise.all(names.map((key) => store.get(key)));
    expect(got.map((it) => it?.facts)).toEqual(names);
    expect(bridge.requests() - before).toBe(2);
  });

  test("reads what a store over TCP wrote, and the other way round, whatever bytes there are", async () => {
    const tcp = redisStore({ client: admin, prefix: "both" });
    const rest = redisRestStore({ ...connection(), prefix: "both" });
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    await tcp.set("tcp", entry("tcp", body), 60);
    await rest.set("rest", entry("rest", body), 60);
    expect(await rest.get("tcp")).toMatchObject({ facts: "tcp", body });
    expect(await tcp.get("rest")).toMatchObject({ facts: "rest", body });
    await admin.set("both:foreign", Buffer.from([0xff, 0, 0xfe]));
    expect(await rest.get("foreign")).toBeUndefined();
    expect(await admin.exists("both:foreign")).toBe(0);
  });

  test("one command that fails does not fail its neighbours", async () => {
    const { send } = redisRest(connection());
    await send(["DEL", "list"]);
    await send(["LPUSH", "list", "x"]);
    const outcomes = await Promise.allSettled([
      send(["SET", "text", "caf\u00e9"]),
      send(["GET", "list"]),
      send(["GET", "text"]),
      send(["LRANGE", "list", "0", "-1"]),
      send(["STRLEN", "text"]),
      send(["GET", "nothing"]),
    ]);
    expect(
      outcomes.map((it) => (it.status === "fulfilled" ? it.value : (it.reason as Error).message)),
    ).toEqual(["OK", expect.stringContaining("WRONGTYPE"), "caf\u00e9", ["x"], 5, null]);
  });

  test("a ledger may stand on the same connection", async () => {
    const ledger = redisLedger({ client: redisRest(connection()), prefix: "rest" });
    const receipt = await ledger.purge({ selectors: ["tag:caf\u00e9"], mode: "hard" });
    expect((await ledger.since(undefined)).changes).toEqual([["tag:caf\u00e9", receipt.position, 0]]);
  });
});

describe("a store over REST whose server fails rejects, and works again afterwards", () => {
  const moods: [mood: BridgeMood, reason: RegExp][] = [
    ["silent", /took longer than 0.2 s/],
    ["garbled", /JSON/],
    ["short", /answered by/],
    ["unavailable", /^Redis over REST answered with status 503: try again later$/],
  ];
  test.each(moods)("%s", async (mood, reason) => {
    const store = redisRestStore({ ...connection(), prefix: "moods", timeout: "200ms" });
    bridge.turn(mood);
    await expect(store.get("k")).rejects.toThrow(reason);
    await expect(store.set("k", entry("x"), 60)).rejects.toThrow(reason);
    await expect(store.delete(["k"])).rejects.toThrow(reason);
    bridge.turn("fair");
    await store.set("k", entry("x"), 60);
    expect((await store.get("k"))?.facts).toBe("x");
  });

  test("nobody listens", async () => {
    const store = redisRestStore({ ...connection(), url: "http://127.0.0.1:1", timeout: "5s" });
    await expect(store.get("k")).rejects.toThrow();
  });

  test("a wrong token: the sentence does not tell it", async () => {
    const store = redisRestStore({ ...connection(), token: "another-secret" });
    await expect(store.get("k")).rejects.toThrow("Redis over REST answered with status 401: Unauthorized");
  });

  test("what takes too long is given up, so that its connection is free again", async () => {
    let given: AbortSignal | undefined;
    const store = redisRestStore({
      ...connection(),
      timeout: "20ms",
      fetch: (_, { signal }) => {
        given = signal;
        return new Promise(() => undefined);
      },
    });
    await expect(store.get("k")).rejects.toThrow("took longer than 0.02 s");
    await expect.poll(() => given?.aborted).toBe(true);
  });
});

describe("redisRestStore() refuses what makes no sense", () => {
  const given: [options: object, sentence: RegExp][] = [
    [{ url: "" }, /^Cannot use Redis over REST: url must be an http or https address/],
    [{ url: "redis://host" }, /^Cannot use Redis over REST: url must be an http or https address/],
    [{ url: "https://user:secret@host" }, /^Cannot use Redis over REST: url must be .* without a user$/],
    [{ token: "" }, /^Cannot use Redis over REST: token must be text$/],
    [{ fetch: undefined }, /^Cannot use Redis over REST: fetch must be the platform's/],
    [{ timeout: 0 }, /^Cannot read timeout: it must be more than 0/],
  ];
  test.each(given)("%o", (options, sentence) => {
    expect(() => redisRestStore({ ...connection(), ...options })).toThrow(sentence);
  });
});
