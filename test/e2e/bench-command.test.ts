import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memcached, type Memcached } from "../support/memcached.ts";
import { redisServer, type RedisServer } from "../support/redis-server.ts";
import { tidemark } from "./support/cli-process.ts";
import { freePort } from "./support/edge-process.ts";

const LITTLE = ["--values", "70", "--size", "20"];
let folder: string;
let redis: RedisServer;
let cache: Memcached;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidemark-cli-"));
  redis = await redisServer();
  cache = await memcached();
  env = { REDIS_URL: `redis://127.0.0.1:${redis.port}`, MEMCACHED: cache.address, TMPDIR: folder };
});
afterAll(async () => {
  await redis.stop();
  await cache.kill();
  await rm(folder, { recursive: true });
});

/** A process that cannot find a package. */
const without = (name: string): Record<string, string> => {
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ resolve(specifier, context, next) {
      if (specifier === "${name}") throw Object.assign(new Error("hidden"), { code: "ERR_MODULE_NOT_FOUND" });
      return next(specifier, context);
    } });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
};

describe("tidemark bench", () => {
  const rates = { set: expect.any(Number), get: expect.any(Number), delete: expect.any(Number) };

  test("measures every store, and prints it as JSON", async () => {
    const stores = ["memory", "redis", "memcached", "sqlite", "files", "tiered"];
    const { code, out, err } = await tidemark(["bench", "--store", stores.join(), "--json", ...LITTLE], env);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(JSON.parse(out)).toEqual({
      values: 70,
      size: 20,
      stores: stores.map((store) => ({ store, sequential: rates, concurrent: rates })),
    });
    for (const { sequential, concurrent } of JSON.parse(out).stores)
      for (const rate of [...Object.values(sequential), ...Object.values(concurrent)])
        expect(rate).toBeGreaterThan(0);
  });

  test("leaves nothing behind, and what was there alone", async () => {
    const client = new Redis(redis.port, "127.0.0.1");
    await client.flushall();
    await client.set("mine", "1");
    const { code } = await tidemark(["bench", "--store", "redis,sqlite,files,tiered", ...LITTLE], env);
    expect(code).toBe(0);
    expect(await client.keys("*")).toEqual(["mine"]);
    client.disconnect();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("leaves nothing behind where it is interrupted", async () => {
    const client = new Redis(redis.port, "127.0.0.1");
    await client.flushall();
    const many = ["bench", "--store", "redis,sqlite", "--values", "100000"];
    let child: ChildProcess | undefined;
    const ended = tidemark(many, env, (running) => (child = running));
    while ((await client.dbsize()) < 100);
    child?.kill("SIGINT");
    expect(await ended).toMatchObject({
      code: 1,
      out: "",
      err: "Cannot bench: it was interrupted; nothing was left behind\n",
    });
    expect(await client.dbsize()).toBe(0);
    client.disconnect();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("prints a table whose columns stand below each other", async () => {
    const { out } = await tidemark(["bench", "--store", "memory, tiered", ...LITTLE], env);
    const [title, empty, head = "", ...rows] = out.trimEnd().split("\n");
    expect(title).toMatch(/^70 values of 20 characters/);
    expect(empty).toBe("");
    expect(head.split(/ {2,}/)).toEqual([
      "store",
      "set",
      "get",
      "delete",
      "set x64",
      "get x64",
      "delete x64",
    ]);
    expect(rows.map((row) => row.split(" ")[0])).toEqual(["memory", "tiered"]);
    for (const row of rows) expect(row).toHaveLength(head.length);
  });

  test.each([
    ["redis", "redis at 127.0.0.1:"],
    ["memcached", "the store memcached does not answer"],
  ])(
    "ends with 1 where nobody listens for %s, and says so at once, without a secret",
    async (store, said) => {
      const port = await freePort();
      const nobody = { REDIS_URL: `redis://:s3cret@127.0.0.1:${port}`, MEMCACHED: `127.0.0.1:${port}` };
      const { code, out, err } = await tidemark(["bench", "--store", `memory,${store}`], nobody);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(new RegExp(`^Cannot bench: ${said}.*ECONNREFUSED.*\\n$`));
      expect(err).not.toContain("s3cret");
    },
  );

  test("ends with 1 where a store does not take the values, and leaves none there", async () => {
    const { code, err } = await tidemark(
      ["bench", "--store", "memcached", "--values", "2", "--size", "2000000"],
      env,
    );
    expect(code).toBe(1);
    expect(err).toMatch(/^Cannot bench: [^\n]+\n$/);
  });

  test.each([
    ["redis", "ioredis"],
    ["memcached", "memjs"],
    ["files", "unstorage"],
  ])("says which package %s needs where it is not installed: %s", async (store, name) => {
    const { code, err } = await tidemark(["bench", "--store", store], { ...env, ...without(name) });
    expect(code).toBe(1);
    expect(err).toBe(`Cannot bench: the store ${store} needs the package ${name}: npm install ${name}\n`);
  });
});
