import {
  QueryClient,
  QueryClientProvider,
  QueryObserver,
  queryOptions,
  useQuery,
} from "@tanstack/react-query";
import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import { expect, onTestFinished, test } from "vitest";
import { heedChanges, resourceQuery } from "../../adapters/tanstack-query.ts";
import type { ApiCache } from "../../browser/index.ts";
import { edge } from "../browser/edge.ts";
import { fresh, path, subject, unique } from "../browser/support.ts";
import { place, times } from "./react-page.tsx";
import { item, json, type Item } from "./suite.ts";

function client(api: ApiCache, urlOf?: Parameters<typeof heedChanges>[2]): QueryClient {
  const made = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const stop = heedChanges(api, made, urlOf);
  onTestFinished(() => {
    stop();
    made.clear();
  });
  return made;
}

test("components that show a query render first what is in memory, and anew when it is purged", async () => {
  const at = edge();
  const api = subject(at.options);
  const { url, log } = await item();
  await api.json(url);
  await at.hasListeners(1);
  function View(): ReactNode {
    return <p>{useQuery(resourceQuery<Item>(api, url)).data?.name ?? "nothing"}</p>;
  }
  const { root, texts } = place();
  flushSync(() =>
    root.render(
      <QueryClientProvider client={client(api)}>
        {times(2, (key) => (
          <View key={key} />
        ))}
      </QueryClientProvider>,
    ),
  );
  expect(texts()).toEqual(["plum", "plum"]);
  await at.purge("tag:fruit");
  await expect.poll(texts).toEqual(["pear", "pear"]);
  expect(await log()).toHaveLength(2);
});

test("another tab's change fetches what is on screen, and marks what is not", async () => {
  const name = unique("tabs");
  const [here, there] = [subject({ name }), subject({ name })];
  const headers = fresh(600);
  const row = [{ body: json("plum"), headers }, { body: "done" }, { body: json("pear"), headers }];
  const [shown, unseen] = [await path(row), await path(row)];
  const queries = client(here);
  const observer = new QueryObserver(queries, resourceQuery<Item>(here, shown.url));
  onTestFinished(observer.subscribe(() => undefined));
  await queries.fetchQuery(resourceQuery<Item>(here, unseen.url));
  await expect.poll(() => observer.getCurrentResult().data).toEqual({ name: "plum" });
  for (const { url } of [shown, unseen]) await there.fetch(url, { method: "POST" });
  await expect.poll(() => observer.getCurrentResult().data).toEqual({ name: "pear" });
  await expect.poll(() => queries.getQueryState([unseen.url])?.isInvalidated).toBe(true);
  expect(await unseen.log()).toHaveLength(2);
});

test("a query that is cancelled aborts its request", async () => {
  const api = subject();
  const queries = client(api);
  const { url } = await path({ body: json("plum"), hold: true });
  const signals: AbortSignal[] = [];
  const watched: Pick<ApiCache, "json" | "peek"> = {
    peek: api.peek,
    json(input, init) {
      if (init?.signal) signals.push(init.signal);
      return api.json(input, init);
    },
  };
  const fetching = queries.fetchQuery(resourceQuery<Item>(watched, url));
  await queries.cancelQueries({ queryKey: [url] });
  await expect(fetching).rejects.toThrow("CancelledError");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test("a status that is none of success is an error", async () => {
  const api = subject();
  const { url } = await path({ status: 404 });
  const fetching = client(api).fetchQuery(resourceQuery<Item>(api, url));
  await expect(fetching).rejects.toMatchObject({ name: "ResponseError", status: 404 });
});

test("a query answers without a network from what is stored", async () => {
  const api = subject();
  const { url, script } = await item();
  await api.json(url);
  await script({ breakAfter: 0 });
  api.pass(3_600);
  const { networkMode } = resourceQuery(api, url);
  expect(networkMode).toBe("offlineFirst");
  expect(await client(api).fetchQuery({ ...resourceQuery<Item>(api, url), initialData: undefined })).toEqual({
    name: "plum",
  });
});

test("keys of another form are heeded if their URL is told, from whenever they came; ended, nothing is", async () => {
  const api = subject();
  const { url } = await item();
  const queries = new QueryClient();
  const query = queryOptions({
    queryKey: ["items", { url }],
    queryFn: ({ signal }) => api.json<Item>(url, { signal }),
  });
  await queries.fetchQuery(query);
  const stop = heedChanges(api, queries, ({ queryKey: [kind, part] }) =>
    kind === "items" ? (part as { url: string }).url : undefined,
  );
  await api.purge({ urls: [url] });
  await expect.poll(() => queries.getQueryState(query.queryKey)?.isInvalidated).toBe(true);
  await queries.fetchQuery(query);
  stop();
  await api.purge({ urls: [url] });
  expect(queries.getQueryState(query.queryKey)?.isInvalidated).toBe(false);
  queries.clear();
});

test("a query that has gone from the cache is no longer followed", async () => {
  const api = subject();
  const followed = new Set<string>();
  const counting: Pick<ApiCache, "onChange"> = {
    onChange(url, callback) {
      followed.add(String(url));
      const stop = api.onChange(url, callback);
      return () => {
        followed.delete(String(url));
        stop();
      };
    },
  };
  const queries = new QueryClient();
  const stop = heedChanges(counting, queries);
  onTestFinished(stop);
  const { url } = await item();
  await queries.fetchQuery(resourceQuery<Item>(api, url));
  await queries.fetchQuery({ queryKey: ["no URL"], queryFn: () => 7 });
  expect([...followed]).toEqual([url]);
  queries.removeQueries({ queryKey: [url] });
  await expect.poll(() => followed.size).toBe(0);
});
