import { describe, expect, test } from "vitest";
import { fresh, path, subject, types, unique, withIndexedDb } from "./support.ts";

/** Not in the platform's types yet. */
interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ readonly indexedDB: IDBFactory }>;
}

/** A real IndexedDB with a real quota of its own, for the rest of a test. */
async function withQuota(bytes: number): Promise<void> {
  const { storageBuckets } = navigator as Navigator & { storageBuckets: StorageBuckets };
  const bucket = await storageBuckets.open(unique("bucket"), { quota: bytes });
  withIndexedDb(bucket.indexedDB);
}

/** Text that does not compress: databases do that, and count what is left. */
function noise(length: number): string {
  return new TextDecoder().decode(new Uint8Array(length).map(() => 35 + Math.floor(Math.random() * 56)));
}

describe("a browser that gives no more room", () => {
  test("what finds none stays in memory, with one event, and nothing is left half-written", async () => {
    await withQuota(100_000);
    const list = await path({ body: "x".repeat(2_000_000), headers: fresh() });
    const cache = subject();
    expect((await cache.ask(list.url))[1]).toMatch(/stored/);
    expect((await cache.ask(list.url))[1]).toMatch(/memory$/);
    const reloaded = await cache.reload();
    expect(types(cache.events)).toEqual(["quota-reached"]);
    expect((await reloaded.stats()).disk.entries).toBe(0);
    expect((await reloaded.ask(list.url))[1]).toMatch(/uri-miss/);
  });

  test("the oldest leave for what comes, and every fetch is answered", async () => {
    await withQuota(3_000_000);
    const cache = subject();
    for (let index = 0; index < 20; index++) {
      const list = await path({ body: noise(400_000), headers: fresh() });
      expect((await cache.ask(list.url))[1]).toBe("fwd=uri-miss;stored;ttl=60");
      cache.pass(1);
      await cache.stats();
    }
    expect(types(cache.events)).toContain("storage-evicted");
    expect(types(cache.events)).not.toContain("store-error");
  });

  test("what is stored can still be made invalid and cleared", async () => {
    await withQuota(1_000_000);
    const [old, ...others] = await Promise.all(
      [1, 2, 3, 4].map(() => path({ body: noise(400_000), headers: fresh() })),
    );
    const cache = subject({ memory: { maxBytes: "1kb" } });
    for (const { url } of [old!, ...others]) await cache.ask(url);
    await cache.stats();
    for (const { url } of others) await cache.fetch(url, { method: "POST" });
    for (const { url } of others) expect((await cache.ask(url))[1]).toMatch(/uri-miss/);
    await cache.clear();
    expect((await cache.ask(old!.url))[1]).toMatch(/uri-miss/);
    expect(types(cache.events)).not.toContain("store-error");
  });
});
