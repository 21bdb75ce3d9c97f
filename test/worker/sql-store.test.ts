import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { sqlStore, type Entry } from "../../src/index.ts";
import { storeContract } from "../support/store-contract.ts";

const { DATABASE } = env as { DATABASE: D1Database }; // As vitest.config.ts binds it.
let opened = 0;

storeContract("sqlStore() over D1", () => {
  let now = Date.now();
  return {
    store: sqlStore({ database: DATABASE, table: `contract_${++opened}`, clock: () => now }),
    now: () => now,
    pass: (seconds) => void (now += seconds * 1_000),
  };
});

function entry(facts: unknown, body: Uint8Array | null = null): Entry {
  return { mark: { epoch: "e", position: 0, labels: [] }, expiresAt: Date.now() + 60_000, facts, body };
}

test("hundreds of keys at once are more than one statement of D1 takes, and come back in order", async () => {
  const store = sqlStore({ database: DATABASE, table: "many" });
  const names = Array.from({ length: 301 }, (_, index) => `k${index}`);
  await store.setMany(names.map((key) => ({ key, entry: entry(key), ttl: 60 })));
  expect((await store.getMany(names)).map((it) => it?.facts)).toEqual(names);
  expect(await store.delete(names)).toBe(301);
});

test("there are never many more rows than maxEntries", async () => {
  const store = sqlStore({ database: DATABASE, table: "bounded", maxEntries: 20 });
  for (let index = 0; index < 50; index += 1) await store.set(`k${index}`, entry(index), 60);
  const { results } = await DATABASE.prepare("SELECT count(*) AS n FROM bounded").all();
  expect(results[0]?.["n"]).toBeLessThanOrEqual(22);
  expect((await store.get("k49"))?.facts).toBe(49);
});

test("the largest entry fits, and one that does not is refused by us", async () => {
  const store = sqlStore({ database: DATABASE, table: "large" });
  await store.set("fits", entry("x", new Uint8Array(1_890_000).fill(7)), 60);
  expect((await store.get("fits"))?.body?.byteLength).toBe(1_890_000);
  await expect(store.set("large", entry("x", new Uint8Array(2_100_000)), 60)).rejects.toThrow(
    "its size must not exceed 1900000 bytes",
  );
});

test("a missing table that is not to be made: a sentence", async () => {
  const store = sqlStore({ database: DATABASE, table: "missing", create: false });
  await expect(store.get("k")).rejects.toThrow("Cannot use table missing: it is missing");
});
