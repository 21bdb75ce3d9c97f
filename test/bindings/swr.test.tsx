import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import useSWR, { SWRConfig, type SWRConfiguration } from "swr";
import { expect, test } from "vitest";
import { resourceSwr } from "../../adapters/swr.ts";
import type { ApiCache } from "../../browser/index.ts";
import { edge } from "../browser/edge.ts";
import { fresh, path, subject, unique } from "../browser/support.ts";
import { place, times } from "./react-page.tsx";
import { item, json, nextTask, type Item } from "./suite.ts";

type SwrKey = string | null | (() => string);

/** Components that show what SWR has for a key, with a cache of SWR's own. */
function page(api: ApiCache, components = 1) {
  const seen: (string | undefined)[] = [];
  const config: SWRConfiguration = { ...resourceSwr(api), dedupingInterval: 0, shouldRetryOnError: false };
  function View({ of }: { readonly of: SwrKey }): ReactNode {
    const { data, error } = useSWR<Item, Error>(of);
    seen.push(data?.name);
    return <p>{error === undefined ? (data?.name ?? "nothing") : error.name}</p>;
  }
  const { root, texts } = place();
  const swrCache = new Map();
  const show = (of: SwrKey): void =>
    flushSync(() =>
      root.render(
        <SWRConfig value={{ ...config, provider: () => swrCache }}>
          {times(components, (key) => (
            <View key={key} of={of} />
          ))}
        </SWRConfig>,
      ),
    );
  return { texts, seen, show };
}

test("the first render has what is in memory, and a purge shows what is there now", async () => {
  const at = edge();
  const api = subject(at.options);
  const { url, log } = await item();
  await api.json(url);
  await at.hasListeners(1);
  const { texts, seen, show } = page(api, 2);
  show(url);
  expect(texts()).toEqual(["plum", "plum"]);
  await at.purge("tag:fruit");
  await expect.poll(texts).toEqual(["pear", "pear"]);
  expect(seen).not.toContain(undefined);
  expect(await log()).toHaveLength(2);
});

test("what is not in memory is fetched once for all components", async () => {
  const api = subject();
  const { url, log } = await item();
  const { texts, show } = page(api, 3);
  show(() => url);
  expect(texts()).toEqual(["nothing", "nothing", "nothing"]);
  await expect.poll(texts).toEqual(["plum", "plum", "plum"]);
  expect(await log()).toHaveLength(1);
});

test("another tab's change is shown, and another key's is not", async () => {
  const name = unique("tabs");
  const [here, there] = [subject({ name }), subject({ name })];
  const headers = fresh(600);
  const { url } = await path([
    { body: json("plum"), headers },
    { body: "done" },
    { body: json("pear"), headers },
  ]);
  const other = await item("fig");
  const { texts, show } = page(here);
  show(other.url);
  show(url);
  await expect.poll(texts).toEqual(["plum"]);
  await there.fetch(url, { method: "POST" });
  await expect.poll(texts).toEqual(["pear"]);
});

test("no key, or one that cannot be told yet, asks for nothing", async () => {
  const api = subject();
  const { texts, show } = page(api);
  show(null);
  show(() => {
    throw new Error("There is no user yet");
  });
  await nextTask();
  expect(texts()).toEqual(["nothing"]);
  expect((await api.stats()).disk.entries).toBe(0);
});

test("a status that is none of success is an error", async () => {
  const api = subject();
  const { url } = await path({ status: 404 });
  const { texts, show } = page(api);
  show(url);
  await expect.poll(texts).toEqual(["ResponseError"]);
});
