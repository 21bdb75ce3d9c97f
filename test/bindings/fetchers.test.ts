import ky from "ky";
import { createFetch } from "ofetch";
import { expect, test } from "vitest";
import { fresh, path, subject } from "../browser/support.ts";
import { item, json, type Item } from "./suite.ts";

test("ky fetches by the cache", async () => {
  const api = subject();
  const { url, log } = await item();
  const client = ky.create({ fetch: api.fetch });
  expect(await client.get(url).json<Item>()).toEqual({ name: "plum" });
  const again = await client.get(url);
  expect(again.headers.get("cache-status")).toMatch(/tidemark-browser; ?hit/);
  expect(await log()).toHaveLength(1);
});

test("ky's retries go to the network", async () => {
  const api = subject();
  const { url, log } = await path([{ status: 503 }, { body: json("plum"), headers: fresh() }]);
  const client = ky.create({ fetch: api.fetch, retry: { limit: 1, delay: () => 1 } });
  expect(await client.get(url).json<Item>()).toEqual({ name: "plum" });
  expect(await log()).toHaveLength(2);
});

test("ofetch fetches by the cache", async () => {
  const api = subject();
  const { url, log } = await item();
  const client = createFetch({ fetch: api.fetch });
  expect(await client<Item>(url)).toEqual({ name: "plum" });
  const again = await client.raw<Item>(url);
  expect(again.headers.get("cache-status")).toMatch(/tidemark-browser; ?hit/);
  expect(await log()).toHaveLength(1);
});
