import { describe, expect, onTestFinished, test } from "vitest";
import { fresh, path, subject, unique } from "./support.ts";

/** The browser tells of it when it gets to it. */
const PATIENCE = { timeout: 10_000 };

/** An answer by which a server has the browser forget. */
const logout = (value: string) => path({ headers: { "clear-site-data": value } });
const twice = () =>
  path([
    { body: "1", headers: fresh(600) },
    { body: "2", headers: fresh(600) },
  ]);

/**
 * Does to a cache's database what the browser does when a site's storage is emptied: closes all connections, removes it, and
 * tells those who had one. Chromium itself does so reliably once in its life, and sometimes not again.
 */
function emptying(name: string): () => Promise<void> {
  const { open } = indexedDB;
  const databases: IDBDatabase[] = [];
  indexedDB.open = (...asked) => {
    const request = open.apply(indexedDB, asked);
    if (asked[0] === `tidemark/${name}`)
      request.addEventListener("success", () => databases.push(request.result));
    return request;
  };
  onTestFinished(() => void Reflect.deleteProperty(indexedDB, "open"));
  return async () => {
    const lost = databases.splice(0);
    for (const database of lost) database.close();
    const removal = indexedDB.deleteDatabase(`tidemark/${name}`);
    await new Promise((resolve, reject) => {
      removal.addEventListener("success", resolve);
      removal.addEventListener("error", reject);
    });
    for (const database of lost) database.dispatchEvent(new Event("close"));
  };
}

describe("Clear-Site-Data", () => {
  test("the browser empties the disk, and memory goes with it, whoever asked", async () => {
    const cache = subject();
    const { url } = await twice();
    await cache.json(url);
    await cache.stats();
    await fetch((await logout('"storage"')).url, { method: "POST" });
    await expect.poll(() => cache.peek(url), PATIENCE).toBeUndefined();
    expect(await cache.json(url)).toBe(2);
  });

  test("reaches all tabs, and who shows what was there", async () => {
    const name = unique("tabs");
    const empty = emptying(name);
    const [here, there] = [subject({ name }), subject({ name })];
    const { url } = await twice();
    await here.json(url);
    await here.stats();
    const shown: unknown[] = [];
    there.subscribe(url, ({ data }) => shown.push(data));
    await expect.poll(() => shown).toEqual([undefined, 1]);
    await empty();
    await expect.poll(() => shown).toEqual([undefined, 1, undefined, 2]);
  });

  test("what was being fetched or written when it came is not kept", async () => {
    const name = unique("cache");
    const empty = emptying(name);
    const cache = subject({ name });
    const { url, log, release } = await path([
      { body: "1", headers: fresh(600), hold: true },
      { body: "2", headers: fresh(600) },
    ]);
    const written = await twice();
    const one = cache.json(url);
    await expect.poll(log).toHaveLength(1);
    await cache.json(written.url);
    await cache.stats();
    await empty();
    await release();
    await one;
    await expect.poll(() => cache.peek(url)).toBeUndefined();
    const reloaded = await cache.reload();
    for (const asked of [url, written.url]) expect((await reloaded.ask(asked))[1]).toMatch(/uri-miss/);
  });

  test("of cookies alone: everything stays", async () => {
    const cache = subject();
    const { url } = await twice();
    const value = await cache.json(url);
    await cache.fetch((await logout('"cookies"')).url, { method: "POST" });
    expect(cache.peek(url)).toBe(value);
  });
});
