import { DatabaseSync } from "node:sqlite";
import { readFileSync } from "node:fs";
import { createStorage } from "unstorage";
import { describe, expect, test } from "vitest";
import {
  dummyStore,
  memcachedStore,
  memoryStore,
  redisRestStore,
  redisStore,
  sqlStore,
  unstorageStore,
  type RedisCommands,
  type Store,
} from "../../../src/index.ts";
import { STORE_TRAITS, type StoreTraits } from "../../../src/stores/choose.ts";

const page = readFileSync(new URL("../../../docs/stores.md", import.meta.url), "utf8");

/** The rows of the page's tables, without the white space that aligns them. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** A store of the worker's, which this project does not compile. */
async function ofWorker(file: string, maker: string): Promise<Store> {
  const module = (await import(new URL(`../../../worker/${file}`, import.meta.url).href)) as Record<
    string,
    (binding: object) => Store
  >; // As that file exports it.
  const make = module[maker];
  if (make === undefined) throw new Error(`worker/${file} has no ${maker}`);
  return make({});
}

const connection: RedisCommands = { isCluster: false, send: async () => null, sendBytes: async () => null };
const never = () => Promise.reject(new Error("Not to be called"));

const STORES: Readonly<Record<string, () => Store | Promise<Store>>> = {
  "memoryStore()": () => memoryStore(),
  "redisStore()": () => redisStore({ client: connection }),
  "redisRestStore()": () => redisRestStore({ url: "https://redis.invalid", token: "t", fetch: never }),
  "durableRedisStore()": () => ofWorker("durable-redis.ts", "durableRedisStore"),
  "sqlStore()": () => sqlStore({ database: new DatabaseSync(":memory:") }),
  "memcachedStore()": () => memcachedStore({ client: { get: never, set: never, add: never, delete: never } }),
  "kvStore()": () => ofWorker("kv-store.ts", "kvStore"),
  "cacheApiStore()": () => ofWorker("cache-api-store.ts", "cacheApiStore"),
  "unstorageStore()": () => unstorageStore(createStorage()),
  "dummyStore()": () => dummyStore(),
};

const MEMBERS = ["getMany", "setMany", "add", "replace", "increment", "keys", "clear"] as const;

describe("docs/stores.md", () => {
  test.each(Object.keys(STORES))("says of %s which capabilities it has, and which not", async (name) => {
    const store = await STORES[name]?.();
    const has = MEMBERS.map((member) => (store?.[member] === undefined ? "-" : "yes"));
    expect(rows).toContainEqual([`\`${name}\``, ...has]);
  });

  const reach = { process: "a process", place: "a machine or data centre", everywhere: "all" };
  const size = ({ largest }: StoreTraits): string => {
    if (largest === Infinity) return "no limit of its own";
    return largest % 1_048_576 === 0 ? `${largest / 1_048_576} MB` : `${largest / 1_000_000} million bytes`;
  };

  test.each(STORE_TRAITS)("says what chooseStore() knows of $store, $is", (traits) => {
    const { store, is, platforms, sharedBy, lasting } = traits;
    const places = platforms.map((it) => ({ node: "Node", workers: "Workers", browser: "browser" })[it]);
    const facts = [places.join(", "), reach[sharedBy], lasting ? "yes" : "no", size(traits)];
    expect(rows).toContainEqual([`\`${store}()\``, is, ...facts]);
  });

  test("tells of no store that there is not", () => {
    const named = new Set(Array.from(page.matchAll(/`(\w+Store)\(\)`/g), ([, name]) => `${name}()`));
    expect(
      [...named].filter((name) => !(name in STORES) && name !== "tieredStore()" && name !== "chooseStore()"),
    ).toEqual([]);
  });
});
