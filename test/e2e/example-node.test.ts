import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";
import { redisServer } from "../support/redis-server.ts";
import { freePort, startEdge } from "./support/edge-process.ts";

const SCRIPT = new URL("../../examples/node/main.ts", import.meta.url).pathname;
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

/** Runs the example until the test is over; resolves to its address. */
async function example(env: Record<string, string> = {}): Promise<string> {
  const port = env["PORT"] ?? String(await freePort());
  const child = spawn(process.execPath, [SCRIPT], {
    env: { PATH: process.env["PATH"], ...env, PORT: port },
    stdio: ["ignore", "pipe", "inherit"],
  });
  ending.push(async () => {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("ready")) break;
  child.stdout.resume();
  return `http://127.0.0.1:${port}`;
}

async function page(url: string): Promise<{ title: string; reads: number; cache: string }> {
  const response = await fetch(url);
  const text = await response.text();
  return {
    title: /<h1>(.*)<\/h1>/.exec(text)?.[1] ?? "",
    reads: Number(/database (\d+) times/.exec(text)?.[1]),
    cache: response.headers.get("cache-status") ?? "",
  };
}

const save = async (url: string, title: string, body = "x"): Promise<number> =>
  (await fetch(url, { method: "POST", body: new URLSearchParams({ title, body }), redirect: "manual" }))
    .status;

describe("npm run example:node", () => {
  test("reads an article once, and shows a save to the next reader, on its page and in the list", async () => {
    const url = await example();
    expect(await page(`${url}/articles/1`)).toMatchObject({ title: "Tides", reads: 1 });
    expect(await page(`${url}/articles/1`)).toMatchObject({ title: "Tides", reads: 1 });
    await page(url);
    expect(await page(`${url}/articles/2`)).toMatchObject({ title: "Moons", reads: 3 });
    expect(await save(`${url}/articles/1`, "Ebb & flow")).toBe(303);
    expect(await page(`${url}/articles/1`)).toMatchObject({ title: "Ebb &amp; flow", reads: 4 });
    expect(await (await fetch(url)).text()).toContain("Ebb &amp; flow");
    expect(await page(`${url}/articles/2`)).toMatchObject({ title: "Moons", reads: 5 });
  });

  test("answers what is not there and what cannot be saved", async () => {
    const url = await example();
    expect((await fetch(`${url}/articles/77`)).status).toBe(404);
    expect((await fetch(`${url}/articles/x`)).status).toBe(404);
    expect(await save(`${url}/articles/77`, "new")).toBe(404);
    expect(await save(`${url}/articles/1`, " ")).toBe(422);
    expect(await save(`${url}/articles/1`, "x".repeat(201))).toBe(422);
    expect((await fetch(`${url}/articles/1`, { method: "POST", body: "?" })).status).toBe(422);
  });

  test("with Redis, shares what it has read with other processes, and they see a save", async () => {
    const redis = await redisServer();
    ending.push(() => redis.stop());
    const folder = await mkdtemp(join(tmpdir(), "tidemark-example-"));
    ending.push(() => rm(folder, { recursive: true }));
    const env = {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      ARTICLES_DB: join(folder, "articles.sqlite"),
    };
    const [one, other] = [await example(env), await example(env)];
    await page(`${one}/articles/1`);
    const client = new Redis(redis.port, "127.0.0.1");
    ending.push(() => client.disconnect());
    while ((await client.keys("*article*1]*")).length === 0); // It is written behind the answer.
    expect(await page(`${other}/articles/1`)).toMatchObject({ title: "Tides", reads: 0 });
    expect(await save(`${one}/articles/1`, "Ebb")).toBe(303);
    expect((await page(`${one}/articles/1`)).title).toBe("Ebb");
    while ((await page(`${other}/articles/1`)).title !== "Ebb"); // It hears of the purge a moment later.
  });

  test("with an edge in front, purges its pages on a save", async () => {
    const port = String(await freePort());
    const edge = await startEdge(`http://127.0.0.1:${port}`, ["--tiers", "memory"]);
    ending.push(() => edge.stop());
    const url = await example({ PORT: port, EDGE_URL: edge.url, PURGE_TOKEN: "test-token" });
    const article = `${edge.url}/articles/1`;
    expect(await page(article)).toMatchObject({ title: "Tides", cache: expect.stringContaining("stored") });
    expect(await page(article)).toMatchObject({ title: "Tides", cache: expect.stringContaining(";hit") });
    expect(await save(`${url}/articles/1`, "Ebb")).toBe(303);
    expect(await page(article)).toMatchObject({ title: "Ebb", cache: expect.stringContaining("fwd=") });
    expect(await page(article)).toMatchObject({ title: "Ebb", cache: expect.stringContaining(";hit") });
  });
});
