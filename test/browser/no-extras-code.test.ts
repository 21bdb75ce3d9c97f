import { expect, test, vi } from "vitest";
import type { ResourceState } from "../../browser/index.ts";
import { fresh, path, subject } from "./support.ts";

vi.mock("../../browser/extras.ts", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});

test("without the code that comes when first used, who uses it is told, and the rest works", async () => {
  const { url } = await path({ body: "[1]", headers: fresh(60, { "cache-tag": "fruit" }) });
  const cache = subject();
  const value = await cache.json(url);
  const states: ResourceState[] = [];
  const stop = cache.subscribe(url, (state) => states.push(state));
  await expect
    .poll(() => states.map(({ data, status }) => [data, status]))
    .toEqual([
      [value, "fresh"],
      [value, "error"],
    ]);
  stop();
  await expect(cache.mutate(url, () => 2, { commit: async () => undefined })).rejects.toThrow();
  expect(cache.peek(url)).toBe(value);
  await expect(cache.prefetch([url])).rejects.toThrow();
  // Not durable, which is what the error says, but forgotten in this page.
  await expect(cache.purge({ tags: ["fruit"] })).rejects.toThrow();
  expect(cache.peek(url)).toBeUndefined();
  expect(cache.events).toEqual([]);
});

test("without it, who subscribes sees a change come and go", async () => {
  const { url } = await path({ body: "1", headers: fresh() });
  const cache = subject();
  await cache.json(url);
  const shown: unknown[] = [];
  cache.subscribe(url, ({ data }) => shown.push(data));
  await expect(cache.mutate(url, () => 2, { commit: async () => undefined })).rejects.toThrow();
  expect(shown.slice(0, 2)).toEqual([1, 2]);
  expect(shown.at(-1)).toBe(1);
});
