import { describe, expect, test } from "vitest";
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

describe("Clear-Site-Data", () => {
  test.each(['"storage"', '"cookies", "storage"', '"*"'])(
    "%s: the browser empties the disk, and memory goes with it, whoever asked",
    async (value) => {
      const cache = subject();
      const { url } = await twice();
      await cache.json(url);
      await cache.stats();
      await fetch((await logout(value)).url, { method: "POST" });
      await expect.poll(() => cache.peek(url), PATIENCE).toBeUndefined();
      expect(await cache.json(url)).toBe(2);
      expect(cache.events).toEqual([]);
    },
  );

  test("reaches all tabs, and who shows what was there", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const { url } = await twice();
    await here.json(url);
    await here.stats();
    const shown: unknown[] = [];
    there.subscribe(url, ({ data }) => shown.push(data));
    await expect.poll(() => shown, PATIENCE).toEqual([undefined, 1]);
    await here.fetch((await logout('"storage"')).url, { method: "POST" });
    await expect.poll(() => shown, PATIENCE).toEqual([undefined, 1, undefined, 2]);
  });

  test("what was being fetched or written when it came is not kept", async () => {
    const cache = subject();
    const { url, log, release } = await path([
      { body: "1", headers: fresh(600), hold: true },
      { body: "2", headers: fresh(600) },
    ]);
    const written = await twice();
    await cache.stats();
    const one = cache.json(url);
    await expect.poll(log).toHaveLength(1);
    await cache.json(written.url);
    await fetch((await logout('"storage"')).url, { method: "POST" });
    await release();
    await one;
    await expect.poll(() => cache.peek(url), PATIENCE).toBeUndefined();
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
