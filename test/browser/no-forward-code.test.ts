import { expect, test, vi } from "vitest";
import { fresh, path, subject, types } from "./support.ts";

vi.mock("../../browser/forward.ts", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});

test("without the code that stores answers they come as plain fetch gives them, and a seed is a hit", async () => {
  const { url } = await path({ body: "[1]", headers: fresh(60, { etag: '"1"' }) });
  const seeded = await path({ body: "[2]" });
  const cache = subject();
  const response = await cache.fetch(url);
  expect(await response.text()).toBe("[1]");
  expect(response.headers.has("cache-status")).toBe(false);
  expect(await cache.json(url)).toEqual([1]);
  expect((await cache.fetch(url, { method: "POST" })).status).toBe(200);
  expect((await cache.fetch(url, { cache: "only-if-cached", mode: "same-origin" })).status).toBe(504);
  const facts = {
    status: 200,
    part: null,
    fields: [],
    nominated: [],
    language: null,
    responseAt: Date.UTC(2026, 5, 1, 12),
    initialAge: 0,
    dateAt: 0,
    lifetime: 60,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    staleForbidden: false,
    alwaysValidate: false,
    immutable: false,
    etag: null,
    lastModified: null,
  };
  expect(cache.seed({ at: facts.responseAt, responses: [{ url: seeded.url, facts, body: "[3]" }] })).toBe(1);
  expect(await cache.ask(seeded.url)).toEqual(["[3]", "hit;ttl=60;detail=memory"]);
  expect(new Set(types(cache.events))).toEqual(new Set(["code-error"]));
});
