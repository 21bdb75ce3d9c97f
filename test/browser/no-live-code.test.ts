import { expect, test, vi } from "vitest";
import { edge } from "./edge.ts";
import { fresh, path, subject, types } from "./support.ts";

vi.mock("../../browser/live.ts", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});

test("without the code of live purges reads ask the feed", async () => {
  const list = await path([
    { body: "one", headers: fresh() },
    { body: "two", headers: fresh() },
  ]);
  const { options, order } = edge();
  const cache = subject({ ...options, bound: 0 });
  expect((await cache.ask(list.url))[0]).toBe("one");
  expect((await cache.ask(list.url))[1]).toMatch(/^hit/);
  await order({ purge: ["all"] });
  expect((await cache.ask(list.url))[0]).toBe("two");
  expect(types(cache.events)).toEqual(["live-error"]);
});
