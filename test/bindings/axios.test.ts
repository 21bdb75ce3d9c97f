import axios from "axios";
import { buildMemoryStorage, setupCache } from "axios-cache-interceptor";
import { describe, expect, test } from "vitest";
import { heedChanges, resourceAxios } from "../../adapters/axios.ts";
import type { ApiCache } from "../../browser/index.ts";
import { edge } from "../browser/edge.ts";
import { fresh, path, subject, unique } from "../browser/support.ts";
import { item, json, type Item } from "./suite.ts";

describe("axios by the cache", () => {
  test("answers from memory, and says so", async () => {
    const api = subject();
    const { url, log } = await item();
    const client = axios.create({ ...resourceAxios(api), baseURL: url });
    const first = await client.get<Item>("", { params: { page: 2 } });
    const second = await client.get<Item>("", { params: { page: 2 } });
    expect([first.data, second.data]).toEqual([{ name: "plum" }, { name: "plum" }]);
    expect(second.headers["cache-status"]).toMatch(/tidemark-browser; ?hit/);
    expect((await log()).map((logged) => logged.url)).toEqual([expect.stringMatching(/\?page=2$/)]);
  });

  test("asks once for requests at the same time, and one caller's abort leaves the other's alone", async () => {
    const api = subject();
    const { url, log, release } = await path({ body: json("plum"), headers: fresh(), hold: true });
    const client = axios.create(resourceAxios(api));
    const controller = new AbortController();
    const aborted = client.get(url, { signal: controller.signal });
    const other = client.get<Item>(url);
    await expect.poll(async () => (await log()).length).toBe(1);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "ERR_CANCELED" });
    await release();
    expect((await other).data).toEqual({ name: "plum" });
    expect(await log()).toHaveLength(1);
  });

  test("makes what is stored invalid by a change, and obeys the modes of fetch", async () => {
    const api = subject();
    const headers = fresh(600);
    const { url } = await path([
      { body: json("plum"), headers },
      { body: json("pear"), headers },
      { body: "done" },
      { body: json("fig"), headers },
    ]);
    const client = axios.create(resourceAxios(api));
    const name = async (cache: RequestCache = "default"): Promise<string> =>
      (await client.get<Item>(url, { fetchOptions: { cache } })).data.name;
    expect([await name(), await name("reload"), await name()]).toEqual(["plum", "pear", "pear"]);
    await client.put(url, { name: "fig" });
    expect(await name()).toBe("fig");
  });

  test("rejects with an AxiosError as ever", async () => {
    const api = subject();
    const { url } = await path({ status: 404, body: json("nothing") });
    const client = axios.create(resourceAxios(api));
    await expect(client.get(url)).rejects.toMatchObject({
      name: "AxiosError",
      response: { status: 404, data: { name: "nothing" } },
    });
  });
});

describe("axios-cache-interceptor in front of the cache", () => {
  const intercepted = (api: ApiCache) => {
    const plain = axios.create(resourceAxios(api));
    return setupCache(plain, {
      storage: heedChanges(api, plain, buildMemoryStorage()),
      cacheTakeover: false,
    });
  };

  test("hears of purges by tag", async () => {
    const at = edge();
    const api = subject(at.options);
    const { url } = await item();
    const client = intercepted(api);
    expect((await client.get<Item>(url)).data.name).toBe("plum");
    expect((await client.get<Item>(url)).cached).toBe(true);
    await at.hasListeners(1);
    await at.purge("tag:fruit");
    await expect.poll(async () => (await client.get<Item>(url)).data.name).toBe("pear");
    await expect.poll(async () => (await client.get<Item>(url)).cached).toBe(true);
  });

  test("hears of another tab's change, by the URL with its parameters", async () => {
    const name = unique("tabs");
    const [here, there] = [subject({ name }), subject({ name })];
    const headers = fresh(600);
    const { url } = await path([
      { body: json("plum"), headers },
      { body: "done" },
      { body: json("pear"), headers },
    ]);
    const client = intercepted(here);
    const get = async () => client.get<Item>("", { baseURL: url, params: { page: 2 } });
    expect((await get()).data.name).toBe("plum");
    expect((await get()).cached).toBe(true);
    await there.fetch(`${url}?page=2`, { method: "POST" });
    await expect.poll(async () => (await get()).data.name).toBe("pear");
  });

  test("does not keep a response that was on its way when its URL was purged", async () => {
    const api = subject();
    const { url, log, release } = await path([
      { body: json("plum"), headers: fresh(600), hold: true },
      { body: json("pear"), headers: fresh(600) },
    ]);
    const client = intercepted(api);
    const early = client.get<Item>(url);
    await expect.poll(async () => (await log()).length).toBe(1);
    await api.purge({ urls: [url] });
    await release();
    await early;
    expect((await client.get<Item>(url)).data.name).toBe("pear");
  });

  test("an entry that is removed is no longer followed", async () => {
    const api = subject();
    let followed = 0;
    const counting: Pick<ApiCache, "onChange"> = {
      onChange(url, callback) {
        followed += 1;
        const stop = api.onChange(url, callback);
        return () => {
          followed -= 1;
          stop();
        };
      },
    };
    const storage = heedChanges(counting, axios, buildMemoryStorage());
    const value = { state: "loading", previous: "empty" } as const;
    const { url } = await item();
    await storage.set("key", value, { url });
    await storage.set("key", value, { url });
    expect(followed).toBe(1);
    await storage.remove("key");
    expect(followed).toBe(0);
    await storage.set("key", value, { url });
    await api.purge({ urls: [url] });
    await expect.poll(() => followed).toBe(0);
    expect(await storage.get("key")).toMatchObject({ state: "empty" });
  });
});
