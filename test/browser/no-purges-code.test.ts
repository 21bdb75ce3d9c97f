import { expect, test, vi } from "vitest";
import { edge } from "./edge.ts";
import { fresh, path, subject, types } from "./support.ts";

vi.mock("../../browser/fed-purges.ts", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});

test("without the code that purges need nothing stored is used, and no fetch fails", async () => {
  const list = await path([
    { body: "one", headers: fresh() },
    { body: "two", headers: fresh() },
  ]);
  const cache = subject(edge().options);
  const stop = cache.onChange(list.url, () => undefined);
  expect(await cache.ask(list.url)).toEqual(["one", "fwd=bypass;stored=?0"]);
  expect((await cache.ask(list.url))[0]).toBe("two");
  expect((await cache.fetch(list.url, { method: "POST" })).status).toBe(200);
  expect((await cache.fetch(list.url, { cache: "only-if-cached", mode: "same-origin" })).status).toBe(504);
  expect(types(cache.events)).toEqual(["ledger-error"]);
  stop();
});

test("a cache without a feed needs none of that code", async () => {
  const list = await path({ headers: fresh() });
  const cache = subject();
  await cache.ask(list.url);
  expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
  expect(cache.events).toEqual([]);
});
